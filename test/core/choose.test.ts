// Which view a set of promises allows, or why none. One line a case: promises, what else, the choice.
import t from 'tap'
import { chooseView } from '../../src/core/choose.ts'
import type { NodePromise } from '../../src/core/messages.ts'
import type { DurableState, Group, NodeId } from '../../src/core/types.ts'
import { few, input, promises, START, table, VIEWS } from './choose-words.ts'
import { A, addressOf, ballot, ballotText, node, state, view, waitsFor } from './words.ts'

const LOST_BC = waitsFor('10.0.0.11:80 and 10.0.0.12:80')

table('the first view: whoever asks leads, the best candidate is second', [
  ['A', {}, 'A+ | A'],
  ['A B', {}, 'A+ B- | AB'],
  ['A B C', { candidates: 'CB' }, 'A+ C- | ABC'],
  ['A B C', { me: 'B', candidates: 'AC' }, 'B+ A- | ABC'],
  ['A3 B2', {}, 'A3+ B2- | AB'],
  ['A B', { candidates: '' }, 'A+ | AB'],
  ['A B', { candidates: 'C' }, 'A+ | AB'],
])

table('a witness is never a master, and counts for no copy', [
  ['A b', { candidates: 'B' }, 'A+ | AB'],
  ['A@v2 b@v2', {}, 'A+ | AB'],
  ['A@v2 b@v2 C', {}, 'A+ C- | ABC'],
  ['A b C', { minCopies: 'auto', candidates: '' }, 'A+ | ABC'],
  ['C b@w3', { me: 'C' }, `wait: ${LOST_BC}`],
])

table('who stops in order stays beside the others until its successor is in sync', [
  ['A@v2 B@v2~', {}, 'A+ | A'],
  ['A@v2 B@v2~ C', {}, 'A+ B+ C- | ABC'],
  ['A@v2 B@v2~ C', { candidates: '' }, 'A+ | AC'],
  ['A@v2 B@v2~ C~', { candidates: '' }, 'A+ | A'],
  ['A@v2~ B@v2', {}, 'A+ B+ | AB'],
  ['A@v2~ B@v2~', {}, 'A+ | A'],
  ['A@v2 B@v2 C~', {}, 'A+ B+ | AB'],
  ['A@v2 B@v2 C!f1~', {}, 'A+ B+ | ABC merges 1C of C'],
  ['A@v2 B@v2 C@w3~', { heard: 3 }, `nudge C`],
  ['A@v2 B@v2~', { minCopies: 2 }, few('2', 2, 2)],
])

table('a primary that has nothing under way hands over to a master that is in sync at once', [
  ['A@v2= B@v2', { me: 'B', isHandoff: true }, 'B+ A+ | AB'],
  ['A@v2 B@v2', { me: 'B', isHandoff: true }, 'B+ A- | AB'],
  ['A@v2= B@v2', { me: 'B' }, 'defer to A'],
  ['A2@v2= B@v2', { me: 'B', isHandoff: true }, 'B+ A2- | AB'],
])

table('who left and held nothing, and who is forgotten, is in no roster', [
  ['A@w4 B@w4', { departed: 'C' }, 'A+ B+ | AB'],
  ['A@w4 B@w4', { wish: { kind: 'forget', id: node('C') } }, 'A+ B+ | AB'],
  ['A@w4 B@w4 C@w4', { departed: 'C' }, 'A+ B+ | ABC'],
  ['A@w4 B@w4', {}, 'A+ B+ | ABC'],
])

table('who holds what another side acknowledged is in the roster, though it is away', [
  ['A@v2 B@v2 D@f1', {}, 'A+ B+ | ABCDE'],
  ['A@v2 B@v2 D@f1', { departed: 'C' }, 'A+ B+ | ABCDE'],
  ['A@v2 B@v2 D@f1', { wish: { kind: 'forget', id: node('C') } }, 'A+ B+ | ABDE'],
  ['A@v2 B@v2 D@f1', { rules: { holdersAwayAreMembers: false } }, 'A+ B+ | ABD'],
  // One that is here is asked for what it holds.
  ['A@v2 B@v2 C@f1 D@f1', {}, 'A+ B+ | ABCD merges 1C of C'],
  // The base has everything of it.
  ['A@w3 B@w3', { me: 'B' }, 'B+ A- | ABC'],
  // A new beginning owes nothing to what was given up.
  ['C@u8 E@v2', { me: 'C' }, 'C+ E- | CDE'],
])

