// What a syncing master keeps, owes and gives of a lineage whose holders are lost.
import t from 'tap'
import { chooseView } from '../../src/core/choose.ts'
import { NO_REQUEST } from '../../src/core/expiry.ts'
import { hasDeparted, mayLeaveRoster } from '../../src/core/leavers.ts'
import { OWED_MAX } from '../../src/core/limits.ts'
import type { StreamRecord } from '../../src/core/messages.ts'
import { partName, partOfView } from '../../src/core/syncing-part.ts'
import { toTravel } from '../../src/core/travel.ts'
import type { DurableState, Entry, View } from '../../src/core/types.ts'
import { sameBallot } from '../../src/core/view.ts'
import { VERSION_ZERO } from '../../src/core/version.ts'
import { Lab, type LabOptions } from './lab.ts'
import { input, table } from './choose-words.ts'
import { A, B, ballot, C, entry, state, version, view, waitsFor } from './words.ts'

const V2 = view('2A', 'A+ B-', { history: '1A' })
const V3 = view('3A', 'A+ B-', { history: '1A 2A' })
/** Made without V2. */
const W3 = view('3C', 'C+ B-', { history: '1A' })
const old = entry('old', version(20))
const PART = { since: version(20), isWhole: true }
const OWED = partOfView(V2, B, PART)

function labOf(accepted: View | undefined, options: Partial<LabOptions> = {}): Lab {
  const lab = new Lab({ me: B, state: state(accepted), entries: [old], ...options })
  lab.settle(0)
  return lab
}

function partAfter(before: DurableState, views: readonly View[]): unknown {
  const lab = labOf(undefined, { state: before })
  for (const v of views) lab.parts.standing.accept(v, 0, () => {})
  return lab.parts.standing.state.part
}

t.test('a name is of one node and one view, and no node has it as its id', async (t) => {
  const names = [partName(ballot('2A'), B), partName(ballot('2A'), C), partName(ballot('2B'), B)]
  t.equal(new Set(names.map((name) => name.proposer)).size, 3)
  t.strictSame(names[0], partName(ballot('2A'), B))
  t.match(names[0]?.proposer, /^[0-9a-f]{16}$/)
  t.equal(names[0]?.epoch, 2)
})

t.test(
  'a part that cannot be told is the whole store where an operator forced a view',
  async (t) => {
    const owedAfter = (isWhole: boolean, isUnclean: boolean): unknown => {
      const before = state(V2, { part: { since: version(7), isWhole } })
      const lab = labOf(undefined, { state: before, entries: [entry('new', version(30))] })
      lab.parts.standing.accept({ ...W3, isUnclean }, 0, () => {})
      return lab.parts.standing.state.owed.map((owed) => owed.start.clock)
    }
    t.strictSame(owedAfter(true, false), [version(7)])
    t.strictSame(owedAfter(false, false), [version(7)])
    t.strictSame(owedAfter(true, true), [version(7)])
    t.strictSame(owedAfter(false, true), [VERSION_ZERO])
  },
)

t.test('a part begins with the first of a row of views in which its node is syncing', async (t) => {
  const early = { since: version(7), isWhole: true }
  const broken = { since: version(7), isWhole: false }
  t.strictSame(partAfter(state(undefined), [V2]), PART)
  t.strictSame(partAfter(state(V2, { part: early }), [V3]), early)
  t.strictSame(partAfter(state(V2, { part: broken }), [V3]), broken)
  t.strictSame(partAfter(state(V2, { part: early }), [view('3A', 'A+ B+', {})]), undefined)
  t.strictSame(partAfter(state(V2, { part: early }), [view('3A', 'A+ C-', {})]), undefined)
  const between = view('3A', 'A+ C-', { history: '1A 2A' })
  const again = view('4A', 'A+ B-', { history: '1A 2A 3A' })
  t.strictSame(partAfter(state(V2, { part: early }), [between, again]), PART, 'not in a row')
  const whole = view('2A', 'A+ B+', { history: '1A' })
  t.strictSame(
    partAfter(state(whole), [W3]),
    { since: VERSION_ZERO, isWhole: true },
    'what it owes as a whole is in its store, and may come by the stream',
  )
  t.strictSame(partAfter(state(V2, { part: early }), [W3]), early, 'and so is a part that it owes')
  t.strictSame(
    partAfter(state(whole), [V3]),
    { since: VERSION_ZERO, isWhole: true },
    'it was restarted: all that it stores is of the view in which it was in sync',
  )
})

