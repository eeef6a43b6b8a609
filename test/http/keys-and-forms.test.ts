// Odd keys in every place a key can stand, and odd forms in all three spellings, byte for byte.
import { createHash } from 'node:crypto'
import { Blob, FormData, type RequestInit } from 'node-fetch'
import t from 'tap'
import { problemOf, startServer, VALUE_BYTES_MAX } from './setup.ts'

// ---- keys ---------------------------------------------------------------------------------------

const keys: [string, string][] = [
  ['a slash', 'a/b'],
  ['only slashes', '//'],
  ['a NUL', '\0'],
  ['a percent sign', '100%'],
  ['an escape that is no escape', '%2F'],
  ['a plus', 'a+b'],
  ['a space', 'a b'],
  ['an emoji', '😀'],
  ['a question mark', 'a?key=b'],
  ['an ampersand', 'a&b=c'],
  ['a hash', 'a#b'],
  ['a line end', 'a\r\nb'],
  ['a byte order mark', '\ufeffa'],
  ['a decomposed letter', 'a\u0308'],
  ['brackets', 'x[y]'],
  ['a dot inside', 'a.b'],
  ['a prototype', '__proto__'],
  ['a constructor', 'constructor'],
  ['three dots', '...'],
  ['a semicolon', 'a;b'],
  ['a backslash', 'a\\b'],
  ['a favicon', 'favicon.ico'],
  ['511 bytes', 'x'.repeat(511)],
  ['511 bytes of three each', `${'€'.repeat(170)}x`],
  ['another escape case', 'Ü'],
]

for (const [title, key] of keys) {
  t.test(`a key may hold ${title}`, async (t) => {
    const { fetch, node } = await startServer(t)
    const escaped = encodeURIComponent(key)
    const init = { method: 'PUT', body: 'v', headers: { 'content-type': 'text/plain' } }
    const answer: unknown = await (await fetch(`/v1/${escaped}`, init)).json()
    t.match(answer, { key })
    t.same([...node.entries.keys()], [key])
    for (const path of [`/get/${escaped}`, `/get?key=${escaped}`, `/getlocal/${escaped}`]) {
      t.equal(await (await fetch(path)).text(), 'v', path.slice(0, 40))
    }
    t.equal(await (await fetch('/list')).text(), `${escaped}\n`)
    t.equal((await fetch(`/v1?key=${escaped}`, { method: 'DELETE' })).status, 200)
    t.equal(node.entries.size, 0)
  })
}

const spellings: [string, string, string][] = [
  ['lower case escapes', '/get/a%2fb', 'a/b'],
  ['needless escapes', '/get/%61', 'a'],
  ['a plain slash', '/get/a/b', 'a/b'],
  ['a plus in the path is a plus', '/get/a+b', 'a+b'],
  ['a plus in the query is a space', '/get?key=a+b', 'a b'],
  ['an empty parameter beside it', '/get/a?', 'a'],
  ['an unknown parameter beside it', '/get/a?_=1&x=y&x=z', 'a'],
  ['a query with a question mark', '/get?key=a?b', 'a?b'],
  ['dot by query', '/get?key=.', '.'],
  ['two dots by query', '/get?key=..', '..'],
]
for (const [title, path, key] of spellings) {
  t.test(`${title}: ${path} asks for ${JSON.stringify(key)}`, async (t) => {
    const { raw, node } = await startServer(t)
    await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    t.same(
      node.reads.map(({ key }) => key),
      [key],
    )
  })
}

// ---- forms --------------------------------------------------------------------------------------

/** What a form stores: the key, the value's bytes as latin1, the content type. */
type Stored = [string, string, string]

const BYTES = 'application/octet-stream'
const TYPE = { 'content-type': 'application/x-www-form-urlencoded' }