table('what an operator has given up is not waited for, but what was built since is', [
  ['C@u7? E@v2', { me: 'C' }, 'C+ E- | CDE'],
  ['C@u8? E@v2', { me: 'C' }, 'C+ E- | CDE'],
  ['C@u7 E@x8', { me: 'C' }, `wait: ${waitsFor('10.0.0.13:80 and 10.0.0.11:80')}`],
])

const agreed = (counts: string): string =>
  `wait: ${counts} nodes in sight have agreed on masters so far: try again`

table('every view needs the promises of more than half of the nodes heard', [
  ['A', { heard: 1 }, 'A+ | A'],
  ['A', { heard: 2 }, agreed('1 of 2')],
  ['A B', { heard: 3 }, 'A+ B- | AB'],
  ['A B', { heard: 4 }, agreed('2 of 4')],
  ['A@v1', { heard: 1 }, 'A+ | A'],
  ['A@v1', { heard: 2 }, agreed('1 of 2')],
  ['C B@v2', { me: 'C', heard: 4 }, agreed('2 of 4')],
  ['A@v1', { heard: 2, rules: { viewNeedsMostOfHeard: false } }, 'A+ | A'],
])

const LOST_D = waitsFor('10.0.0.13:80')
const LOST_A = waitsFor('10.0.0.10:80')

table('a view is built on the newest one reported, never on an older one', [
  ['A@v2 B@v2', {}, 'A+ B+ | AB'],
  ['A@v2 B@w3 C@w3', {}, 'nudge B C'],
  ['A@v2 D@w3', {}, `wait: ${LOST_BC}`],
  ['B@v2 C@v4', { me: 'B' }, `wait: ${LOST_A}`],
  ['B@v3 C', { me: 'B' }, `wait: ${LOST_A}`],
  ['B C@v1', { me: 'B' }, `wait: ${LOST_A}`],
])

table('a view that its proposer never saw act does not stand above one that acted', [
  ['A@v4 B@x5?', {}, 'A+ B- | AB'],
  ['A@v4 B@x5', {}, 'nudge B'],
  ['A@v4 B@x5?', { rules: { onlyActedViewsCount: false } }, 'nudge B'],
  // Somebody else took it over, but B itself says that it never acted.
  ['A@v4 C@x5 B', {}, 'A+ B- | ABC'],
  // B does not say so: it may have acted.
  ['A@v4 C@x5', {}, 'nudge C'],
  // Two of them, and both hold what was before.
  ['A@v2 B@x5?', { me: 'B' }, 'B+ A- | ABC'],
])

table('only a holder of the newest view leads the next one', [
  ['C A@v2 B@v2', { me: 'C' }, 'nudge A B'],
  ['B@v3 A@v3', { me: 'B' }, 'nudge A'],
  ['C B@v3 A2@v3', { me: 'C' }, 'nudge A'],
  ['C A@v2 B@v2', { me: 'C', rules: { onlyHolderProposes: false } }, 'C+ A- | ABC'],
])

table('a master that restarted lets one that did not go first, once', [
  ['A2@v2 B@v2', {}, 'defer to B'],
  ['A2@v2 B@v2', { hasDeferred: true }, 'A2+ B- | AB'],
  ['A2@v2 B@v2', { isHandoff: true }, 'A2+ B- | AB'],
  ['A2@v2 B@v2', { me: 'B' }, 'B+ A2- | AB'],
  ['A2@v2 B2@v2', {}, 'A2+ B2- | AB'],
  ['A2@v2 B', {}, 'A2+ B- | AB'],
  ['A2@v2 B@v2', { rules: { restartedDefers: false } }, 'A2+ B- | AB'],
])

