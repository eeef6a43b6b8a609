// A primary that merges another side's lineage: what it asks its holder, what it takes, when it is done.
import t from 'tap'
import { BUCKETS, MERGE_PAUSE_MS } from '../../src/core/limits.ts'
import type { StreamRecord, TravelEntry } from '../../src/core/messages.ts'
import type { EntryHead } from '../../src/core/pages.ts'
import { toTravel } from '../../src/core/travel.ts'
import type { Entry, View } from '../../src/core/types.ts'
import { onlyGroup } from '../../src/core/view.ts'
import { type Call, Lab, type LabOptions, primaryLab } from './lab.ts'
import { B, ballot, C, command, entry, LATE, response, state, version, view } from './words.ts'
import { fingerprint } from './words.ts'

const V2 = view('2A', 'A+', { history: '1A', clock: version(200) })
/** B's side, since 1A. */
const W3 = view('3B', 'B+', { history: '1A' })
/** When B's side began, as B says. */
const BEGUN = version(250)
const M5 = merging(view('5A', 'A+', { history: '1A 2A', clock: version(500) }), W3)

function merging(into: View, from: View): View {
  const { history } = onlyGroup(from)
  const lineage = { ballot: from.ballot, holders: [B], history, partOf: from.partOf }
  return { ...into, groups: [{ ...onlyGroup(into), merge: [lineage] }] }
}

function mergingLab(mine: readonly Entry[], options: Partial<LabOptions> = {}): Lab {
  const lab = primaryLab(V2, { entries: mine, ...options })
  lab.parts.beginnings.follow(V2, [])
  lab.meet(B, 0, { lineages: [ballot('3B')] })
  lab.parts.standing.accept(M5, 0, () => {})
  lab.parts.beginnings.follow(M5, [])
  lab.parts.standing.activate(0)
  lab.settle(0)
  lab.take()
  lab.parts.merge.tick(0)
  return lab
}

const head = (it: Entry): { kind: 'head'; head: EntryHead } => ({
  kind: 'head',
  head: {
    key: it.key,
    version: it.version,
    isTombstone: it.content.kind === 'tombstone',
    valueBytes: it.content.kind === 'value' ? it.content.bytes.length : 0,
  },
})

function answer(
  lab: Lab,
  call: Call,
  theirs: readonly Entry[],
  { nowMs = 1000, begun = BEGUN } = {},
): void {
  const { request } = call
  if (request.kind === 'heldDigest') {
    const digest = new Uint8Array(BUCKETS * 8).fill(theirs.length === 0 ? 0 : 1)
    lab.answer(call, response(B, { kind: 'heldDigest', digest, begun }), nowMs)
  } else if (request.kind === 'heldPage') {
    const items = theirs.map(head)
    lab.answer(call, response(B, { kind: 'page', items, end: undefined }), nowMs)
  } else if (request.kind === 'heldFetch') {
    const entries: TravelEntry[] = theirs
      .filter((it) => request.keys.includes(it.key))
      .map((it) => toTravel(it, 0))
    lab.answer(call, response(B, { kind: 'entries', entries }), nowMs)
  }
}

/** Plays the holder until nothing is asked any more; returns the keys that were fetched. */
function play(lab: Lab, theirs: readonly Entry[], begun = BEGUN): string[] {
  const fetched: string[] = []
  for (let call = lab.calls()[0]; call !== undefined; call = lab.calls()[0]) {
    if (call.request.kind === 'heldFetch') fetched.push(...call.request.keys)
    answer(lab, call, theirs, { begun })
  }
  lab.settle(2)
  lab.parts.merge.tick(2)
  return fetched
}

const old = entry('old', version(100))
const mineNew = entry('both', version(310), { value: 'mine' })
const theirsNew = entry('both', version(300, 'B'), { value: 'theirs' })

t.test(
  'what is newer on the other side is taken, with its version; nothing else changes',
  async (t) => {
    const lab = mergingLab([old, entry('changed', version(100)), mineNew])
    const gone = entry('changed', version(320, 'B'), { value: undefined })
    const fetched = play(lab, [gone, theirsNew, entry('only', version(90, 'B'))])
    t.strictSame(fetched.sort(), ['both', 'changed', 'only'])
    t.strictSame(lab.store.get('changed')?.content, { kind: 'tombstone' })
    t.equal(lab.store.get('changed')?.version, gone.version)
    t.equal(lab.store.get('only')?.version, version(90, 'B'))
    t.strictSame(lab.store.get('both'), mineNew, 'ours is newer')
    t.strictSame(lab.store.get('old'), old, 'absent there, which says nothing')
    t.equal(lab.parts.merge.hasMerged(), true)
    t.strictSame(lab.parts.merge.merged(), [ballot('3B')])
  },
)

