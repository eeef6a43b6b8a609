// Copies kept coherent: what proves them, what removes them, what a node asks for that it missed.
import t from 'tap'
import { keyHash } from '../../src/core/key-hash.ts'
import { COPY_FRESH_MS, FORWARD_PAUSE_MS, OWN_WRITE_MS } from '../../src/core/limits.ts'
import type { InvalidationRun, NodeResponse } from '../../src/core/messages.ts'
import type { Rules } from '../../src/core/rules.ts'
import type { StreamPosition, Version, View } from '../../src/core/types.ts'
import { type Call, Lab } from './lab.ts'
import { A, addressOf, B, ballot, ballotText, beat, C, entry, response } from './words.ts'
import { sender, state, version, view } from './words.ts'

const V2 = view('2A', 'A+ B+')

interface Heard {
  readonly committed?: number
  readonly echo?: number
  readonly holdsLease?: boolean
  readonly isActive?: boolean
}

/** A node with copies in a cluster of three, that has heard the primary once, at position 10. */
class Bench {
  readonly lab: Lab
  readonly calls: Call[] = []

  constructor(rules: Partial<Rules> = {}, begin = true) {
    this.lab = new Lab({ me: C, state: state(V2), rules })
    this.lab.meet(A, 0)
    this.lab.meet(B, 0)
    if (begin) this.hear(0, { committed: 10, echo: 0 })
  }

  get coherence() {
    return this.lab.parts.coherence
  }

  /** The primary's heartbeat; `echo`: the moment when the heartbeat was sent that it echoes. */
  hear(nowMs: number, heard: Heard, v: View = V2): void {
    const { committed = 10, echo, holdsLease = true, isActive = true } = heard
    const { leases } = this.lab.parts
    const number = echo === undefined ? undefined : leases.nextBeat(echo)
    const echoes = number === undefined ? [] : [{ node: 12, incarnation: 1, beat: number }]
    const from = v.groups[0]?.masters[0]?.id ?? A
    const words = beat(from, {
      ballot: v.ballot,
      promised: v.ballot,
      isActive,
      master: { committed: { stream: v.start.stream, seq: committed }, holdsLease, echoes },
    })
    leases.heard(sender(from), words)
    this.coherence.heard(words, nowMs)
    this.#collect()
  }

  invalidate(firstSeq: number, keys: string, nowMs = 0, stream = '2A'): void {
    this.coherence.invalidated({ kind: 'invalidation', ...run(stream, firstSeq, keys) }, nowMs)
    this.#collect()
  }

  /** Keeps a copy as an answer at this position lets it be kept. */
  keep(key: string, at: Version, position: StreamPosition, provenAtMs = 0): void {
    const runNow = this.coherence.runFor({ key, version: at, isAbsent: false, position })
    const known = { kind: 'entry', entry: entry(key, at) } as const
    this.lab.copies.set(key, { key, known, provenAtMs, run: runNow })
  }

  /** Ages of the copies held; `-`: none. */
  ages(nowMs: number, keys = 'k'): string {
    const age = (key: string): string => {
      const copy = this.lab.copies.get(key)
      return copy === undefined ? '-' : String(this.coherence.ageMs(copy, nowMs))
    }
    return keys.split('').map(age).join(' ')
  }

  /** What was asked: `2A@12`. */
  asked(): string {
    return this.calls
      .map(({ to, request }) => {
        const { stream, seq } = request.kind === 'missed' ? request.after : NOWHERE
        return `${to === addressOf(A) ? 'A' : 'B'}: ${ballotText(stream)}@${seq}`
      })
      .join(', ')
  }

  answer(answer: NodeResponse, nowMs: number): void {
    const call = this.calls.shift()
    if (call === undefined) throw new Error('nothing was asked')
    this.lab.answer(call, response(A, answer), nowMs)
    this.#collect()
  }

  #collect(): void {
    this.calls.push(...this.lab.calls('missed'))
  }
}

const NOWHERE: StreamPosition = { stream: ballot('0'), seq: 0 }
const at = (seq: number, stream = '2A'): StreamPosition => ({ stream: ballot(stream), seq })

/** One letter a key, all written at version 50. */
function run(stream: string, firstSeq: number, keys: string): InvalidationRun {
  const items = keys.split('').map((key) => ({ keyHash: keyHash(key), version: version(50) }))
  return { stream: ballot(stream), firstSeq, items: keys === '' ? [] : items }
}

