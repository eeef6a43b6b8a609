// Lists of keys, and what a node says about itself.
import t from 'tap'
import { formatVersion } from '../../src/core/version.ts'
import { isFromHere, isLoopback } from '../../src/http/admin.ts'
import { FAKE_ID } from '../fakes/fake-node.ts'
import { entry } from './cases.ts'
import { problemOf, startServer } from './setup.ts'

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
    audit: { lastMs: null, differences: 0 },
    mode: 'available',
    merge: { due: 0, merged: 0, conflicts: 0 },
    warnings: [],
  })
})

t.test('/cluster in a view', async (t) => {
  const { fetch, node } = await startServer(t)
  const at = { id: FAKE_ID, address: '127.0.0.1:8181' }
  const masters = [{ ...at, inSync: true }]
  node.report = {
    ...node.report,
    view: {
      ballot: { epoch: 3, proposer: FAKE_ID },
      masters,
      roster: [at],
      voters: [],
      isUnclean: false,
    },
    nodes: [
      { ...at, state: 'alive', role: 'primary', keys: 7, lastHeardMs: 0, heardBy: ['multicast'] },
    ],
    proofAgeMs: 12,
    audit: { lastMs: 4000, differences: 2 },
    warnings: ['alone'],
  }
  t.match(await (await fetch('/cluster')).json(), {
    view: { ballot: `3.${FAKE_ID}`, masters, roster: [at], voters: [], isUnclean: false },
    nodes: [{ ...at, state: 'alive', role: 'primary', keys: 7, heardBy: ['multicast'] }],
    proofAgeMs: 12,
    audit: { lastMs: 4000, differences: 2 },
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

const addresses: [string, boolean][] = [
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['10.0.0.1', false],
  ['::ffff:10.0.0.1', false],
  ['127.evil.example', false],
  ['fe80::1', false],
  ['', false],
]
for (const [address, wanted] of addresses) {
  t.test(`an operator ${wanted ? 'may' : 'may not'} come from "${address}"`, (t) => {
    t.equal(isLoopback(address), wanted)
    t.end()
  })
}

t.test(
  'an operator may come from the address that is asked: nobody else gets an answer there',
  (t) => {
    const at = (remoteAddress: string | undefined, localAddress: string | undefined) =>
      isFromHere({ remoteAddress, localAddress })
    t.equal(at('10.0.0.1', '10.0.0.1'), true)
    t.equal(at('::ffff:10.0.0.1', '::ffff:10.0.0.1'), true)
    t.equal(at('10.0.0.2', '10.0.0.1'), false)
    t.equal(at(undefined, undefined), false)
    t.end()
  },
)

t.test('/admin/conflicts lists what lost in a merge, and gives its value', async (t) => {
  const { fetch, node } = await startServer(t)
  t.same(await (await fetch('/admin/conflicts')).json(), { conflicts: [], others: [] })
  const status = { role: 'node', keys: 0, lastHeardMs: 0, heardBy: [] } as const
  node.report = {
    ...node.report,
    nodes: [
      { ...status, id: FAKE_ID, address: 'a:1', state: 'alive' },
      { ...status, id: 'b', address: 'b:1', state: 'alive' },
      { ...status, id: 'c', address: 'c:1', state: 'dead' },
    ],
  }
  const entry = {
    key: 'a/b',
    version: formatVersion(1, 0, FAKE_ID),
    expiresAtMs: undefined,
    requestId: '0'.repeat(32),
    content: { kind: 'value', bytes: Buffer.from('lost'), contentType: 'text/plain' },
  } as const
  const winner = formatVersion(2, 0, FAKE_ID)
  node.lost = [
    { key: 'a/b', winner, loser: entry, lineage: { epoch: 3, proposer: FAKE_ID }, atMs: 0 },
  ]
  t.same(await (await fetch('/admin/conflicts')).json(), {
    conflicts: [
      {
        key: 'a/b',
        winner,
        loser: { version: entry.version, isDeleted: false, contentType: 'text/plain', bytes: 4 },
        lineage: `3.${FAKE_ID}`,
        at: '1970-01-01T00:00:00.000Z',
      },
    ],
    others: ['b:1'],
  })
  const value = await fetch('/admin/conflicts?key=a/b')
  t.equal(value.headers.get('content-type'), 'text/plain')
  t.equal(await value.text(), 'lost')
  const other = await fetch('/admin/conflicts?key=other')
  t.equal(other.status, 404)
  t.match(await other.json(), { detail: /one of the others \(b:1\)/ })
  t.equal((await fetch('/admin/conflicts', { method: 'POST' })).status, 405)
})