t.test(
  'a key that both sides wrote is a conflict, whoever wins; one that only one wrote is none',
  async (t) => {
    const lab = mergingLab([entry('a', version(250), { value: 'mine' }), mineNew, old])
    const winner = entry('a', version(260, 'B'), { value: 'theirs' })
    play(lab, [winner, theirsNew, entry('old', version(270, 'B'))])
    const found = lab.parts.merge.conflicts.list()
    t.strictSame(
      found.map((it) => [it.key, it.winner, it.loser.version]),
      [
        ['a', winner.version, version(250)],
        ['both', mineNew.version, theirsNew.version],
      ],
    )
    t.equal(lab.parts.merge.conflicts.total, 2)
    t.strictSame(lab.store.conflicts(), found, 'the store keeps them')
  },
)

t.test('what the other side wrote before this one had its first view may lose too', async (t) => {
  const lab = mergingLab([entry('a', version(210), { value: 'mine' }), mineNew])
  // This side began at 200, and the other one says that it began at 150.
  play(lab, [entry('a', version(160, 'B')), entry('both', version(140, 'B'))], version(150))
  const found = lab.parts.merge.conflicts.list()
  t.strictSame(
    found.map((it) => [it.key, it.loser.version]),
    [['a', version(160, 'B')]],
    'at 140 the sides were still one',
  )
})

t.test('a holder says where its lineage began, also after a restart', async (t) => {
  const begun = (lab: Lab): unknown => {
    const request = { kind: 'heldDigest', ballot: ballot('5A'), lineage: ballot('4B') } as const
    lab.parts.mergeSource.take(request, 1, 0)
    const [answer] = lab.new('respond')
    return answer?.response.kind === 'heldDigest' ? answer.response.begun : answer?.response
  }
  const first = view('3B', 'B+', { history: '1A', clock: version(300) })
  const last = view('4B', 'B+', { history: '1A 3B', clock: version(400) })
  const merges = merging(view('5A', 'A+', { history: '1A 2A', clock: version(500) }), last)
  const lab = new Lab({ me: B, state: state(last, { activated: ballot('4B') }) })
  lab.parts.beginnings.follow(first, [])
  lab.parts.beginnings.follow(last, [])
  lab.parts.standing.accept(merges, 0, () => {})
  lab.parts.beginnings.follow(merges, lab.parts.standing.state.owed)
  t.equal(begun(lab), version(300))

  const again = new Lab({ me: B, state: lab.parts.standing.state })
  again.parts.beginnings.follow(merges, lab.parts.standing.state.owed)
  t.equal(begun(again), version(400), 'it knows only the last of its views')
})

t.test('equal digests end a merge at once', async (t) => {
  const lab = mergingLab([])
  t.strictSame(play(lab, []), [])
  t.equal(lab.parts.merge.hasMerged(), true)
})

t.test('a call without an answer is tried again after a pause, from where it was', async (t) => {
  const lab = mergingLab([])
  answer(lab, lab.call('heldDigest'), [theirsNew])
  lab.answer(lab.call('heldPage'), LATE, 1)
  lab.parts.merge.tick(1 + MERGE_PAUSE_MS - 1)
  t.strictSame(lab.calls(), [])
  lab.parts.merge.tick(1 + MERGE_PAUSE_MS)
  answer(lab, lab.call('heldPage'), [theirsNew])
  play(lab, [theirsNew])
  t.equal(lab.store.get('both')?.version, theirsNew.version)
})

t.test('what is not committed yet keeps a merge from being done', async (t) => {
  const lab = mergingLab([])
  for (const kind of ['heldDigest', 'heldPage', 'heldFetch']) {
    answer(lab, lab.call(kind), [theirsNew])
  }
  lab.parts.merge.tick(2)
  t.equal(lab.parts.merge.hasMerged(), false)
  lab.settle(2)
  lab.parts.merge.tick(3)
  t.equal(lab.parts.merge.hasMerged(), true)
})