t.test('a heartbeat proves the copies as of the beat of ours that it echoes', async (t) => {
  const bench = new Bench()
  bench.keep('k', version(5), at(10))
  bench.hear(600, { echo: 400 })
  t.equal(bench.ages(1000), '600')
  const copy = bench.lab.copies.get('k')
  if (copy === undefined) throw new Error('no copy')
  t.equal(bench.coherence.mayServe(copy, 400 + COPY_FRESH_MS), true)
  t.equal(bench.coherence.mayServe(copy, 401 + COPY_FRESH_MS), false)
})

t.test('what proves nothing', async (t) => {
  const cases: readonly (readonly [string, Heard, View?])[] = [
    ['a primary without its lease', { echo: 400, holdsLease: false }],
    ['a heartbeat without our echo', {}],
    ['a node that is no active primary', { echo: 400, isActive: false }],
    ['the primary of another view than this node’s', { echo: 400 }, view('1A', 'A+ B+')],
  ]
  for (const [title, heard, v] of cases) {
    const bench = new Bench()
    bench.keep('k', version(5), at(10))
    bench.hear(600, heard, v)
    t.equal(bench.ages(1000), '1000', title)
  }
})

t.test('an invalidation drops the copy, unless it is as new', async (t) => {
  const bench = new Bench()
  bench.keep('a', version(49), at(10))
  bench.keep('b', version(50), at(11))
  bench.keep('c', version(49), at(10))
  bench.lab.copies.set('d', { key: 'd', known: { kind: 'absent' }, provenAtMs: 0, run: 1 })
  bench.invalidate(11, 'abd')
  t.equal(bench.ages(5, 'abcd'), '- 5 5 -')
  t.strictSame(bench.coherence.position, at(13))
  t.equal(bench.asked(), '')
})

t.test('a gap: what comes after it waits, what is missing is asked for', async (t) => {
  const bench = new Bench()
  for (const key of 'abc') bench.keep(key, version(5), at(10))
  bench.invalidate(13, 'c', 1)
  t.equal(bench.ages(5, 'abc'), '5 5 5')
  t.equal(bench.asked(), 'A: 2A@10')
  bench.invalidate(12, 'b', 2)
  t.equal(bench.asked(), 'A: 2A@10', 'one question at a time')
  bench.answer({ kind: 'missed', runs: [run('2A', 11, 'a')] }, 3)
  t.equal(bench.ages(5, 'abc'), '- - -')
  t.strictSame(bench.coherence.position, at(13))
})

t.test('a proof beyond a gap counts once the gap is closed', async (t) => {
  const bench = new Bench()
  bench.keep('k', version(5), at(10))
  bench.hear(600, { committed: 12, echo: 500 })
  t.equal(bench.ages(700), '700')
  t.equal(bench.asked(), 'A: 2A@10')
  bench.answer({ kind: 'missed', runs: [run('2A', 11, 'xy')] }, 650)
  t.equal(bench.ages(700), '200')
})

t.test('a position that the primary has forgotten: nobody watches over the copies', async (t) => {
  const bench = new Bench()
  bench.keep('k', version(5), at(10))
  bench.hear(600, { committed: 9999, echo: 500 })
  bench.answer({ kind: 'forgotten' }, 650)
  t.equal(bench.coherence.position, undefined)
  bench.hear(850, { committed: 9999, echo: 800 })
  t.equal(bench.ages(900), '900', 'a later proof is not theirs')
  bench.keep('l', version(5), at(9999), 850)
  bench.hear(1100, { committed: 9999, echo: 1050 })
  t.equal(bench.ages(1100, 'kl'), '1100 50')
})

t.test('a question that fails is asked again, a moment later', async (t) => {
  const bench = new Bench()
  bench.invalidate(12, 'b', 1)
  bench.answer({ kind: 'unable', reason: '' }, 10)
  bench.invalidate(13, 'c', 10 + FORWARD_PAUSE_MS - 1)
  t.equal(bench.asked(), '')
  bench.invalidate(14, 'd', 10 + FORWARD_PAUSE_MS)
  t.equal(bench.asked(), 'A: 2A@10')
})

