// Every request of the public API and every status it may have, one line a case.
import type { RequestInit } from 'node-fetch'
import t from 'tap'
import type { Entry } from '../../src/core/types.ts'
import { formatVersion } from '../../src/core/version.ts'
import { FAKE_ID } from '../fakes/fake-node.ts'
import { problemOf, startServer, type TestServer } from './setup.ts'

const V1 = formatVersion(1_700_000_000_000, 0, FAKE_ID)
const V2 = formatVersion(1_700_000_000_000, 1, FAKE_ID)

function form(text: string, headers: Record<string, string> = {}): RequestInit {
  const type = 'application/x-www-form-urlencoded'
  return { method: 'POST', body: text, headers: { 'content-type': type, ...headers } }
}

function put(body: string, headers: Record<string, string> = {}): RequestInit {
  return { method: 'PUT', body, headers: { 'content-type': 'text/plain', ...headers } }
}

function entry(text: string, more: Partial<Entry> = {}): Entry {
  return {
    key: 'k',
    version: V1,
    expiresAtMs: undefined,
    requestId: '0'.repeat(32),
    content: { kind: 'value', bytes: Buffer.from(text), contentType: 'text/plain' },
    ...more,
  }
}

/** What a case prepares before its request. */
type Given = (server: TestServer) => void

const holding: Given = ({ node }) => node.entries.set('k', entry('v'))
const holdingLocally: Given = ({ node }) => node.localEntries.set('k', entry('mine'))
const expired: Given = ({ node }) => node.entries.set('k', entry('v', { expiresAtMs: node.now }))
const deleted: Given = ({ node }) =>
  node.entries.set('k', entry('', { content: { kind: 'tombstone' } }))
const unreachable: Given = ({ node }) => {
  node.nextRead = { kind: 'unreachable', reason: 'No master answers.' }
}
const writing =
  (outcome: TestServer['node']['nextWrite']): Given =>
  ({ node }) => {
    node.nextWrite = outcome
  }
const nothing: Given = () => {}

const cc = (directives: string): RequestInit => ({ headers: { 'cache-control': directives } })

// ---- what is answered, and with which headers ---------------------------------------------------

const answers: [string, Given, string, RequestInit, number, object | string, object?][] = [
  [
    'post stores',
    nothing,
    '/post',
    form('key=k&value=v'),
    200,
    { key: 'k', version: V1, copies: 2 },
    { etag: `"${V1}"`, warning: null },
  ],
  ['put stores', nothing, '/v1/k', put('v'), 200, { key: 'k', version: V1, copies: 2 }],
  [
    'post to a resource stores',
    nothing,
    '/v1/k',
    { ...put('v'), method: 'POST' },
    200,
    { key: 'k', version: V1, copies: 2 },
  ],
  [
    'put by query stores',
    nothing,
    '/v1?key=k&ttl=60',
    put('v'),
    200,
    { key: 'k', version: V1, copies: 2 },
  ],
  [
    'delete deletes',
    holding,
    '/v1/k',
    { method: 'DELETE' },
    200,
    { key: 'k', version: V1, copies: 2 },
  ],
  [
    'delete of what is absent too',
    nothing,
    '/v1/k',
    { method: 'DELETE' },
    200,
    { key: 'k', version: V1, copies: 2 },
  ],
  [
    'one copy is said aloud',
    writing({ kind: 'applied', version: V1, copies: 1 }),
    '/v1/k',
    put('v'),
    200,
    { key: 'k', version: V1, copies: 1, degraded: true },
    { warning: '199 diststore "stored on one node only"' },
  ],
  [
    'a local write is not degraded',
    nothing,
    '/postlocal',
    form('key=k&value=v'),
    200,
    { key: 'k', version: V1, copies: 0 },
    { warning: null },
  ],
  [
    'get',
    holding,
    '/get/k',
    {},
    200,
    'v',
    {
      'content-type': 'text/plain',
      etag: `"${V1}"`,
      age: '0',
      'diststore-source': 'local',
      'diststore-copies': '2',
      'x-content-type-options': 'nosniff',
      'content-length': '1',
    },
  ],
  ['get by query', holding, '/get?key=k', {}, 200, 'v'],
  ['get a resource', holding, '/v1/k', {}, 200, 'v'],
  [
    'head has the headers of get',
    holding,
    '/get/k',
    { method: 'HEAD' },
    200,
    '',
    {
      'content-type': 'text/plain',
      etag: `"${V1}"`,
      age: '0',
      'diststore-source': 'local',
      'diststore-copies': '2',
      'x-content-type-options': 'nosniff',
      'content-length': '1',
    },
  ],
  ['head a resource', holding, '/v1/k', { method: 'HEAD' }, 200, ''],
  [
    'age is whole seconds',
    ({ node }) => {
      node.nextRead = { kind: 'found', entry: entry('v'), ageMs: 1999, source: 'copy' }
    },
    '/get/k',
    {},
    200,
    'v',
    { age: '1', 'diststore-source': 'copy' },
  ],
  [
    'not modified',
    holding,
    '/get/k',
    { headers: { 'if-none-match': `"${V1}"` } },
    304,
    '',
    { etag: `"${V1}"`, 'diststore-copies': '2' },
  ],
  [
    'not modified, weak and in a list',
    holding,
    '/get/k',
    { headers: { 'if-none-match': `"x", W/"${V1}"` } },
    304,
    '',
  ],
  ['not modified, any', holding, '/v1/k', { headers: { 'if-none-match': '*' } }, 304, ''],
  ['modified', holding, '/get/k', { headers: { 'if-none-match': `"${V2}"` } }, 200, 'v'],
  [
    'getlocal',
    holding,
    '/getlocal/k',
    {},
    200,
    'v',
    { 'diststore-source': 'local', 'diststore-copies': null },
  ],
  [
    'a local entry wins',
    (server) => {
      holding(server)
      holdingLocally(server)
    },
    '/getlocal/k',
    {},
    200,
    'mine',
  ],
  ['getlocal head', holding, '/getlocal?key=k', { method: 'HEAD' }, 200, ''],
  [
    'an empty value',
    ({ node }) => node.entries.set('k', entry('')),
    '/get/k',
    {},
    200,
    '',
    { 'content-length': '0' },
  ],
  ['live', nothing, '/health/live', {}, 200, { status: 'live' }],
  ['ready', nothing, '/health/ready', {}, 200, { status: 'ready' }],
  ['an absolute target, as proxies send it', holding, '/get/k?', {}, 200, 'v'],
]

