// Every request that is refused, with which problem, and that it changed nothing: one line a case.
import type { RequestInit } from 'node-fetch'
import t from 'tap'
import {
  deleted,
  expired,
  form,
  type Given,
  holding,
  nothing,
  put,
  unreachable,
  V2,
  V1,
} from './cases.ts'
import { problemOf, startServer } from './setup.ts'

const cc = (directives: string): RequestInit => ({ headers: { 'cache-control': directives } })

const long = (length: number) => 'x'.repeat(length)

const min = (text: string): RequestInit => ({ headers: { 'diststore-min-version': text } })

type Refusal = [string, Given, string, RequestInit, number, string, RegExp]

const refusals: Refusal[] = [
  ['absent', nothing, '/get/k', {}, 404, 'not-found', /cluster holds nothing/],
  ['deleted', deleted, '/get/k', {}, 404, 'not-found', /cluster holds nothing/],
  ['not held here', nothing, '/getlocal/k', {}, 404, 'not-found', /ask with \/get/],
  ['expired here', expired, '/getlocal/k', {}, 404, 'not-found', /ask with \/get/],
  ['deleted here', deleted, '/getlocal/k', {}, 404, 'not-found', /ask with \/get/],
  ['no master', unreachable, '/get/k', {}, 503, 'unavailable', /^No master answers\.$/],
  ['no master, strong', unreachable, '/get/k', cc('no-cache'), 503, 'unavailable', /No master/],
  [
    'not answerable here',
    unreachable,
    '/get/k',
    cc('only-if-cached'),
    504,
    'not-held-here',
    /only-if-cached/,
  ],
  ['no path', nothing, '/', {}, 404, 'no-such-path', /\/post, \/postlocal, \/get/],
  ['no such path', nothing, '/nope', { method: 'PATCH' }, 404, 'no-such-path', /\/post/],
  ['paths have no other case', nothing, '/GET/k', {}, 404, 'no-such-path', /\/post/],
  ['paths have no tail', nothing, '/post/', form('key=k&value=v'), 404, 'no-such-path', /\/post/],
  ['get of post', nothing, '/post', {}, 405, 'method-not-allowed', /use POST\./],
  [
    'post to get',
    nothing,
    '/get/k',
    form('key=k&value=v'),
    405,
    'method-not-allowed',
    /use GET, HEAD\./,
  ],
  [
    'patch',
    nothing,
    '/v1/k',
    { method: 'PATCH', body: 'v' },
    405,
    'method-not-allowed',
    /use GET, HEAD, PUT, POST, DELETE\./,
  ],
  [
    'options',
    nothing,
    '/list',
    { method: 'OPTIONS' },
    405,
    'method-not-allowed',
    /use GET, HEAD\./,
  ],
  ['no key in the path', nothing, '/get', {}, 400, 'no-key', /\/get\?key=/],
  ['an empty key', nothing, '/get/', {}, 400, 'no-key', /\/get\/\{key\}/],
  ['an empty key in the query', nothing, '/get?key=', {}, 400, 'no-key', /1 to 511/],
  [
    'two keys in the query',
    holding,
    '/get?key=k&key=k',
    {},
    400,
    'given-twice',
    /"key" was given twice/,
  ],
  ['a key in path and query', holding, '/v1/k?key=k', put('v'), 400, 'given-twice', /give it once/],
  ['a key too long', nothing, `/get/${long(512)}`, {}, 400, 'key-too-long', /512 bytes/],
  ['a bad escape in the path', nothing, '/get/a%2', {}, 400, 'malformed-key', /%25/],
  ['a bad escape in the query', nothing, '/get?key=%zz', {}, 400, 'malformed-query', /%25/],
  ['a key that is no text', nothing, '/get/%FF', {}, 400, 'malformed-key', /UTF-8/],
  [
    'a bad ETag',
    holding,
    '/get/k',
    { headers: { 'if-none-match': 'what' } },
    400,
    'malformed-header',
    /If-None-Match/,
  ],
  ...['', 'what', '*', `W/"${V1}"`, `"${V1}", "${V1}"`, `"${V1}`, '"0-0"'].map(
    (text): Refusal => [
      `Diststore-Min-Version: ${text}`,
      holding,
      text === '*' ? '/getlocal/k' : '/v1/k',
      min(text),
      400,
      'malformed-header',
      /Diststore-Min-Version must be one ETag/,
    ],
  ),
  ['only older here', holding, '/getlocal/k', min(`"${V2}"`), 504, 'not-held-here', /with \/get/],
  ['nothing here', nothing, '/getlocal/k', min(`"${V2}"`), 504, 'not-held-here', /with \/get/],
  ['no key in the form', nothing, '/post', form('value=v'), 400, 'no-key', /"key"/],
  ['no value in the form', nothing, '/post', form('key=k'), 400, 'no-value', /"value"/],
  ['two values', nothing, '/post', form('key=k&value=v&value=v'), 400, 'given-twice', /"value"/],
  [
    'two ttls',
    nothing,
    '/postlocal',
    form('key=k&value=v&ttl=1&ttl=1'),
    400,
    'given-twice',
    /"ttl"/,
  ],
  ['an empty key in the form', nothing, '/post', form('key=&value=v'), 400, 'no-key', /empty/],
  [
    'a long key in the form',
    nothing,
    '/post',
    form(`key=${long(512)}&value=v`),
    400,
    'key-too-long',
    /512/,
  ],
  [
    'a key that is no text in the form',
    nothing,
    '/post',
    form('key=%FF&value=v'),
    400,
    'malformed-key',
    /UTF-8/,
  ],
  [
    'a bad escape in the form',
    nothing,
    '/post',
    form('key=k&value=%'),
    400,
    'malformed-form',
    /%25/,
  ],
  ['an empty form', nothing, '/post', form(''), 400, 'no-key', /"key"/],
  ['ttl 0', nothing, '/post', form('key=k&value=v&ttl=0'), 400, 'malformed-ttl', /above 0/],
  ['ttl below 0', nothing, '/post', form('key=k&value=v&ttl=-1'), 400, 'malformed-ttl', /decimal/],
  [
    'ttl of no bytes',
    nothing,
    '/post',
    form('key=k&value=v&ttl='),
    400,
    'malformed-ttl',
    /decimal/,
  ],
  [
    'ttl of eleven years',
    nothing,
    '/v1/k?ttl=346896000',
    put('v'),
    400,
    'malformed-ttl',
    /ten years/,
  ],
  ['ttl in another base', nothing, '/v1/k?ttl=0x10', put('v'), 400, 'malformed-ttl', /decimal/],
  ['ttl twice', nothing, '/v1/k?ttl=1&ttl=1', put('v'), 400, 'given-twice', /"ttl"/],
  [
    'no content type',
    nothing,
    '/post',
    { method: 'POST', body: Buffer.from('key=k&value=v') },
    415,
    'unsupported-media-type',
    /application\/x-www-form-urlencoded/,
  ],
  [
    'a form as text',
    nothing,
    '/post',
    form('key=k&value=v', { 'content-type': 'text/plain' }),
    415,
    'unsupported-media-type',
    /raw value/,
  ],
  [
    'a packed form',
    nothing,
    '/post',
    form('key=k&value=v', { 'content-encoding': 'gzip' }),
    415,
    'unsupported-media-type',
    /gzip/,
  ],
  [
    'a packed value',
    nothing,
    '/v1/k',
    put('v', { 'content-encoding': 'br' }),
    415,
    'unsupported-media-type',
    /br/,
  ],
  [
    'a long content type',
    nothing,
    '/v1/k',
    put('v', { 'content-type': `text/${long(251)}` }),
    400,
    'content-type-too-long',
    /256 bytes/,
  ],
  [
    'an Idempotency-Key too long',
    nothing,
    '/v1/k',
    put('v', { 'idempotency-key': long(256) }),
    400,
    'malformed-header',
    /255/,
  ],
  [
    'an empty Idempotency-Key',
    nothing,
    '/v1/k',
    { method: 'DELETE', headers: { 'idempotency-key': '' } },
    400,
    'malformed-header',
    /255/,
  ],
  [
    'a weak If-Match',
    nothing,
    '/v1/k',
    put('v', { 'if-match': `W/"${V1}"` }),
    400,
    'malformed-header',
    /W\//,
  ],
  [
    'two conditions',
    nothing,
    '/v1/k',
    put('v', { 'if-match': '*', 'if-none-match': '*' }),
    400,
    'malformed-header',
    /contradict/,
  ],
  [
    'If-None-Match with a version',
    nothing,
    '/v1/k',
    put('v', { 'if-none-match': `"${V1}"` }),
    400,
    'malformed-header',
    /must be \*/,
  ],
  ['limit 0', nothing, '/list?limit=0', {}, 400, 'malformed-query', /limit/],
  ['a limit that is no number', nothing, '/list?limit=ten', {}, 400, 'malformed-query', /limit/],
  ['an unknown scope', nothing, '/list?scope=all', {}, 400, 'malformed-query', /scope/],
  ['a prefix that is no text', nothing, '/list?prefix=%ff', {}, 400, 'malformed-key', /UTF-8/],
  [
    'not ready',
    ({ node }) => {
      node.ready = false
    },
    '/health/ready',
    {},
    503,
    'unavailable',
    /member, node/,
  ],
  [
    'operator',
    nothing,
    '/admin/handoff',
    { method: 'POST' },
    415,
    'unsupported-media-type',
    /application\/json/,
  ],
]

for (const [title, given, path, init, status, kind, detail] of refusals) {
  t.test(
    `${title}: ${init.method ?? 'GET'} ${path.slice(0, 60)} is ${status} and changes nothing`,
    async (t) => {
      const server = await startServer(t)
      given(server)
      const response = await server.fetch(path, init)
      t.equal(response.status, status)
      const problem = await problemOf(response)
      t.equal(problem.kind, kind)
      t.match(problem.detail, detail)
      t.equal(response.headers.get('retry-after'), status === 503 ? '1' : null)
      t.equal(response.headers.get('x-content-type-options'), 'nosniff')
      t.same(server.node.writes, [])
      t.same(server.logged, [])
    },
  )
}