const urlencoded: [string, string, Stored][] = [
  ['plain', 'key=k&value=v', ['k', 'v', BYTES]],
  ['the other order', 'value=v&key=k', ['k', 'v', BYTES]],
  ['an empty value', 'key=k&value=', ['k', '', BYTES]],
  ['a value without =', 'key=k&value', ['k', '', BYTES]],
  ['a plus is a space', 'key=a+b&value=c+d', ['a b', 'c d', BYTES]],
  ['an escaped plus', 'key=k&value=%2B', ['k', '+', BYTES]],
  ['NUL', 'key=%00&value=%00', ['\0', '\0', BYTES]],
  ['byte 255', 'key=k&value=%FF', ['k', '\xff', BYTES]],
  ['all bytes', `key=k&value=${allBytesEscaped()}`, ['k', allBytes(), BYTES]],
  ['an emoji', 'key=%F0%9F%98%80&value=%F0%9F%98%80', ['😀', 'ð\x9f\x98\x80', BYTES]],
  ['= in the value', 'key=k&value=a=b', ['k', 'a=b', BYTES]],
  ['dots nest nothing', 'key=k&value=v&a.b=1', ['k', 'v', BYTES]],
  ['brackets nest nothing', 'key=k&value=v&x[y]=z', ['k', 'v', BYTES]],
  ['value.x is another field', 'key=k&value=v&value.x=1&value[x]=2', ['k', 'v', BYTES]],
  ['prototypes are fields', 'key=k&value=v&__proto__=1&constructor=2', ['k', 'v', BYTES]],
  ['a prototype as a key', 'key=__proto__&value=v', ['__proto__', 'v', BYTES]],
  ['an escaped name', '%6Bey=k&value=v', ['k', 'v', BYTES]],
  ['empty pieces', '&&key=k&&value=v&', ['k', 'v', BYTES]],
]
for (const [title, body, [key, value, contentType]] of urlencoded) {
  t.test(`urlencoded, ${title}`, async (t) => {
    await stores(t, { method: 'POST', body, headers: TYPE }, [key, value, contentType])
  })
}

const json: [string, string, Stored][] = [
  ['plain', '{"key":"k","value":"v"}', ['k', 'v', BYTES]],
  ['escapes', '{"key":"\\u0000","value":"\\ud83d\\ude00"}', ['\0', 'ð\x9f\x98\x80', BYTES]],
  [
    'a prototype',
    '{"key":"__proto__","value":"","__proto__":1,"constructor":{}}',
    ['__proto__', '', BYTES],
  ],
  ['dots nest nothing', '{"key":"a.b","value":"x[y]=z","a.b":[1]}', ['a.b', 'x[y]=z', BYTES]],
  ['U+FFFD is a character', '{"key":"k","value":"\ufffd"}', ['k', 'ï¿½', BYTES]],
]
for (const [title, body, stored] of json) {
  t.test(`JSON, ${title}`, async (t) => {
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    await stores(t, { method: 'POST', body, headers }, stored)
  })
}

t.test('a multipart file keeps its bytes and its type', async (t) => {
  const form = new FormData()
  form.append('key', 'k/😀')
  form.append(
    'value',
    new Blob([Buffer.from(allBytes(), 'latin1')], { type: 'image/png' }),
    'a.png',
  )
  await stores(t, { method: 'POST', body: form }, ['k/😀', allBytes(), 'image/png'])
})

const multipart: [string, string[], Stored][] = [
  ['fields without a type', [part('key', 'k'), part('value', 'a\r\nb')], ['k', 'a\r\nb', BYTES]],
  ['a field of raw bytes', [part('key', 'k'), part('value', allBytes())], ['k', allBytes(), BYTES]],
  ['an empty file', [part('key', 'k'), part('value', '', 'text/plain')], ['k', '', 'text/plain']],
  [
    'names that would nest',
    [part('a[b]', '1'), part('key', 'k'), part('value', 'v')],
    ['k', 'v', BYTES],
  ],
  [
    'something like a boundary',
    [part('key', 'k'), part('value', '\r\n--XY\r\n--X-')],
    ['k', '\r\n--XY\r\n--X-', BYTES],
  ],
]
for (const [title, parts, stored] of multipart) {
  t.test(`multipart, ${title}`, async (t) => {
    await stores(t, multipartInit(parts), stored)
  })
}