t.test(
  'a part is owed once a view lacks it, and until one has it or all of the view',
  async (t) => {
    const syncing = state(V2, { part: PART })
    const came = entry('new', version(21))
    const owes = (views: readonly View[], options: Partial<LabOptions> = {}): string[] => {
      const lab = labOf(undefined, { state: syncing, entries: [old, came], ...options })
      for (const v of views) lab.parts.standing.accept(v, 0, () => {})
      return lab.parts.standing.state.owed.map((v) =>
        sameBallot(v.ballot, OWED.ballot) ? 'part' : '?',
      )
    }
    const withName = view('5C', 'C+', { history: '1A 3C' })
    const brought = {
      ...withName,
      groups: withName.groups.map((g) => ({ ...g, history: [OWED.ballot, ...g.history] })),
    }
    t.strictSame(owes([V3]), [], 'the view is in the history')
    t.strictSame(owes([W3]), ['part'])
    t.strictSame(owes([view('3C', 'C+', { history: '1A' })]), ['part'], 'no master any more')
    t.strictSame(owes([view('3C', 'C+', { history: '1A' }), withName]), ['part'])
    t.strictSame(owes([view('3C', 'C+', { history: '1A' }), brought]), [])
    t.strictSame(
      owes([view('3C', 'C+', { history: '1A' }), view('5A', 'A+', { history: '2A' })]),
      [],
    )
    t.strictSame(owes([W3], { rules: { partsAreOwed: false } }), [])
    t.strictSame(owes([W3], { entries: [old] }), [], 'nothing has come yet')
    const broken = state(V2, { part: { ...PART, isWhole: false } })
    t.strictSame(
      owes([W3], { entries: [old], state: broken }),
      ['part'],
      'it cannot be told from the old',
    )
  },
)

t.test('heartbeats name a part that is owed, and nobody leads with it', async (t) => {
  const { standing } = labOf(undefined, { state: state(W3, { owed: [OWED] }) }).parts
  t.strictSame(standing.lineages(), [OWED.ballot])
  t.strictSame(standing.wholeLineages(), [])
})

t.test('of a part only what is above its beginning is given', async (t) => {
  const entries = [old, entry('new', version(21)), entry('same', version(20, 'B'))]
  const given = (owed: View, rules: LabOptions['rules'] = {}): string[] => {
    const lab = labOf(undefined, { state: state(W3, { owed: [owed] }), entries, rules })
    const about = { ballot: ballot('3C'), lineage: owed.ballot }
    const keys = ['new', 'old', 'same']
    const { mergeSource } = lab.parts
    mergeSource.take({ kind: 'heldFetch', ...about, keys }, 1, 0)
    const wanted = new Uint8Array(8192).fill(255)
    mergeSource.take({ kind: 'heldPage', ...about, after: undefined, wanted }, 2, 0)
    return lab.new('respond').map(({ response }) => {
      if (response.kind === 'entries') return response.entries.map((it) => it.key).join(' ')
      if (response.kind !== 'page') return response.kind
      return response.items.map((it) => (it.kind === 'head' ? it.head.key : '?')).join(' ')
    })
  }
  t.strictSame(given(OWED), ['new same', 'new same'])
  t.strictSame(given(view('2A', 'A+ B+')), ['new old same', 'new old same'])
  t.strictSame(given(OWED, { partsLeaveOutOldEntries: false }), ['new old same', 'new old same'])
})

t.test(
  'what the stream brings from below the beginning makes a part incomplete, durably',
  async (t) => {
    const bring = (it: Entry): unknown => {
      const lab = labOf(undefined, { state: state(V2, { part: PART }) })
      const records: StreamRecord[] = [{ kind: 'entry', entry: toTravel(it, 0), write: undefined }]
      const about = { ballot: ballot('2A'), firstSeq: 1, committedSeq: 0 }
      lab.parts.follower.replicate({ kind: 'replicate', ...about, records }, 1, 0)
      const [first] = lab.new('store').flatMap(({ changes }) => changes)
      return first?.kind === 'state' ? first.state.part?.isWhole : first?.kind
    }
    const end = { ...entry('a', version(5), { value: undefined }), requestId: NO_REQUEST }
    t.equal(bring(entry('a', version(21))), 'put')
    t.equal(bring(entry('a', version(20))), false, 'before the entry itself is stored')
    t.equal(bring(end), 'put', 'the end of an entry by time is known elsewhere')
  },
)

