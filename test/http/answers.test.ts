// What every request is answered when all is well: one line a case.
import type { RequestInit } from 'node-fetch'
import t from 'tap'
import {
  entry,
  form,
  type Given,
  holding,
  holdingLocally,
  nothing,
  put,
  V1,
  V2,
  writing,
} from './cases.ts'
import { startServer } from './setup.ts'

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
  [
    'getlocal of a version that is here',
    holding,
    '/getlocal/k',
    { headers: { 'diststore-min-version': `"${V1}"` } },
    200,
    'v',
    { age: '0' },
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

for (const path of ['/get/k', '/get?key=k', '/v1/k']) {
  for (const method of ['GET', 'HEAD']) {
    t.test(`${method} ${path} hands on the version it must not be older than`, async (t) => {
      const server = await startServer(t)
      holding(server)
      for (const text of [`"${V2}"`, V2, ` "${V2}" `]) {
        server.node.minVersion = undefined
        const headers = { 'diststore-min-version': text }
        t.equal((await server.fetch(path, { method, headers })).status, 200)
        t.equal(server.node.minVersion, V2)
      }
      await server.fetch(path, { method })
      t.equal(server.node.minVersion, undefined)
    })
  }
}

t.test('a held entry that nobody has proven has no Age', async (t) => {
  const server = await startServer(t)
  holding(server)
  server.node.heldAgeMs = undefined
  const response = await server.fetch('/getlocal/k')
  t.equal(response.headers.get('age'), null)
  t.equal(response.headers.get('diststore-source'), 'local')
})