table('a node that owes the newest data is its holder', [
  ['D C@v4!w3', { me: 'D' }, 'nudge C'],
  ['A@v2!f1 B@v2', {}, 'A+ B+ | AB merges 1C of A'],
])

table('a lineage goes on after a while without newer data, unless a syncing master holds some', [
  ['B@v2 D@v4', { me: 'B' }, `wait: ${LOST_A}`],
  ['B@v2 D@v4', { me: 'B', mayLeave: true }, 'B+ D- | ABD'],
  ['A@v1 C@v5', { mayLeave: true }, `stuck: ${LOST_D}`],
  ['D@v4', { me: 'D', mayLeave: true }, `wait: ${LOST_A}`],
  // Never active: its proposer saw no acceptance, or a master of it never accepted it.
  ['A@v1 C@v2', {}, 'A+ C- | AC'],
  ['A@v4? B@v2', {}, 'A+ B- | AB'],
])

table('newer data whose holder was here a moment ago is waited for', [
  ['B@v2', { me: 'B' }, 'B+ | AB'],
  ['B@v2', { me: 'B', glimpsed: 'B@v2 A@v4' }, `wait: ${LOST_A}`],
  ['B@v2', { me: 'B', glimpsed: 'B@v2 A@v4', mayLeave: true }, `wait: ${LOST_A}`],
  ['B@v2', { me: 'B', glimpsed: 'B@v2 A@v4', rules: { glimpsesCount: false } }, 'B+ | AB'],
  ['B', { me: 'B', glimpsed: 'A@v4 B' }, `wait: ${LOST_A}`],
  // Nobody held it: that is reported again by whoever knows it, or it is waited for no longer.
  ['B@v2', { me: 'B', glimpsed: 'B@v2 D@v4' }, 'B+ | AB'],
  // Its proposer said that it never acted, and now that one is gone.
  ['B@v2', { me: 'B', glimpsed: 'B@v2 A@v4?' }, 'B+ | AB'],
  // What is here contains it, or is a fork of it already.
  ['B@x5', { me: 'B', glimpsed: 'B@v2 A@v2' }, 'B+ | ABC'],
  ['B@w3', { me: 'B', glimpsed: 'B@w3 A@v4' }, 'B+ | ABC'],
])

table('other lineages that are held here are merged into the highest', [
  ['A@v4 B@w3 C@w3', {}, 'A+ | ABC merges 3B of BC'],
  ['B@w3 C@w3 A@v4', { me: 'B' }, 'nudge A'],
  ['A@v4 D@w3', {}, 'A+ D- | ABCD'],
  ['A@v4 C@v4!w3 B@v4!v2', {}, 'A+ B- | ABC merges 3B of C'],
  ['A@v4 B@w3 D!f1', {}, 'A+ | ABD merges 3B of B merges 1C of D'],
  // What a view lists is kept while a holder may come back, and is gone once it was merged.
  ['A@m5 B', {}, 'A+ B- | AB merges 3B of C'],
  ['A@m5 B', { gone: 'C' }, 'A+ B- | AB'],
  ['A@m5 C!w3', {}, 'A+ | AC merges 3B of C'],
  ['A@m5 C!w3', { merged: '3B' }, 'A+ C- | AC'],
  ['A@v4 B@w3', { rules: { mergeForks: false } }, 'A+ B- | AB'],
])

table('the old primary may go on, once, in the same life', [
  ['B@v2 A@v2', { me: 'B' }, 'defer to A'],
  ['B@v2 A@v2', { me: 'B', hasDeferred: true }, 'B+ A- | AB'],
  ['B@v2 A2@v2', { me: 'B' }, 'B+ A2- | AB'],
  ['B@v2 C', { me: 'B' }, 'B+ C- | ABC'],
  ['A@v2 B@v2', { me: 'A' }, 'A+ B+ | AB'],
])