t.test('a new primary’s stream is followed from where it continues the old one', async (t) => {
  const cases: readonly (readonly [
    string,
    StreamPosition | undefined,
    StreamPosition | undefined,
    string,
  ])[] = [
    ['exactly there', at(10), at(0, '3B'), ''],
    ['this node missed the end of the old one', at(12), at(10), 'B: 2A@10'],
    ['this node knows more than the new primary: another history', at(9), at(4, '3B'), ''],
    ['of another stream', at(10, '1C'), at(10), 'B: 2A@10'],
    ['of none', undefined, at(10), 'B: 2A@10'],
  ]
  for (const [title, continues, expected, asked] of cases) {
    const bench = new Bench()
    bench.keep('k', version(5), at(10))
    const next = view('3B', 'B+ A+', { history: '2A', ...(continues && { continues }) })
    bench.lab.parts.standing.accept(next, 1, () => {})
    bench.lab.take()
    bench.hear(2, { committed: expected?.seq === 4 ? 4 : 0, echo: 2 }, next)
    t.strictSame(bench.coherence.position, expected, title)
    t.equal(bench.asked(), asked, title)
  }
})

t.test('the missing end of an old stream, and the new one after it', async (t) => {
  const bench = new Bench()
  for (const key of 'abk') bench.keep(key, version(5), at(10))
  const next = view('3B', 'B+ A+', { history: '2A', continues: at(11) })
  bench.lab.parts.standing.accept(next, 1, () => {})
  bench.hear(2, { committed: 1, echo: 2 }, next)
  bench.answer({ kind: 'missed', runs: [run('2A', 11, 'a'), run('3B', 1, 'b')] }, 3)
  t.equal(bench.ages(5, 'abk'), '- - 5')
  t.strictSame(bench.coherence.position, at(1, '3B'))
})

t.test('commits of a stream that this node is not in are not counted', async (t) => {
  const bench = new Bench()
  bench.keep('a', version(5), at(10))
  bench.invalidate(11, 'a', 1, '1C')
  t.equal(bench.ages(5, 'a'), '5')
  t.strictSame(bench.coherence.position, at(10))
})

t.test('an answer from before a write that this node heard of is no answer', async (t) => {
  const bench = new Bench()
  bench.invalidate(11, 'k')
  const cases: readonly (readonly [string, Version | '', boolean, StreamPosition, boolean])[] = [
    ['an older entry', version(49), false, at(99), true],
    ['the entry written', version(50), false, at(1), false],
    ['a newer entry', version(51), false, at(1), false],
    ['its tombstone', version(50), true, at(1), false],
    ['nothing, from before the write', '', true, at(10), true],
    ['nothing, from after the write: it expired', '', true, at(11), false],
    ['nothing, from another stream', '', true, at(11, '1C'), true],
  ]
  for (const [title, of, isAbsent, position, expected] of cases) {
    const word = { key: 'k', version: of, isAbsent, position }
    t.equal(bench.coherence.isOutdated(word, 5), expected, title)
  }
  const other = { key: 'l', version: version(1), isAbsent: false, position: at(1) }
  t.equal(bench.coherence.isOutdated(other, 5), false)
})

t.test('a node reads its own writes', async (t) => {
  const bench = new Bench()
  bench.coherence.wrote('k', version(50), 100)
  const old = { key: 'k', version: version(49), isAbsent: false, position: at(10) }
  t.equal(bench.coherence.isOutdated(old, 101), true)
  t.equal(bench.coherence.isOutdated(old, 101 + OWN_WRITE_MS), false, 'such an answer is too old')
  const expired = { key: 'k', version: '', isAbsent: true, position: at(10) }
  t.equal(bench.coherence.isOutdated(expired, 101), false, 'a master of this stream says so')
  t.equal(bench.coherence.isOutdated({ ...expired, position: at(10, '1C') }, 101), true)
})

t.test('a master follows nothing: it has the stream itself', async (t) => {
  const bench = new Bench()
  const promoted = view('3A', 'A+ C-', { history: '2A' })
  bench.lab.parts.standing.accept(promoted, 1, () => {})
  bench.hear(2, { committed: 12, echo: 2 }, promoted)
  t.equal(bench.coherence.position, undefined)
  t.equal(bench.asked(), '')
})

t.test('an answer is watched over only if no invalidation can have passed it by', async (t) => {
  const bench = new Bench()
  const runAt = (position: StreamPosition): number =>
    bench.coherence.runFor({ key: 'k', version: version(5), isAbsent: false, position })
  t.equal(runAt(at(10)), 1)
  t.equal(runAt(at(99)), 1, 'what is missing up to there will come')
  t.equal(runAt(at(9)), 0, 'before this node began to listen')
  t.equal(runAt(at(10, '1C')), 0, 'of another stream')
  const deaf = new Bench({}, false)
  t.equal(deaf.coherence.runFor({ key: 'k', version: '', isAbsent: true, position: at(10) }), 0)
})
