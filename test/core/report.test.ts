// What a node says about itself and others: sentences for clients and operators.
import t from 'tap'
import { DEAF_WARNING_MS, UNICAST_FOR_MS } from '../../src/core/reach-limits.ts'
import { reportStatus, whyNoPrimary } from '../../src/core/report.ts'
import { Lab, primaryLab } from './lab.ts'
import {
  A,
  addressOf,
  B,
  ballot,
  C,
  D,
  entry,
  node,
  REFUSED,
  state,
  version,
  view,
} from './words.ts'

const V2 = view('2A', 'A+ B-')

t.test('why there is no primary', async (t) => {
  const lonely = new Lab({ me: A })
  t.equal(whyNoPrimary(lonely.parts), 'no masters have been elected yet; 1 node in sight')
  lonely.meet(B, 0)
  t.equal(whyNoPrimary(lonely.parts), 'no masters have been elected yet; 2 nodes in sight')

  const known = new Lab({ me: C, state: state(V2) })
  known.meet(B, 0)
  t.equal(
    whyNoPrimary(known.parts),
    'no primary acts now; 2 of 3 known nodes are reachable: try again',
  )

  const troubled = new Lab({ me: A, state: state(V2), settings: { minCopies: 2 } })
  troubled.parts.proposer.propose({ reason: '', isMerge: false }, 0)
  t.equal(
    whyNoPrimary(troubled.parts),
    '1 of 3 known nodes is reachable; a write needs 2 copies: bring a node back, or set min-copies to 1',
  )
})

t.test('the status of a primary', async (t) => {
  const lab = primaryLab(V2, { entries: [entry('a', version(1))] })
  lab.meet(C, 0, { keyCount: 3 })
  lab.hear(D, 40)
  lab.take()
  lab.parts.members.suspect(C, 50)
  lab.answer(lab.call('ping'), REFUSED, 60)
  lab.take()
  const at = (id: string): { id: string; address: string } => ({ id, address: addressOf(id) })
  t.strictSame(reportStatus(lab.parts.report, 100), {
    node: { ...at(A), incarnation: 1, state: 'joining', role: 'primary' },
    view: {
      ballot: ballot('2A'),
      masters: [
        { ...at(A), inSync: true },
        { ...at(B), inSync: false },
      ],
      roster: [A, B, C].map(at),
      voters: [],
      isUnclean: false,
    },
    nodes: [
      { ...at(A), state: 'alive', role: 'primary', keys: 1, lastHeardMs: 0 },
      { ...at(B), state: 'alive', role: 'syncing', keys: 0, lastHeardMs: 100 },
      { ...at(C), state: 'dead', role: 'node', keys: 3, lastHeardMs: 100 },
      { ...at(D), state: 'suspect', role: 'node', keys: 0, lastHeardMs: 60 },
    ],
    keys: 1,
    stream: { id: `2.${A}`, committed: 0 },
    proofAgeMs: 0,
    audit: { lastMs: undefined, differences: 0 },
    mode: 'available',
    merge: { due: 0, merged: 0, conflicts: 0 },
    warnings: [],
  })
})

t.test('roles, as the newest view known says', async (t) => {
  const cases: readonly (readonly [string, string | undefined, string])[] = [
    ['A', 'A+ B+', 'primary'],
    ['B', 'A+ B+', 'master'],
    ['B', 'A+ B-', 'syncing'],
    ['C', 'A+ B+', 'node'],
    ['A', undefined, 'node'],
  ]
  for (const [me, masters, role] of cases) {
    const accepted = masters === undefined ? undefined : view('2A', masters)
    const lab = new Lab({ me: node(me), state: state(accepted) })
    t.equal(reportStatus(lab.parts.report, 0).node.role, role, `${me} in ${masters}`)
  }
})

t.test('the age of the proof that reads rest on', async (t) => {
  const both = view('2A', 'A+ B+')
  const proven = primaryLab(both)
  t.equal(reportStatus(proven.parts.report, 100).proofAgeMs, undefined)
  proven.parts.leases.prove(B, ballot('2A'), 30)
  t.equal(reportStatus(proven.parts.report, 100).proofAgeMs, 70)
  const second = new Lab({ me: B, state: state(both) })
  second.parts.leases.prove(A, ballot('2A'), 90)
  t.equal(reportStatus(second.parts.report, 100).proofAgeMs, 10)
})