table('another master stays in sync only by the word of its own primary, both in the same life', [
  ['A@v2 B@v2', {}, 'A+ B+ | AB'],
  ['A@v2 B', {}, 'A+ B+ | AB'],
  ['A@v2 B2@v2', {}, 'A+ B2- | AB'],
  ['A2@v2 B@v2', { hasDeferred: true }, 'A2+ B- | AB'],
  ['B@v2 A@v2', { me: 'B', hasDeferred: true }, 'B+ A- | AB'],
  ['A@v3 B@v3', {}, 'A+ B- | AB'],
  [
    'A2@v2 B@v2',
    { hasDeferred: true, rules: { carryInSyncOnlyFromOwnView: false } },
    'A2+ B+ | AB',
  ],
])

table('a syncing master is in sync once it has said so in this very view and life', [
  ['A@v3 B@v3', { synced: '3AB' }, 'A+ B+ | AB'],
  ['A@v3 B@v3', { synced: '2AB' }, 'A+ B- | AB'],
  ['A@v3 B@v3', { synced: '3AC' }, 'A+ B- | AB'],
  ['A@v3 B2@v3', { synced: '3AB' }, 'A+ B2- | AB'],
  ['A2@v3 B@v3', { synced: '3AB' }, 'A2+ B- | AB'],
])

table(
  'vacancies go to surviving masters, then to candidates in their order, and only to promisers',
  [
    ['A@v2 C D', {}, 'A+ C- | ABCD'],
    ['A@v2 C D', { candidates: 'BDC' }, 'A+ D- | ABCD'],
    ['A@v2 B@v2 C', { candidates: 'C' }, 'A+ B+ | ABC'],
    ['A@v2 C', { candidates: 'AB' }, 'A+ | ABC'],
    ['B@w3 D C2@w3', { me: 'B', candidates: 'D' }, 'B+ C2- | ABCD'],
  ],
)

table('a syncing master without room for all keys leaves the view', [
  ['A@v3 B@v3', { tooSmall: 'B', candidates: '' }, 'A+ | AB'],
  ['A@v3 B@v3 C', { tooSmall: 'B', candidates: 'C' }, 'A+ C- | ABC'],
  ['A@v2 B@v2', { tooSmall: 'B' }, 'A+ B+ | AB'],
  ['A@v3 B@v3', { tooSmall: 'B', rules: { tooSmallStandsDown: false } }, 'A+ B- | AB'],
])

table('a node that owes data never mirrors', [
  ['A@v2 C!f1', {}, 'A+ | ABC merges 1C of C'],
  ['A@v2 C!f1 D', {}, 'A+ D- | ABCD merges 1C of C'],
  ['A@v2 B2@v2!f1', {}, 'A+ | AB merges 1C of B'],
  ['A@v2 B@v2!f1', {}, 'A+ B+ | AB merges 1C of B'],
  // Only where no write could be taken otherwise: its own data is safe from the stream.
  ['A@v2 C!f1', { minCopies: 2 }, 'A+ C- | ABC merges 1C of C'],
])

table('no view with fewer masters than a write needs copies', [
  ['A@v2', { minCopies: 'auto' }, 'A+ | AB'],
  ['A@v2', { minCopies: 1 }, 'A+ | AB'],
  ['A@v2', { minCopies: 2 }, few('1', 2, 2)],
  ['B@w3', { me: 'B', minCopies: 'auto' }, few('1', 3, 2)],
  ['B@w3', { me: 'B', minCopies: 1 }, 'B+ | ABC'],
  ['B@w3 D', { me: 'B', minCopies: 'auto' }, 'B+ D- | ABCD'],
  ['B@w3 D', { me: 'B', minCopies: 'auto', candidates: '' }, few('2', 4, 2)],
  ['A', { minCopies: 2 }, few('1', 1, 2)],
])

t.test('the view carries what its base knew, and starts where the proposer says', async (t) => {
  const choice = chooseView(input('A@v2 B@v2', {}))
  t.strictSame(choice, {
    kind: 'view',
    voterLists: [[], []],
    view: {
      ballot: ballot('9A'),
      roster: [A, node('B')].map((id) => ({ id, address: addressOf(id), isWitness: false })),
      forgotten: [],
      voters: [],
      groups: [
        {
          masters: VIEWS['v2']?.groups[0]?.masters,
          history: [ballot('1A'), ballot('2A'), ballot('9A')],
          merge: [],
        },
      ],
      start: START,
      partOf: [],
      isUnclean: false,
    },
  })
})