const badForms: [string, RequestInit, number, string, RegExp][] = [
  ['JSON that is none', jsonInit('{"key":'), 400, 'malformed-form', /one JSON object/],
  ['a JSON list', jsonInit('["key","value"]'), 400, 'malformed-form', /one JSON object/],
  ['JSON null', jsonInit('null'), 400, 'malformed-form', /one JSON object/],
  ['no JSON at all', jsonInit(''), 400, 'malformed-form', /one JSON object/],
  [
    'a JSON number as the value',
    jsonInit('{"key":"k","value":1}'),
    400,
    'malformed-form',
    /"value" must be a string/,
  ],
  [
    'a JSON list as the key',
    jsonInit('{"key":["k"],"value":"v"}'),
    400,
    'malformed-form',
    /"key" must be a string/,
  ],
  [
    'half a character',
    jsonInit('{"key":"k","value":"\\ud83d"}'),
    400,
    'malformed-form',
    /whole characters/,
  ],
  [
    'JSON in latin1',
    jsonInit(Buffer.from('{"key":"k","value":"\xe4"}', 'latin1')),
    400,
    'malformed-form',
    /UTF-8/,
  ],
  ['JSON without a key', jsonInit('{"value":"v"}'), 400, 'no-key', /"key"/],
  ['a bad JSON ttl', jsonInit('{"key":"k","value":"v","ttl":0}'), 400, 'malformed-ttl', /above 0/],
  [
    'JSON true as ttl',
    jsonInit('{"key":"k","value":"v","ttl":true}'),
    400,
    'malformed-form',
    /"ttl"/,
  ],
  [
    'multipart without a boundary',
    { ...multipartInit([]), headers: { 'content-type': 'multipart/form-data' } },
    400,
    'malformed-form',
    /boundary/,
  ],
  [
    'multipart without an end',
    multipartInit([part('key', 'k'), part('value', 'v')], ''),
    400,
    'malformed-form',
    /ended unexpectedly/,
  ],
  [
    'two files',
    multipartInit([part('key', 'k'), part('value', 'v'), part('value', 'w')]),
    400,
    'given-twice',
    /"value"/,
  ],
  ['multipart without a value', multipartInit([part('key', 'k')]), 400, 'no-value', /"value"/],
  [
    'a part of an odd encoding',
    multipartInit([
      part('key', 'k'),
      part('value', 'v', 'text/plain\r\nContent-Transfer-Encoding: uu'),
    ]),
    400,
    'malformed-form',
    /transfer-encoding/,
  ],
  [
    'a part with a line end in its type',
    multipartInit([part('key', 'k'), part('value', 'v', 'text/\x01plain')]),
    400,
    'malformed-header',
    /printable/,
  ],
  [
    'a key in latin1',
    multipartInit([part('key', '\xe4'), part('value', 'v')]),
    400,
    'malformed-key',
    /UTF-8/,
  ],
  [
    '65 fields',
    { method: 'POST', body: 'a=1&'.repeat(65), headers: TYPE },
    400,
    'malformed-form',
    /64 fields/,
  ],
]
for (const [title, init, status, kind, detail] of badForms) {
  t.test(`${title} is ${status} and stores nothing`, async (t) => {
    const { fetch, node, logged } = await startServer(t)
    const response = await fetch('/post', init)
    t.equal(response.status, status)
    const problem = await problemOf(response)
    t.equal(problem.kind, kind)
    t.match(problem.detail, detail)
    t.same(node.writes, [])
    t.same(logged, [])
  })
}

const ttls: [string, RequestInit, number | undefined][] = [
  ['/post', { method: 'POST', body: 'key=k&value=v&ttl=1.5', headers: TYPE }, 1500],
  ['/post', jsonInit('{"key":"k","value":"v","ttl":60}'), 60_000],
  ['/post', jsonInit('{"key":"k","value":"v","ttl":"0.5"}'), 500],
  ['/post', multipartInit([part('key', 'k'), part('value', 'v'), part('ttl', '2')]), 2000],
  ['/v1/k?ttl=3', { method: 'PUT', body: 'v' }, 3000],
  ['/v1/k', { method: 'PUT', body: 'v' }, undefined],
]
for (const [path, init, ttlMs] of ttls) {
  t.test(
    `${init.method} ${path} with ${String(init.body).slice(0, 40)} lives ${ttlMs} ms`,
    async (t) => {
      const { fetch, node } = await startServer(t)
      t.equal((await fetch(path, init)).status, 200)
      t.match(node.writes, [{ change: { kind: 'put', ttlMs } }])
    },
  )
}

// ---- large values -------------------------------------------------------------------------------

// 8 MiB of every byte; in JSON, of characters that take the most room escaped.
const LARGE = Buffer.from(allBytes().repeat(VALUE_BYTES_MAX / 256), 'latin1')
const SURPLUS = Buffer.concat([LARGE, Buffer.from('x')])

const large: [string, (value: Buffer) => [string, RequestInit]][] = [
  ['raw', (value) => ['/v1/k', { method: 'PUT', body: value }]],
  ['raw, chunked', (value) => ['/v1/k', { method: 'PUT', body: new Blob([value]).stream() }]],
  [
    'urlencoded, every byte escaped',
    (value) => [
      '/post',
      { method: 'POST', headers: TYPE, body: `key=k&value=${escapeAll(value)}` },
    ],
  ],
  [
    'multipart',
    (value) => [
      '/post',
      multipartInit([part('key', 'k'), part('value', value.toString('latin1'))]),
    ],
  ],
]
for (const [title, requestOf] of large) {
  t.test(`the largest value fits, ${title}; one byte more is 413`, async (t) => {
    const { fetch, node } = await startServer(t)
    t.equal((await fetch(...requestOf(LARGE))).status, 200)
    t.equal(hash(storedBytes(node.entries.get('k'))), hash(LARGE))
    const response = await fetch(...requestOf(SURPLUS))
    t.equal(response.status, 413)
    t.match(await problemOf(response), { kind: 'value-too-large', detail: /8388608 bytes/ })
    t.equal(node.writes.length, 1)
  })
}