t.test('every warning is a sentence that says what to do or what is safe', async (t) => {
  const warn = (lab: Lab): readonly string[] => reportStatus(lab.parts.report, 0).warnings
  const foreign = primaryLab(V2)
  foreign.hear(B, 0, { mode: 'majority' })
  t.strictSame(warn(foreign), [
    '10.0.0.11:80 runs in mode majority, this node does not: give them the same mode',
  ])
  const far = primaryLab(V2)
  far.hear(B, 0, { protocol: { newest: 3, oldest: 2 } })
  t.strictSame(warn(far), [
    '10.0.0.11:80 runs a release that is too far from the one of this node, and they cannot work together: ' +
      'upgrade in smaller steps, all nodes by one release at a time',
  ])
  const near = primaryLab(V2)
  near.hear(B, 0, { protocol: { newest: 2, oldest: 1 } })
  t.strictSame(warn(near), [])
  const settings = primaryLab(V2)
  settings.hear(B, 0, { fingerprint: 8 })
  t.strictSame(warn(settings), [
    '10.0.0.11:80 has other cluster settings (min-copies or value-bytes-max) and cannot become master: make them the same',
  ])
  const clock = primaryLab(V2)
  clock.meet(C, 0, { wallMs: 2001 })
  t.strictSame(warn(clock), [
    'the clock of 10.0.0.12:80 is off and it cannot become master: set its clock',
  ])
  const two = primaryLab(V2)
  two.meet(B, 0, { wallMs: -2001 })
  t.strictSame(warn(two), [
    'the clock of this node differs from those of the others: set the clocks; until then this node ' +
      'removes no expired entries as primary',
  ])
  const other = primaryLab(V2)
  other.hear(B, 0, { lineages: [ballot('1C')] })
  t.strictSame(warn(other), [
    '10.0.0.11:80 holds writes from a time when the cluster was split; they are merged as soon as it can be reached',
  ])
  other.parts.members.left(B, 1)
  t.strictSame(warn(other), [], 'who said goodbye is no trouble')

  const owing = new Lab({ me: B, state: state(view('3C', 'C+'), { owed: [V2] }) })
  t.strictSame(warn(owing), [
    'this node holds writes of view 2.000000000000000a that the cluster has not merged yet: leave it running',
  ])
  const full = primaryLab(V2, { bytesMax: 1, entries: [entry('a', version(1))] })
  t.strictSame(warn(full), ['the store of this node is full: new values are refused'])

  const more = Array.from({ length: 128 }, (_, i) => ({
    id: node((i + 256).toString(16)),
    address: '',
    isWitness: false,
  }))
  const outside = new Lab({ me: A, state: state({ ...view('2B', 'B+'), roster: more }) })
  t.strictSame(warn(outside), [
    'this cluster has its 128 nodes and this one stays outside: use another node',
  ])
})

t.test(
  'what is wrong with multicast is said for all nodes together, each way by itself',
  async (t) => {
    const lab = new Lab({ me: A })
    const ids = ['B', 'C', 'D', 'E'].map(node)
    for (const id of ids) lab.meet(id, 0)
    const warn = (nowMs: number): readonly string[] =>
      reportStatus(lab.parts.report, nowMs).warnings.filter((text) => text.includes('multicast'))
    t.strictSame(warn(1250), [])
    const advice = 'look for a firewall, for IGMP snooping without a querier, and at interface'
    t.strictSame(warn(1251), [
      'no multicast of 10.0.0.11:80, 10.0.0.12:80, 10.0.0.13:80 and 1 more reaches this node; ' +
        `unicast is used instead: ${advice}`,
    ])
    for (const id of ids) lab.hear(id, 1300, { beat: 2 })
    t.strictSame(warn(1300), [])
    lab.parts.members.isNotHeardBy(B, 1300 - DEAF_WARNING_MS)
    t.strictSame(warn(1300), [], 'once it may be a stall')
    lab.parts.members.isNotHeardBy(B, 1300)
    t.strictSame(warn(1300), [
      `the multicast of this node does not reach 10.0.0.11:80, or badly; unicast is used: ${advice}`,
    ])
    t.strictSame(warn(1300 + UNICAST_FOR_MS).length, 1, 'by then its own multicast is silent')
    for (const id of ids) lab.hear(id, 1300 + UNICAST_FOR_MS, { beat: 3 })
    t.strictSame(warn(1300 + UNICAST_FOR_MS), [])
    for (let n = 4; n <= 44; n++) if (n % 5 > 1) lab.hear(C, 20_000, { beat: n })
    for (const id of ids) if (id !== C) lab.hear(id, 20_000, { beat: 4 })
    t.strictSame(warn(20_000), [
      'up to 39 % of the multicast of 10.0.0.12:80 is lost on the way to this node; ' +
        'unicast is used besides: use a cable, or look for an overloaded switch',
    ])
    lab.parts.members.left(C, 1)
    t.strictSame(warn(20_000), [], 'who said goodbye is no trouble')
  },
)