for (const [title, given, path, init, status, body, headers = {}] of answers) {
  t.test(`${title}: ${init.method ?? 'GET'} ${path} is ${status}`, async (t) => {
    const server = await startServer(t)
    given(server)
    const response = await server.fetch(path, init)
    t.equal(response.status, status)
    t.same(typeof body === 'string' ? await response.text() : await response.json(), body)
    for (const [name, value] of Object.entries(headers))
      t.equal(response.headers.get(name), value, name)
    t.same(server.logged, [])
  })
}

// ---- what is refused ----------------------------------------------------------------------------

const long = (length: number) => 'x'.repeat(length)

const refusals: [string, Given, string, RequestInit, number, string, RegExp][] = [
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
    501,
    'not-implemented',
    /not built yet/,
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

// ---- what becomes of a write --------------------------------------------------------------------

const outcomes: [string, Given, RequestInit, number, object][] = [
  [
    'the condition fails',
    holding,
    put('w', { 'if-match': `"${V2}"` }),
    412,
    { type: 'urn:diststore:problem:condition-failed', applied: false, current: V1 },
  ],
  [
    'it is there already',
    holding,
    put('w', { 'if-none-match': '*' }),
    412,
    { applied: false, current: V1 },
  ],
  [
    'it is not there',
    nothing,
    put('w', { 'if-match': '*' }),
    412,
    { applied: false, current: null },
  ],
  [
    'delete if it is another',
    holding,
    { method: 'DELETE', headers: { 'if-match': `"${V2}"` } },
    412,
    { applied: false, current: V1 },
  ],
  [
    'the condition holds',
    holding,
    put('w', { 'if-match': `"${V2}", "${V1}"` }),
    200,
    { copies: 2 },
  ],
  [
    'the key was used',
    writing({ kind: 'reused' }),
    put('w', { 'idempotency-key': 'a' }),
    422,
    { type: 'urn:diststore:problem:key-reused', applied: false },
  ],
  [
    'full',
    writing({ kind: 'full' }),
    put('w'),
    507,
    { type: 'urn:diststore:problem:store-full', applied: false },
  ],
  [
    'refused',
    writing({ kind: 'refused', reason: '1 of 3 nodes is reachable.' }),
    put('w'),
    503,
    {
      type: 'urn:diststore:problem:unavailable',
      applied: false,
      detail: '1 of 3 nodes is reachable.',
    },
  ],
  [
    'unknown',
    writing({ kind: 'unknown', reason: 'No answer.' }),
    put('w'),
    504,
    { type: 'urn:diststore:problem:outcome-unknown', applied: 'unknown', idempotencyKey: 'made-1' },
  ],
  [
    'unknown, with a key',
    writing({ kind: 'unknown', reason: 'No answer.' }),
    put('w', { 'idempotency-key': 'mine' }),
    504,
    { applied: 'unknown', idempotencyKey: 'mine' },
  ],
]

for (const [title, given, init, status, body] of outcomes) {
  t.test(`${title}: ${status}`, async (t) => {
    const server = await startServer(t)
    given(server)
    const response = await server.fetch('/v1/k', init)
    t.equal(response.status, status)
    t.match(await response.json(), body)
    t.equal(response.headers.get('retry-after'), status === 503 ? '1' : null)
  })
}

t.test('a retry under the Idempotency-Key that a 504 named is the same request', async (t) => {
  const { fetch, node } = await startServer(t)
  await fetch('/v1/k', put('v'))
  await fetch('/v1/k', put('v', { 'idempotency-key': 'made-1' }))
  await fetch('/v1/k', put('v'))
  const [first, retry, other] = node.writes
  t.equal(retry?.requestId, first?.requestId)
  t.equal(retry?.fingerprint, first?.fingerprint)
  t.not(other?.requestId, first?.requestId)
})

// ---- how fresh ----------------------------------------------------------------------------------

const freshness: [string | undefined, object][] = [
  [undefined, { kind: 'proven' }],
  ['', { kind: 'proven' }],
  ['max-age=0', { kind: 'proven' }],
  ['no-cache', { kind: 'strong' }],
  ['No-Cache , max-stale', { kind: 'strong' }],
  ['only-if-cached', { kind: 'onlyHere' }],
  ['max-stale', { kind: 'stale', ageMsMax: Number.POSITIVE_INFINITY }],
  ['max-stale=5', { kind: 'stale', ageMsMax: 5000 }],
  ['max-stale="5"', { kind: 'stale', ageMsMax: 5000 }],
  ['max-stale=soon', { kind: 'proven' }],
]
for (const [header, wanted] of freshness) {
  t.test(`Cache-Control: ${header ?? '(none)'} asks for ${JSON.stringify(wanted)}`, async (t) => {
    const { fetch, node } = await startServer(t)
    await fetch('/get/k', header === undefined ? {} : cc(header))
    t.same(node.reads, [{ key: 'k', freshness: wanted }])
  })
}

// ---- lists and status ---------------------------------------------------------------------------

const KEYS = ['b', 'a/b', 'ä', '😀', 'a b', '\uffff', 'a', '.', '%']
const lists: [string, string[]][] = [
  ['/list', ['%25', '.', 'a', 'a%20b', 'a%2Fb', 'b', '%C3%A4', '%EF%BF%BF', '%F0%9F%98%80']],
  ['/list?prefix=a', ['a', 'a%20b', 'a%2Fb']],
  ['/list?prefix=a&after=a', ['a%20b', 'a%2Fb']],
  ['/list?after=a%2Fb&limit=2', ['b', '%C3%A4']],
  ['/list?after=%C3%A4', ['%EF%BF%BF', '%F0%9F%98%80']],
  ['/list?after=&prefix=&limit=1', ['%25']],
  ['/list?prefix=zzz', []],
  ['/list?scope=local', ['mine']],
  ['/list?scope=cluster&limit=1', ['%25']],
]
for (const [path, keys] of lists) {
  t.test(`${path} names ${keys.length} keys, as lines and as JSON`, async (t) => {
    const { fetch, node } = await startServer(t)
    for (const key of KEYS) node.entries.set(key, entry('v', { key }))
    node.localEntries.set('mine', entry('v', { key: 'mine' }))
    const lines = await fetch(path)
    t.equal(lines.headers.get('content-type'), 'text/plain; charset=utf-8')
    t.equal(await lines.text(), keys.map((key) => `${key}\n`).join(''))
    const json = await fetch(path, { headers: { accept: 'application/json' } })
    t.equal(json.headers.get('content-type'), 'application/json')
    t.same(await json.json(), { keys: keys.map(decodeURIComponent) })
    t.equal((await fetch(path, { method: 'HEAD' })).status, 200)
  })
}

t.test('a long list comes whole', async (t) => {
  const { fetch, node } = await startServer(t)
  for (let i = 0; i < 50_000; i++) node.entries.set(`key-${i}`, entry('v'))
  const lines = (await (await fetch('/list')).text()).split('\n')
  t.equal(lines.length, 50_001)
})

t.test('/cluster before the first view', async (t) => {
  const { fetch } = await startServer(t)
  t.same(await (await fetch('/cluster')).json(), {
    node: { id: FAKE_ID, address: '127.0.0.1:8181', incarnation: 1, state: 'member', role: 'node' },
    view: null,
    nodes: [],
    keys: 0,
    copies: 0,
    stream: { id: '', committed: 0 },
    proofAgeMs: null,
    mode: 'available',
    warnings: [],
  })
})

t.test('/cluster in a view', async (t) => {
  const { fetch, node } = await startServer(t)
  const at = { id: FAKE_ID, address: '127.0.0.1:8181' }
  const masters = [{ ...at, inSync: true }]
  node.report = {
    ...node.report,
    view: { ballot: { epoch: 3, proposer: FAKE_ID }, masters, roster: [at] },
    nodes: [{ ...at, state: 'alive', role: 'primary', keys: 7, lastHeardMs: 0 }],
    proofAgeMs: 12,
    warnings: ['alone'],
  }
  t.match(await (await fetch('/cluster')).json(), {
    view: { ballot: `3.${FAKE_ID}`, masters, roster: [at] },
    nodes: [{ ...at, state: 'alive', role: 'primary', keys: 7, lastHeardMs: 0 }],
    proofAgeMs: 12,
    warnings: ['alone'],
  })
})

t.test('a bug in the node is answered 500 and logged, once', async (t) => {
  const { fetch, node, logged } = await startServer(t)
  node.status = () => {
    throw new Error('oops')
  }
  const response = await fetch('/cluster')
  t.equal(response.status, 500)
  t.same(await problemOf(response), {
    kind: 'internal-error',
    detail: 'This is a bug: the log of the node says more.',
  })
  t.same(logged, ['error http.failed {"url":"/cluster","error":"Error: oops"}'])
})