t.test('the largest value fits, JSON, every character escaped; one more is 413', async (t) => {
  const { fetch, node } = await startServer(t)
  const text = (length: number) => `{"key":"k","value":"${'\\u0000'.repeat(length)}"}`
  t.equal((await fetch('/post', jsonInit(text(VALUE_BYTES_MAX)))).status, 200)
  t.equal(storedBytes(node.entries.get('k')).length, VALUE_BYTES_MAX)
  t.equal((await fetch('/post', jsonInit(text(VALUE_BYTES_MAX + 1)))).status, 413)
  t.equal(node.writes.length, 1)
})

t.test('a value far too large is 413 before it was sent, and the connection goes on', async (t) => {
  const { raw, node } = await startServer(t)
  const head = 'PUT /v1/k HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n'
  const next = 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  const answer = await raw(
    Buffer.concat([Buffer.from(head), Buffer.alloc(20_000_000), Buffer.from(next)]),
  )
  t.match(answer, /^HTTP\/1\.1 413 [^]*HTTP\/1\.1 200 OK/)
  t.same(node.writes, [])
})

t.test('a put without a body is 411; an empty body is an empty value', async (t) => {
  const { raw, node } = await startServer(t)
  const lines = (more: string) =>
    `PUT /v1/k HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`
  const refused = await raw(lines(''))
  t.match(refused, /^HTTP\/1\.1 411 [^]*Content-Length: 0/)
  t.same(node.writes, [])
  t.match(await raw(lines('Content-Length: 0\r\n')), /^HTTP\/1\.1 200 OK/)
  t.equal(storedBytes(node.entries.get('k')).length, 0)
})

t.test('the content type of a raw value is kept to the letter', async (t) => {
  const { fetch, node } = await startServer(t)
  const types = ['text/html; charset=UTF-8', 'a', `x/${'y'.repeat(253)}`, 'text/ä']
  for (const type of types) {
    await fetch('/v1/k', {
      method: 'PUT',
      body: Buffer.from('v'),
      headers: { 'content-type': type },
    })
    t.equal((await fetch('/get/k')).headers.get('content-type'), type)
  }
  await fetch('/v1/k', { method: 'PUT', body: Buffer.from('v') })
  t.equal((await fetch('/get/k')).headers.get('content-type'), 'application/octet-stream')
  t.equal(node.writes.length, types.length + 1)
})

t.test('a content type from another node that is no header is not sent', async (t) => {
  const { fetch, node } = await startServer(t)
  await fetch('/v1/k', { method: 'PUT', body: 'v' })
  const entry = node.entries.get('k')
  const content = {
    kind: 'value',
    bytes: Buffer.from('v'),
    contentType: 'a\r\nSet-Cookie: b',
  } as const
  if (entry) node.entries.set('k', { ...entry, content })
  const response = await fetch('/get/k')
  t.equal(response.headers.get('content-type'), 'application/octet-stream')
  t.equal(response.headers.get('set-cookie'), null)
})

// ---- helpers ------------------------------------------------------------------------------------

async function stores(test: typeof t, init: RequestInit, [key, value, contentType]: Stored) {
  for (const path of ['/post', '/postlocal']) {
    const { fetch, node } = await startServer(test)
    const response = await fetch(path, init)
    test.equal(response.status, 200)
    const [write] = node.writes
    test.equal(node.writes.length, 1)
    test.equal(write?.key, key)
    test.equal(
      write?.change.kind === 'put' && Buffer.from(write.change.bytes).toString('latin1'),
      value,
    )
    test.match(write?.change, { contentType })
    test.equal(path === '/post' ? node.entries.size : node.localEntries.size, 1)
  }
}

function allBytes(): string {
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')
}

function allBytesEscaped(): string {
  return escapeAll(Buffer.from(allBytes(), 'latin1'))
}

function escapeAll(bytes: Buffer): string {
  return bytes.toString('hex').replace(/../g, '%$&')
}

function part(name: string, body: string, type?: string): string {
  const file = type === undefined ? '' : `; filename="f"\r\nContent-Type: ${type}`
  return `--X\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${body}\r\n`
}

function multipartInit(parts: string[], end = '--X--\r\n'): RequestInit {
  const body = Buffer.from(parts.join('') + end, 'latin1')
  return { method: 'POST', body, headers: { 'content-type': 'multipart/form-data; boundary=X' } }
}

function jsonInit(body: string | Buffer): RequestInit {
  return { method: 'POST', body, headers: { 'content-type': 'application/json' } }
}

function storedBytes(
  entry: { content: { kind: string; bytes?: Uint8Array } } | undefined,
): Uint8Array {
  return entry?.content.bytes ?? Buffer.from('nothing is stored')
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
