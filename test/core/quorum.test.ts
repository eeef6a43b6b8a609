// Whose agreement a view needs in majority mode. Every list of up to seven voters is gone through.
import t from 'tap'
import type { NodePromise } from '../../src/core/messages.ts'
import {
  canHaveActed,
  founders,
  isMajority,
  majorityOf,
  votersAfter,
  whyNoQuorum,
} from '../../src/core/quorum.ts'
import type { NodeId, View } from '../../src/core/types.ts'
import { A, addressOf, B, C, D, node, PLAIN, state, version, view } from './words.ts'

const SIZE_MAX = 7
const NAMES = Array.from({ length: SIZE_MAX + 1 }, (_, i) => node((i + 1).toString(16)))

/** Every set of these nodes. */
function setsOf(nodes: readonly NodeId[]): NodeId[][] {
  return Array.from({ length: 2 ** nodes.length }, (_, bits) =>
    nodes.filter((_node, i) => (bits & (1 << i)) !== 0),
  )
}

function majoritiesOf(voters: readonly NodeId[]): NodeId[][] {
  return setsOf(voters).filter((set) => isMajority(voters, (id) => set.includes(id)))
}

t.test('any two majorities meet, of one list and of lists that differ by one node', async (t) => {
  for (let size = 1; size <= SIZE_MAX; size++) {
    const voters = NAMES.slice(0, size)
    const lists = [
      voters,
      NAMES.slice(0, size + 1),
      ...voters.map((gone) => voters.filter((id) => id !== gone)),
    ]
    const here = majoritiesOf(voters)
    for (const list of lists.filter((each) => each.length > 0)) {
      const there = majoritiesOf(list)
      const apart = here.filter((a) => there.some((b) => !a.some((id) => b.includes(id))))
      t.strictSame(apart, [], `${size} and ${list.length} voters`)
    }
  }
})

t.test(
  'two nodes exchanged at once could go on apart: only one may change at a time',
  async (t) => {
    const before = [A, B, C]
    const after = [A, node('E'), D]
    const apart = majoritiesOf(before).some((a) =>
      majoritiesOf(after).some((b) => !a.some((id) => b.includes(id))),
    )
    t.ok(apart)
  },
)

t.test('a majority is more than half', async (t) => {
  t.strictSame([1, 2, 3, 4, 5].map(majorityOf), [1, 2, 2, 3, 3])
  t.notOk(isMajority([A, B], (id) => id === A))
  t.ok(isMajority([A, B, C], (id) => id !== C))
  t.ok(
    isMajority([], () => false),
    'nobody is asked in available mode',
  )
})

function promise(accepted: View | undefined, isWitness = false): NodePromise {
  const about = { incarnation: 1, address: '', keyCount: 0, clock: version(0), ...PLAIN }
  return { ...about, state: state(accepted), isWitness }
}

const V2 = { ...view('2A', 'A+ B+', { history: '1A' }), voters: [A, B, C] }
const V3 = { ...view('3A', 'A+ B+', { history: '1A 2A' }), voters: [A, B, C] }

const ACTED: readonly (readonly [string, readonly (readonly [NodeId, View])[], boolean])[] = [
  ['nobody speaks', [], true],
  ['a voter has not accepted it', [[C, V2]], true],
  ['a master has not accepted it', [[B, V2]], false],
  [
    'two voters have not',
    [
      [C, V2],
      [B, V2],
    ],
    false,
  ],
  [
    'all have',
    [
      [A, V3],
      [B, V3],
      [C, V3],
    ],
    true,
  ],
]

t.test('a view that a master or half of the voters promised away was never active', async (t) => {
  for (const [title, given, expected] of ACTED) {
    const promises = new Map(given.map(([id, accepted]) => [id, promise(accepted)]))
    t.equal(canHaveActed(V3, promises), expected, title)
  }
})

t.test('founders: the proposer, witnesses, the best, then the others', async (t) => {
  const promises = new Map([A, B, C, D].map((id) => [id, promise(undefined, id === D)]))
  const pick = (count: number) => founders({ me: B, promises, candidates: [C, A], count })
  t.strictSame(pick(1), [B])
  t.strictSame(pick(2), [B, D])
  t.strictSame(pick(3), [B, C, D])
  t.strictSame(pick(5), [A, B, C, D])
})

t.test('an operator changes the list by one node', async (t) => {
  t.strictSame(votersAfter([A, B], { kind: 'addVoter', id: C }), [A, B, C])
  t.strictSame(votersAfter([A, B], { kind: 'addVoter', id: B }), [A, B])
  t.strictSame(votersAfter([A, B], { kind: 'removeVoter', id: B }), [A])
  t.strictSame(votersAfter([A, B], { kind: 'forget', id: B }), [A, B], 'a dead voter stays one')
})

t.test('what is missing is said in words', async (t) => {
  const settings = { mode: 'majority', voters: 3, minCopies: 1, valueBytesMax: 1 } as const
  const why = (of: View | undefined, here: NodeId[]) =>
    whyNoQuorum({ settings, view: of, hereCount: here.length }, (id) => here.includes(id))
  t.equal(why(undefined, [A, B]), '2 of 3 voters are here: start the others')
  t.equal(why(undefined, [A, B, C]), undefined)
  t.equal(why(V3, [A, B]), undefined)
  const missing = `${addressOf(B)} or ${addressOf(C)}`
  t.equal(why(V3, [A]), `1 of 3 voters is here, and 2 must agree: bring back ${missing}`)
})