t.test('the history keeps the last 256 ballots, its own among them', async (t) => {
  const earlier = Array.from({ length: 256 }, (_, i) => `${i + 1}A`).join(' ')
  const given = input('A', {})
  const long = view('300A', 'A+', { history: earlier })
  const mine = { ...(given.promises.get(A) as NodePromise), state: state(long) }
  const choice = chooseView({ ...given, ballot: ballot('301A'), promises: new Map([[A, mine]]) })
  const history = choice.kind === 'view' ? choice.view.groups[0]?.history : []
  t.equal(history?.length, 256)
  t.strictSame(history?.slice(0, 1), [ballot('3A')])
  t.strictSame(history?.slice(-2), [ballot('300A'), ballot('301A')])
})

/** The history of A's next view, when A and B promise these states. */
function nextHistory(mine: DurableState, theirs: DurableState, merged: string[] = []): string[] {
  const given = input('A B', { candidates: '' })
  const promise = given.promises.get(A) as NodePromise
  const choice = chooseView({
    ...given,
    ballot: ballot('400A'),
    merged: merged.map(ballot),
    promises: new Map([
      [A, { ...promise, state: mine }],
      [node('B'), { ...promise, state: theirs }],
    ]),
  })
  if (choice.kind !== 'view') throw new Error(`no view: ${choice.kind}`)
  return choice.view.groups[0]?.history.map(ballotText) ?? []
}

t.test('what was merged is claimed by a history that was full', async (t) => {
  const earlier = Array.from({ length: 255 }, (_, i) => `${i + 1}A`).join(' ')
  const lost = view('299B', 'B+', { history: '298B' })
  const [group] = view('300A', 'A+', { history: earlier }).groups
  const lineage = {
    ballot: lost.ballot,
    holders: [node('B')],
    history: [ballot('298B'), lost.ballot],
  }
  const full = {
    ...view('300A', 'A+', { history: earlier }),
    groups: [{ ...(group as Group), merge: [{ ...lineage, partOf: [] }] }],
  }
  const owing = state(undefined, { owed: [lost] })
  const claimed = nextHistory(state(full), owing, ['299B'])
  t.equal(claimed.length, 256)
  t.strictSame(claimed.slice(0, 3), ['298B', '299B', '4A'])
  t.strictSame(claimed.slice(-2), [ballotText(full.ballot), ballotText(ballot('400A'))])
})

t.test('who owes a view that never acted is told that it has nothing to give', async (t) => {
  const base = view('4A', 'A+', { history: '2A' })
  // B proposed it to itself and another one, and was outbid.
  const idle = view('3B', 'B+ C+', { history: '2A' })
  const mine = state(base, { activated: base.ballot })
  t.strictSame(nextHistory(mine, state(undefined, { owed: [idle] })), ['3B', '2A', '4A', '400A'])
})

t.test(
  'the roster takes in every promiser up to 128 nodes, and the new address of a known one',
  async (t) => {
    const names = Array.from({ length: 128 }, (_, i) => (i + 256).toString(16))
    const roster = names
      .slice(0, 127)
      .map((name) => ({ id: node(name), address: 'old:1', isWitness: false }))
    const base = { ...view('5A', 'A+'), roster }
    const promise = { ...(promises('A').get(A) as NodePromise), state: state(base) }
    const got = new Map<NodeId, NodePromise>([
      [A, promise],
      [node('B'), { ...promise, state: state(undefined), address: 'b:1' }],
      [node('100'), { ...promise, state: state(undefined), address: 'new:1' }],
    ])
    const choice = chooseView({ ...input('A', {}), promises: got })
    const after = choice.kind === 'view' ? choice.view.roster : []
    t.equal(after.length, 128)
    t.strictSame(after[0], { id: A, address: addressOf(A), isWitness: false })
    t.equal(
      after.some((n) => n.id === node('B')),
      false,
    )
    t.strictSame(after[1], { id: node('100'), address: 'new:1', isWitness: false })
  },
)