t.test('a master with a part that is owed does not mirror', async (t) => {
  const lab = labOf(undefined, { state: state(W3, { owed: [OWED] }) })
  lab.meet(C, 0)
  lab.take()
  lab.parts.mirror.tick(0)
  t.strictSame(lab.calls(), [])
  const free = labOf(W3)
  free.meet(A, 0)
  free.meet(C, 0)
  free.take()
  free.parts.mirror.tick(0)
  t.equal(free.calls().length, 1)
})

const LOST_D = waitsFor('10.0.0.13:80')

table('what a syncing master has of a view is merged, and nothing is built on it', [
  ['A@v1 C@v5*', {}, `wait: ${LOST_D}`],
  ['A@v1 C@v5*', { mayLeave: true }, 'A+ | ACD merges part of 5D of C'],
  ['A@v1 C2@v5*', { mayLeave: true, minCopies: 2 }, 'A+ C2- | ACD merges part of 5D of C'],
  ['A@v1 C@v5/', { mayLeave: true }, `stuck: ${LOST_D}`],
  // Nothing of it has come yet: there is nothing to merge, but the view is waited for all the same.
  ['A@v1 C@v5-', {}, `wait: ${LOST_D}`],
  ['A@v1 C@v5-', { mayLeave: true }, 'A+ C- | ACD'],
  ['C@v5* A@v1', { me: 'C', mayLeave: true }, 'nudge A'],
  ['C@v5*', { me: 'C', mayLeave: true }, `wait: ${LOST_D}`],
  // Owed already, by a node that has followed another view since.
  ['A@w6 C@w6!c5', {}, 'A+ | AC merges part of 5D of C'],
  ['C!c5', { me: 'C' }, 'C+ | C'],
  // Nobody needs it where the view as a whole is held.
  ['D@v5 C@v5*', { me: 'D' }, 'D+ C- | ACD'],
  ['A@w6 C@w6!c5 D@v5', {}, 'A+ | ACD merges 5D of D'],
  ['A@v1 C@v5*', { mayLeave: true, rules: { partsAreOwed: false } }, 'A+ C- | ACD'],
])

t.test('a node that owes as much as it may is no syncing master again', async (t) => {
  for (const [debts, kind] of [
    [OWED_MAX - 2, 'view'],
    [OWED_MAX - 1, 'wait'],
  ] as const) {
    const given = input('A@v1 C@v5*', { mayLeave: true, minCopies: 2 })
    const promise = given.promises.get(C)
    t.ok(promise)
    if (promise === undefined) return
    const owed = Array.from({ length: debts }, () => OWED)
    const promises = new Map(given.promises).set(C, {
      ...promise,
      state: { ...promise.state, owed },
    })
    t.equal(chooseView({ ...given, promises }).kind, kind, `${debts} debts`)
  }
})

t.test('who leaves with a part of a view that the others lack stays in the roster', async (t) => {
  const promise = input('C@v5*~', {}).promises.get(C)
  t.ok(promise)
  if (promise === undefined) return
  t.equal(mayLeaveRoster(C, promise, view('6A', 'A+', { history: '1A' })), false)
  t.equal(mayLeaveRoster(C, promise, view('6A', 'A+', { history: '1A 5D' })), true)
  const without = { ...promise, isPartEmpty: true }
  t.equal(mayLeaveRoster(C, without, view('6A', 'A+', { history: '1A' })), true)

  const lab = labOf(undefined)
  const said = { beat: 1, ballot: ballot('5D') }
  const master = { committed: { stream: ballot('5D'), seq: 0 }, holdsLease: false, echoes: [] }
  for (const [more, departed] of [
    [{ ...said, master }, false],
    [{ ...said, master: undefined }, true],
  ] as const) {
    lab.meet(C, 0, more)
    const member = lab.parts.members.get(C)
    t.ok(member)
    if (member !== undefined) t.equal(hasDeparted({ ...member, phase: 'left' }), departed)
  }
})