t.test('a stream that was dropped begins the merge again', async (t) => {
  const lab = mergingLab([])
  play(lab, [theirsNew])
  lab.parts.merge.dropped()
  t.equal(lab.parts.merge.hasMerged(), false)
})

t.test('a read asks the other side first, and gives what is newer', async (t) => {
  const lab = mergingLab([entry('a', version(250), { value: 'mine' })])
  lab.take()
  t.equal(lab.parts.serving.mayServe('a', 1), false)
  const words: unknown[] = []
  const query = { key: 'a', strength: 'fresh' } as const
  lab.parts.serving.asPrimary(query, 1, (word) => words.push(word))
  answer(lab, lab.call('heldFetch'), [entry('a', version(260, 'B'), { value: 'theirs' })])
  lab.settle(2)
  t.match(words, [{ kind: 'master', entry: { version: version(260, 'B') } }])
})

t.test('a holder that does not answer keeps a read only so long', async (t) => {
  const lab = mergingLab([entry('a', version(250), { value: 'mine' })])
  lab.take()
  const words: unknown[] = []
  lab.parts.serving.asPrimary({ key: 'a', strength: 'fresh' }, 1, (word) => words.push(word))
  lab.answer(lab.call('heldFetch'), LATE, 2)
  t.match(words, [{ kind: 'master', entry: { version: version(250) } }])
})

t.test('a condition is judged by what the other side wrote too', async (t) => {
  const lab = mergingLab([])
  lab.take()
  const outcomes: unknown[] = []
  const create = command('a', { condition: { kind: 'absent' } })
  lab.parts.writes.submit(create, (outcome) => outcomes.push(outcome), 1)
  answer(lab, lab.call('heldFetch'), [entry('a', version(260, 'B'), { value: 'theirs' })])
  lab.settle(2)
  t.strictSame(outcomes, [{ kind: 'conflict', current: version(260, 'B') }])
})

t.test('a key written in the merging view needs no question', async (t) => {
  const lab = mergingLab([entry('a', version(501))])
  t.equal(lab.parts.merge.isSettled('a'), true)
  t.equal(lab.parts.merge.isSettled('b'), false)
})

t.test('a holder answers only for what it owes, to the primary of its view', async (t) => {
  const lab = new Lab({ me: B, state: state(M5, { owed: [W3] }), entries: [theirsNew] })
  const ask = (of: string, lineage: string, nowMs = 0): unknown => {
    const request = {
      kind: 'heldFetch',
      ballot: ballot(of),
      lineage: ballot(lineage),
      keys: ['both'],
    } as const
    lab.parts.mergeSource.take(request, 1, nowMs)
    return lab.new('respond')[0]?.response.kind
  }
  t.equal(ask('5A', '3B'), 'entries')
  t.equal(ask('4A', '3B'), 'fenced')
  t.equal(ask('5A', '2A'), 'fenced')
  const other = new Lab({ me: C, state: state(M5), entries: [theirsNew] })
  const request = { kind: 'heldDigest', ballot: ballot('5A'), lineage: ballot('3B') } as const
  other.parts.mergeSource.take(request, 1, 0)
  t.equal(other.new('respond')[0]?.response.kind, 'fenced')
})

t.test('a master that owes data keeps what is newer than what the stream brings', async (t) => {
  const both = merging(view('5A', 'A+ B-', { history: '1A 2A' }), W3)
  for (const [rules, kept] of [
    [{}, version(300, 'B')],
    [{ owingMasterKeepsNewer: false }, version(290)],
  ] as const) {
    const lab = new Lab({ me: B, state: state(both, { owed: [W3] }), entries: [theirsNew], rules })
    const record = (it: Entry): StreamRecord => ({
      kind: 'entry',
      entry: toTravel(it, 0),
      write: { requestId: it.requestId, version: it.version, fingerprint: fingerprint('f') },
    })
    lab.parts.follower.replicate(
      {
        kind: 'replicate',
        ballot: ballot('5A'),
        firstSeq: 1,
        records: [record(entry('both', version(290))), record(entry('new', version(290)))],
        committedSeq: 0,
      },
      1,
      0,
    )
    lab.settle(0)
    t.equal(lab.store.get('both')?.version, kept)
    t.equal(lab.store.get('new')?.version, version(290))
    t.match(lab.new('respond'), [{ response: { kind: 'replicated', appliedSeq: 2 } }])
  }
})
