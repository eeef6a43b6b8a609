// What an operator asks for: status, nodes and orders, and how they look.
import t from 'tap'
import type { NodeStatusReport } from '../../src/http/node-access.ts'
import { startServer } from '../http/setup.ts'
import { FAKE_ID } from '../fakes/fake-node.ts'
import { stubServer } from './stub-server.ts'
import { diststore } from './terminal.ts'

const OTHER = '00000000000000bb'
const ONE = '10.0.0.1:8181'
const TWO = '10.0.0.2:8181'

const REPORT: NodeStatusReport = {
  node: { id: FAKE_ID, address: ONE, incarnation: 1, state: 'member', role: 'primary' },
  view: {
    ballot: { epoch: 4, proposer: FAKE_ID },
    masters: [
      { id: FAKE_ID, address: ONE, inSync: true },
      { id: OTHER, address: TWO, inSync: false },
    ],
    roster: [
      { id: FAKE_ID, address: ONE },
      { id: OTHER, address: TWO },
    ],
    voters: [],
    isUnclean: false,
  },
  nodes: [
    {
      id: FAKE_ID,
      address: ONE,
      state: 'alive',
      role: 'primary',
      keys: 1200,
      lastHeardMs: 0,
      heardBy: [],
    },
    {
      id: OTHER,
      address: TWO,
      state: 'dead',
      role: 'syncing',
      keys: 7,
      lastHeardMs: 3200,
      heardBy: ['multicast', 'unicast'],
    },
  ],
  keys: 1200,
  copies: 3,
  stream: { id: 'x', committed: 1300 },
  proofAgeMs: 40,
  audit: { lastMs: undefined, differences: 0 },
  mode: 'available',
  merge: { due: 1, merged: 0, conflicts: 0 },
  warnings: ['the disk is full', 'the clock is off'],
}

const STATUS = `\
1 of 2 masters in sync, 1 of 2 nodes alive, mode available
keys 1200 · copies here 3 · writes 1300 · proof 40 ms · view 4.00000000000000aa · to merge 1

NODE           ROLE     STATE  KEYS  HEARD  BY
10.0.0.1:8181  primary  alive  1200  asked
10.0.0.2:8181  syncing  dead      7  3.2 s  multicast unicast

warning: the disk is full
warning: the clock is off
`

t.test('status is a headline, facts, a table and the warnings', async (t) => {
  const { node, port } = await startServer(t)
  node.report = REPORT
  const words = ['status', '--url', `127.0.0.1:${port}`]
  t.strictSame(await diststore(words), { code: 0, stdout: STATUS, stderr: '' })
  const { stdout } = await diststore(words, { hasColours: true })
  t.ok(stdout.includes('\u001b[31mdead\u001b[39m'), stdout)
  // oxlint-disable-next-line eslint/no-control-regex -- that is what is looked for
  t.equal(stdout.replaceAll(/\u001b\[\d+m/g, ''), STATUS, 'colours move nothing')
  const json = await diststore([...words, '--json'])
  t.match(JSON.parse(json.stdout), { keys: 1200, view: { ballot: '4.00000000000000aa' } })
})

t.test('status of a node that knows no view yet', async (t) => {
  const { port } = await startServer(t)
  const { code, stdout } = await diststore(['status', '--url', `127.0.0.1:${port}`])
  t.equal(code, 0)
  t.match(stdout, /^no masters yet, 0 of 0 nodes alive/)
})

t.test('nodes adds the ids', async (t) => {
  const { node, port } = await startServer(t)
  node.report = REPORT
  const url = ['--url', `127.0.0.1:${port}`]
  const { stdout } = await diststore(['nodes', ...url])
  t.match(stdout, /^NODE .* ID\n10.0.0.1:8181 .* 00000000000000aa\n10.0.0.2:8181 .*bb\n$/)
  const json = await diststore(['nodes', '--json', ...url])
  t.match(JSON.parse(json.stdout), [{ address: ONE }, { address: TWO }])
})

const ORDERS: readonly (readonly [words: string[], order: object])[] = [
  [['handoff'], { kind: 'handoff', to: undefined }],
  [['handoff', TWO], { kind: 'handoff', to: TWO }],
  [['forget', TWO], { kind: 'forget', node: TWO }],
  [['forget', OTHER], { kind: 'forget', node: OTHER }],
  [['voters', 'add', TWO], { kind: 'addVoter', node: TWO }],
  [['voters', 'remove', OTHER], { kind: 'removeVoter', node: OTHER }],
]

t.test('an order is sent as it is meant, and what was done is said', async (t) => {
  const { node, port } = await startServer(t)
  const url = ['--url', `127.0.0.1:${port}`]
  for (const [words, order] of ORDERS) {
    const expected = { code: 0, stdout: 'it is done\n', stderr: '' }
    t.strictSame(await diststore([...words, ...url]), expected, words.join(' '))
    t.strictSame(node.orders.at(-1), order, words.join(' '))
  }
  node.nextOrder = { kind: 'declined', reason: 'it is alive: stop it' }
  const declined = await diststore(['forget', TWO, ...url])
  t.strictSame(declined, { code: 4, stdout: '', stderr: 'diststore: it is alive: stop it\n' })
  node.nextOrder = { kind: 'failed', reason: 'no primary' }
  t.equal((await diststore(['handoff', ...url])).code, 3)
})

t.test('what may lose data is done only when it is meant', async (t) => {
  const { address, asked } = await stubServer(t, 200, { done: true, detail: 'so it is' })
  const url = ['--url', address]
  const unsure = await diststore(['force', ...url])
  t.match(unsure, {
    code: 2,
    stdout: '',
    stderr: /^diststore: what only the lost .* force --yes\n$/,
  })
  t.strictSame(asked, [])
  const meant = await diststore(['force', '--yes', ...url])
  t.strictSame(meant, { code: 0, stdout: 'so it is\n', stderr: '' })
  t.strictSame(asked, ['POST /admin/force'])
})

t.test('an audit is asked for', async (t) => {
  const { node, port } = await startServer(t)
  const { code, stdout } = await diststore(['audit', '--url', `127.0.0.1:${port}`])
  t.match({ code, stdout }, { code: 0, stdout: /^asked for: / })
  t.equal(node.audits, 1)
})

t.test('voters and conflicts are shown', async (t) => {
  const { node, port } = await startServer(t)
  const url = ['--url', `127.0.0.1:${port}`]
  t.equal((await diststore(['voters', ...url])).stdout, 'there are no voters in mode available\n')
  node.report = { ...REPORT, view: { ...REPORT.view!, voters: [{ id: OTHER, address: TWO }] } }
  t.equal((await diststore(['voters', ...url])).stdout, `${TWO}  ${OTHER}\n`)

  t.equal((await diststore(['conflicts', ...url])).stdout, 'this node remembers no conflicts\n')
  const bytes = Buffer.from('lost')
  const content = { kind: 'value', bytes, contentType: 'text/plain' } as const
  const loser = { key: 'a b', version: 'v1', requestId: '', expiresAtMs: undefined, content }
  const lineage = { epoch: 3, proposer: FAKE_ID }
  node.lost = [{ key: 'a b', winner: 'v2', loser, lineage, atMs: 1_700_000_000_000 }]
  const { stdout } = await diststore(['conflicts', ...url])
  t.equal(
    stdout,
    'KEY    LOST     VERSION  MERGED\na%20b  4 bytes  v1       2023-11-14T22:13:20.000Z\n',
  )
  t.equal((await diststore(['conflicts', 'a b', ...url])).stdout, 'lost')
  t.equal((await diststore(['conflicts', 'c', ...url])).code, 1)
})
