// Requests byte by byte, plain ones and such as are nearly so: what the tests of the fast lane send.

export const HOST = 'Host: x\r\n'
export const LAST = 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

export const get = (target: string, headers = HOST) => `GET ${target} HTTP/1.1\r\n${headers}\r\n`
export const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n'
export const post = (body: string, headers = '') =>
  postOf(body, `${HOST}${FORM}${headers}Content-Length: ${body.length}\r\n`)
export const postOf = (body: string, headers: string, target = '/post') =>
  `POST ${target} HTTP/1.1\r\n${headers}\r\n${body}`

/** Each of these, and then a request that ends the connection. */
export const CASES: readonly [string, string][] = [
  ['a plain request', get('/get/k')],
  ['the resource', get('/v1/k')],
  ['a key with slashes and colons', get('/get/a/b:c')],
  ['a key that is not there', get('/get/nothing')],
  ['a deleted key', get('/get/dead')],
  ['a content type that is no header', get('/get/odd')],
  ['an empty key', get('/get/')],
  ['no key', get('/get')],
  ['dots', get('/get/..') + get('/get/.') + get('/v1/../get/k')],
  ['a long key', get(`/get/${'k'.repeat(511)}`) + get(`/get/${'k'.repeat(512)}`)],
  ['an escape', get('/get/%6b') + get('/get/%zz')],
  ['a plus, which is a plus', get('/get/a+b')],
  ['a query', get('/get/k?x=1') + get('/get?key=k')],
  ['a fragment', get('/get/k#x')],
  ['other paths', get('/') + get('/getk') + get('/GET/k') + get('/cluster')],
  ['an absolute target', get('http://x/get/k')],
  ['bytes beyond ASCII', get('/get/\xc3\xa4')],
  ['several at once', get('/get/k') + get('/v1/k') + get('/get/none')],
  [
    'a plain one after one that is not',
    get('/get/k', `${HOST}Cache-Control: no-cache\r\n`) + get('/get/k'),
  ],
  ['a form, and reading something else', post('key=n&value=new') + get('/get/k')],
  ['a form between reads', get('/get/k') + post('key=n&value=new') + get('/get/k')],
  ['no host', get('/get/k', '')],
  ['no host among headers', get('/get/k', 'Accept: a\r\nUser-Agent: b\r\n')],
  ['two hosts', get('/get/k', `${HOST}${HOST}`)],
  ['an empty host', get('/get/k', 'Host: \r\n')],
  ['hosts after the first request', get('/get/k') + get('/get/k', 'Host: y\r\n')],
  ['headers that say nothing', get('/get/k', `${HOST}Accept: */*\r\nUser-Agent: curl/8\r\n`)],
  ['names in capitals', get('/get/k', 'HOST:x\r\nACCEPT:*/*\r\n')],
  ['keep-alive', get('/get/k', `${HOST}Connection: Keep-Alive\r\n`)],
  ['close', get('/get/k', `${HOST}Connection: close\r\n`)],
  ['an upgrade', get('/get/k', `${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n`)],
  ['a body nobody expects', get('/get/k', `${HOST}Content-Length: 3\r\n`) + 'abc' + get('/get/k')],
  ['two lengths', get('/get/k', `${HOST}Content-Length: 3\r\nContent-Length: 0\r\n`) + 'abc'],
  ['chunks', get('/get/k', `${HOST}Transfer-Encoding: chunked\r\n`) + '1\r\na\r\n0\r\n\r\n'],
  ['an expectation', get('/get/k', `${HOST}Expect: 100-continue\r\n`)],
  ['a condition', get('/get/k', `${HOST}If-None-Match: *\r\n`)],
  ['a version', get('/get/k', `${HOST}Diststore-Min-Version: x\r\n`)],
  ['a folded header', get('/get/k', `${HOST}Accept: a\r\n b\r\n`)],
  ['a header with a blank before its colon', get('/get/k', 'Host : x\r\n')],
  ['a bare line feed', 'GET /get/k HTTP/1.1\nHost: x\n\n'],
  ['a bare line feed in the middle', get('/get/k', 'Host: x\nAccept: a\r\n')],
  ['a carriage return in a value', get('/get/k', 'Host: x\rAccept: a\r\n')],
  ['a zero byte', get('/get/k', `${HOST}Accept: a\0\r\n`)],
  ['a version of HTTP before', 'GET /get/k HTTP/1.0\r\nHost: x\r\n\r\n'],
  ['no version of HTTP', 'GET /get/k\r\n\r\n'],
  ['two blanks', 'GET  /get/k HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['small letters', 'get /get/k HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['HEAD', 'HEAD /get/k HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['empty lines before a request', `\r\n\r\n${get('/get/k')}`],
  ['empty lines between requests', `${get('/get/k')}\r\n${get('/get/k')}`],
  ['no HTTP', 'hello\r\n\r\n'],
  ['a huge header', get('/get/k', `${HOST}Accept: ${'x'.repeat(20_000)}\r\n`)],
  ['half a request', 'GET /get/k HTTP/1.1\r\nHost: x\r\nAcc'],
  ['half a request after a whole one', `${get('/get/k')}GET /get/k HT`],
]

/** The same for forms, which are plain or nearly so. */
export const FORMS: readonly [string, string][] = [
  ['a form', post('key=n&value=new')],
  ['forms at once', post('key=n&value=1') + post('key=longer&value=22') + post('key=n&value=3')],
  ['a form whose fields are in another order', post('value=new&x=y&ttl=60&key=n')],
  ['escapes', post('key=%6b+x%2f&value=%FF%00+')],
  ['a key beyond ASCII', post('key=%c3%a4%22&value=v')],
  ['bytes beyond ASCII', post('key=\xc3\xa4&value=\xff')],
  ['a form of nothing', post('')],
  ['no key', post('value=new') + post('key=&value=new')],
  ['no value', post('key=n') + post('key=n&value')],
  ['a field given twice', post('key=n&key=m&value=v')],
  ['a bad escape', post('key=n&value=%zz')],
  ['a name that is no text', post('key=n&value=v&%ff=1')],
  ['many fields', post(`key=n&value=v${'&x=y'.repeat(2000)}`)],
  ['a key that is no text', post('key=%ff&value=v')],
  [
    'a long key in a form',
    post(`key=${'k'.repeat(511)}&value=v`) + post(`key=${'k'.repeat(512)}&value=`),
  ],
  ['a ttl that is none', post('key=n&value=v&ttl=0') + post('key=n&value=v&ttl=x')],
  ['a large form', post(`key=n&value=${'x'.repeat(20_000)}`)],
  ['forms that are large together', post(`key=n&value=${'x'.repeat(10_000)}`).repeat(3)],
  ['a form with headers that say nothing', post('key=n&value=v', 'Accept: */*\r\nDNT: 1\r\n')],
  ['a form with a cookie', post('key=n&value=v', 'Cookie: a=b\r\n')],
  ['a form and the end', post('key=n&value=v', 'Connection: close\r\n')],
  ['an Idempotency-Key', post('key=n&value=v', 'Idempotency-Key: a\r\n').repeat(2)],
  ['a form with a condition', post('key=k&value=v', 'If-None-Match: *\r\n')],
  ['a form with a version', post('key=k&value=v', 'If-Match: "x"\r\n')],
  ['a form with an expectation', post('key=n&value=v', 'Expect: 100-continue\r\n')],
  ['a form that is packed', post('key=n&value=v', 'Content-Encoding: gzip\r\n')],
  [
    'a form for this node alone',
    postOf('key=n&value=v', `${HOST}${FORM}Content-Length: 13\r\n`, '/postlocal'),
  ],
  [
    'a form and a query',
    postOf('key=n&value=v', `${HOST}${FORM}Content-Length: 13\r\n`, '/post?ttl=1'),
  ],
  ['a form without a host', postOf('', `${FORM}Content-Length: 0\r\n`)],
  ['a form of no type', postOf('key=n&value=v', `${HOST}Content-Length: 13\r\n`)],
  ['a form of two types', post('key=n&value=v', 'Content-Type: application/json\r\n')],
  [
    'a form in JSON',
    postOf(
      '{"key":"n","value":"v"}',
      `${HOST}Content-Type: application/json\r\nContent-Length: 23\r\n`,
    ),
  ],
  [
    'a type with a parameter',
    postOf(
      'key=n&value=v',
      `${HOST}${FORM.replace('\r', '; charset=utf-8\r')}Content-Length: 13\r\n`,
    ),
  ],
  [
    'a type in capitals',
    postOf('key=n&value=v', `${HOST}${FORM.toUpperCase()}Content-Length: 13\r\n`),
  ],
  [
    'names of headers in capitals',
    postOf(
      'key=n&value=v',
      `${HOST}${FORM.replace('Content-Type', 'CONTENT-TYPE')}CONTENT-LENGTH:13\r\n`,
    ),
  ],
  ['no length', postOf('', `${HOST}${FORM}`) + post('key=n&value=v')],
  ['two lengths of one form', post('key=n&value=v', 'Content-Length: 13\r\n')],
  ['two lengths that differ', post('key=n&value=v', 'Content-Length: 5\r\n')],
  [
    'a form in chunks',
    postOf('d\r\nkey=n&value=v\r\n0\r\n\r\n', `${HOST}${FORM}Transfer-Encoding: chunked\r\n`),
  ],
  ['a form in chunks with a length', post('0\r\n\r\n', 'Transfer-Encoding: chunked\r\n')],
  [
    'lengths after the first form',
    post('key=n&value=v') + post('key=n&value=v', 'Content-Length: 13\r\n'),
  ],
  ...[
    '013',
    '+13',
    '13 ',
    '13, 13',
    '0x0d',
    '1e1',
    '-1',
    '',
    '13.0',
    '99999',
    '4294967309',
    '\t13',
  ].map((length): [string, string] => [
    `a length written as "${length}"`,
    postOf('key=n&value=v', `${HOST}${FORM}Content-Length: ${length}\r\n`),
  ]),
  [
    'a body that is longer than it says',
    postOf('key=n&value=vGET /get/k HTTP/1.1\r\n', `${HOST}${FORM}Content-Length: 13\r\n`),
  ],
  [
    'a body that is shorter than it says',
    postOf('key=n&value=v', `${HOST}${FORM}Content-Length: ${LAST.length + 13}\r\n`),
  ],
  ['a form in HTTP before', post('key=n&value=v').replace('1.1', '1.0')],
  [
    'a bare line feed after a length',
    postOf('key=n&value=v', `${HOST}${FORM}Content-Length: 13\nAccept: a\r\n`),
  ],
  [
    'a blank before the colon of a length',
    postOf('key=n&value=v', `${HOST}${FORM}Content-Length : 13\r\n`),
  ],
]

/** Requests, their pieces and what could be mistaken for one, in any order. */
export const PIECES = [
  get('/get/k'),
  get('/v1/none'),
  // Requests sent together are worked on together: what is read is not what is written.
  post('key=written&value=v'),
  post(get('/get/k')),
  post('key=written&value=2&ttl=5', 'Accept: */*\r\n'),
  post('key=written', 'Content-Length: 40\r\n'),
  postOf('key=written&value=', `${HOST}${FORM}Content-Length: 60\r\n`),
  postOf('key=written&value=3', `${HOST}${FORM}Content-Length: 17\r\n`),
  'POST /post HTTP/1.1\r\n',
  FORM,
  get('/get/k', `${HOST}Content-Length: 38\r\n`),
  get('/get/k', `${HOST}Transfer-Encoding: chunked\r\n`),
  '0\r\n\r\n',
  'GET /get/k',
  ' HTTP/1.1\r\n',
  HOST,
  '\r\n',
  '\n',
  'Content-Length: 5\r\n',
  'Accept: */*\r\n',
  ' ',
  ':',
  'x',
]

/** Everything that differs from one answer to the next. */
export function stable(answers: string): string {
  return answers.replace(/Date: [^\r]*\r\n/g, '').replace(/[0-9a-f]{16}-[0-9a-f]{16}/g, 'VERSION')
}

/** A promise, and what settles it. */
export function deferred(): { promise: Promise<void>; settle: () => void } {
  let settle: () => void = () => {}
  const promise = new Promise<void>((resolve) => {
    settle = resolve
  })
  return { promise, settle }
}
