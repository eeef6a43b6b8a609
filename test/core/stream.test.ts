// The primary's stream: what goes out when, when a write is committed, and what becomes of the tail.
import t from 'tap'
import type { CallAnswer, NodeResponse } from '../../src/core/messages.ts'
import type { StreamEnd } from '../../src/core/stream.ts'
import type { View } from '../../src/core/types.ts'
import { type Call, type Lab, primaryLab } from './lab.ts'
import {
  B,
  ballot,
  BROKEN,
  bytes,
  C,
  entry,
  LATE,
  REFUSED,
  requestId,
  response,
  version,
  view,
} from './words.ts'

const V2 = view('2A', 'A+ B+')
const V4 = view('4A', 'A+ B+', { history: '2A' })

function acked(appliedSeq: number, isFull = false): NodeResponse {
  return { kind: 'replicated', appliedSeq, isFull }
}

class Bench {
  readonly lab: Lab
  readonly ends: string[] = []
  readonly calls: Call[] = []

  constructor(v: View = V2, minCopies: 1 | 2 = 1) {
    this.lab = primaryLab(v, { settings: { minCopies } })
  }

  append(key: string, nowMs = 0, bytes = 1): void {
    const written = entry(key, version(100 + nowMs), { value: 'x'.repeat(bytes) })
    const end = (result: StreamEnd, thenMs: number): void => {
      const copies = result.kind === 'committed' ? ` ${result.copies}` : ''
      this.ends.push(`${key} ${result.kind}${copies} at ${thenMs}`)
    }
    const write = { requestId: requestId(key), version: written.version, fingerprint: `f${key}` }
    this.lab.parts.stream.append({ entry: written, write }, end)
    this.lab.turn(nowMs)
  }

  /** `B 1: a b` for every open call: to whom, from where, which keys. */
  open(): string[] {
    this.calls.push(...this.lab.calls('replicate'))
    return this.calls.map(callText)
  }

  /** The oldest open call ends. */
  end(answer: CallAnswer | NodeResponse, nowMs: number): void {
    this.open()
    const call = this.calls.shift()
    if (call === undefined) throw new Error('no call is open')
    const isAnswer = ['response', 'refused', 'broken', 'late'].includes(answer.kind)
    const full = isAnswer ? (answer as CallAnswer) : response(B, answer as NodeResponse)
    this.lab.answer(call, full, nowMs)
  }
}

function callText({ to, request }: Call): string {
  if (request.kind !== 'replicate') return request.kind
  const keys = request.records
    .map((it) => (it.kind === 'entry' ? it.entry.key : `-${it.key}`))
    .join(' ')
  return `${to.replace('10.0.0.', '').replace(':80', '')} ${request.firstSeq}: ${keys}`
}

t.test('what is appended in one turn goes to the disk and to the others together', async (t) => {
  const bench = new Bench()
  const { stream } = bench.lab.parts
  const put = (key: string, at: number) =>
    stream.append({ entry: entry(key, version(at)), write: undefined }, () => {})
  put('a', 1)
  put('b', 2)
  stream.purge({ key: 'c', version: version(0) })
  t.equal(stream.newestOn('b')?.version, version(2), 'it is known before it goes')
  const effects = bench.lab.take()
  const stored = effects.flatMap((e) => (e.kind === 'store' ? [e.changes.length] : []))
  const sent = effects.flatMap((e) =>
    e.kind === 'call' && e.request.kind === 'replicate' ? [e.request.records.length] : [],
  )
  t.strictSame([stored, sent], [[3], [3]])
  put('d', 3)
  bench.lab.turn(0)
  t.strictSame(
    bench.lab.new('store').map(({ changes }) => changes.length),
    [1],
  )
})

t.test('committed only when every disk has it: the own one and every other master', async (t) => {
  /** Who is done in which order, and after which step the write is committed. */
  const orders: readonly (readonly ['own' | 'B', 'own' | 'B'])[] = [
    ['own', 'B'],
    ['B', 'own'],
  ]
  for (const order of orders) {
    const bench = new Bench()
    bench.append('a')
    t.strictSame(bench.open(), ['11 1: a'])
    for (const [i, who] of order.entries()) {
      t.strictSame(bench.ends, [], `before ${who}`)
      if (who === 'own') bench.lab.flush(10 + i)
      else bench.end(acked(1), 10 + i)
    }
    t.strictSame(bench.ends, ['a committed 2 at 11'])
    t.equal(bench.lab.parts.stream.committedSeq, 1)
    t.equal(bench.lab.parts.stream.pendingCount, 0)
    t.equal(bench.lab.parts.stream.pendingBytes, 0)
  }
})

t.test('a call says everything that a master needs', async (t) => {
  const bench = new Bench()
  bench.append('a')
  const { request, timeoutMs } = bench.lab.call('replicate')
  t.equal(timeoutMs, 500)
  t.strictSame(request, {
    kind: 'replicate',
    ballot: ballot('2A'),
    firstSeq: 1,
    committedSeq: 0,
    records: [
      {
        kind: 'entry',
        entry: {
          key: 'a',
          version: version(100),
          ttlLeftMs: undefined,
          requestId: '0'.repeat(32),
          content: { kind: 'value', bytes: bytes('x'), contentType: 'text/plain' },
        },
        write: { requestId: requestId('a'), version: version(100), fingerprint: 'fa' },
      },
    ],
  })
})

t.test('alone in its view a primary needs only its own disk', async (t) => {
  const bench = new Bench(view('2A', 'A+', { roster: 'A' }))
  bench.append('a')
  t.strictSame(bench.open(), [])
  bench.lab.flush(3)
  t.strictSame(bench.ends, ['a committed 1 at 3'])
})

t.test('with fewer masters than min-copies nothing is committed', async (t) => {
  const bench = new Bench(view('2A', 'A+', { roster: 'A' }), 2)
  bench.append('a')
  bench.lab.flush(3)
  bench.lab.parts.stream.tick(1000)
  t.strictSame(bench.ends, [])
})

t.test('one call under way per master; what comes meanwhile goes together', async (t) => {
  const bench = new Bench(view('2A', 'A+ B+ C-'))
  bench.append('a')
  t.strictSame(bench.open(), ['11 1: a', '12 1: a'])
  bench.append('b')
  bench.append('c')
  t.strictSame(bench.open(), ['11 1: a', '12 1: a'])
  bench.end(acked(1), 5)
  t.strictSame(bench.open(), ['12 1: a', '11 2: b c'])
})

t.test('two stores under way; what comes meanwhile goes together', async (t) => {
  const bench = new Bench()
  for (const key of ['a', 'b', 'c', 'd']) bench.append(key)
  const stores = (): unknown =>
    bench.lab
      .new('store')
      .map(({ changes }) => changes.map((c) => (c.kind === 'put' ? c.entry.key : c.kind)))
  t.strictSame(stores(), [['a'], ['b']])
  bench.lab.flush(1, 1)
  t.strictSame(stores(), [['c', 'd']])
})

t.test('a batch ends at 1000 records or 1 MiB, and one large value always fits', async (t) => {
  const MIB = 1024 * 1024
  const cases: readonly (readonly [string, readonly number[], number])[] = [
    ['1001 records', Array.from({ length: 1001 }, () => 1), 1000],
    ['exactly 1 MiB', [MIB - 1, 1, 1], 2],
    ['above 1 MiB', [MIB, 1], 1],
    ['a large one first', [2 * MIB, 1], 1],
    ['a large one second', [1, 2 * MIB], 1],
  ]
  for (const [title, sizes, expected] of cases) {
    const bench = new Bench()
    bench.append('first')
    for (const [i, size] of sizes.entries()) bench.append(`k${i}`, 0, size)
    bench.end(acked(1), 1)
    const { request } = bench.lab.call('replicate')
    t.equal(request.kind === 'replicate' && request.records.length, expected, title)
  }
})

t.test('a call that failed is repeated after 50 ms, however it failed', async (t) => {
  for (const answer of [LATE, REFUSED, BROKEN, response(B, { kind: 'unable', reason: '' })]) {
    const bench = new Bench()
    bench.append('a')
    bench.end(answer, 100)
    bench.lab.parts.stream.tick(149)
    t.strictSame(bench.open(), [], answer.kind)
    bench.lab.parts.stream.tick(150)
    t.strictSame(bench.open(), ['11 1: a'], answer.kind)
  }
})

t.test('a refused or broken call asks whether the other master lives', async (t) => {
  for (const [answer, pings] of [
    [REFUSED, 1],
    [BROKEN, 1],
    [LATE, 0],
  ] as const) {
    const bench = new Bench()
    bench.append('a')
    bench.end(answer, 100)
    t.equal(bench.lab.calls('ping').length, pings, answer.kind)
  }
})

t.test('a master that promised a higher ballot fences this primary', async (t) => {
  for (const [promised, isFenced] of [
    ['2A', false],
    ['5C', true],
  ] as const) {
    const bench = new Bench()
    bench.append('a')
    bench.end({ kind: 'fenced', promised: ballot(promised), ballot: ballot('2A') }, 1)
    t.equal(bench.lab.parts.standing.isFencedByOther, isFenced, promised)
    t.strictSame(bench.ends, [])
  }
})

t.test('a frozen primary commits nothing and sends nothing', async (t) => {
  const bench = new Bench()
  bench.append('a')
  bench.append('b')
  bench.lab.parts.standing.promise(ballot('3C'), () => {})
  bench.lab.flush(1)
  bench.end(acked(1), 2)
  bench.lab.parts.stream.tick(100)
  t.strictSame(bench.ends, [])
  t.strictSame(bench.open(), [])
})

t.test('a new view of its own sends the tail again, in order, and keeps who waits', async (t) => {
  const bench = new Bench()
  for (const key of ['a', 'b', 'c']) bench.append(key)
  bench.lab.settle(1)
  bench.end(acked(1), 2)
  t.strictSame(bench.ends, ['a committed 2 at 2'])
  t.strictSame(bench.open(), ['11 2: b c'])
  bench.lab.parts.standing.accept(V4, 3, () => {})
  bench.append('d', 3)
  bench.lab.parts.standing.activate(4)
  t.strictSame(bench.open(), ['11 2: b c', '11 2: b c d'])
  bench.end(acked(3), 5)
  t.strictSame(bench.ends.slice(1), [], 'an answer about the old view counts for nothing')
  bench.lab.settle(6)
  bench.end(acked(4), 7)
  t.strictSame(
    bench.ends.slice(1),
    ['b', 'c', 'd'].map((key) => `${key} committed 2 at 7`),
  )
})

t.test('a new view without the other master commits what the own disk has', async (t) => {
  const bench = new Bench()
  bench.append('a')
  bench.lab.settle(1)
  bench.lab.parts.standing.accept(view('4A', 'A+', { history: '2A', roster: 'AB' }), 2, () => {})
  bench.lab.parts.standing.activate(3)
  t.strictSame(bench.ends, ['a committed 1 at 3'])
})

t.test(
  'another primary: what was under way is dropped, and late news of it are ignored',
  async (t) => {
    const bench = new Bench()
    bench.append('a')
    bench.append('b')
    bench.open()
    bench.lab.parts.standing.accept(view('3B', 'B+ A-', { history: '2A' }), 5, () => {})
    t.strictSame(bench.ends, ['a dropped at 5', 'b dropped at 5'])
    bench.lab.settle(6)
    bench.end(acked(2), 7)
    t.equal(bench.ends.length, 2)
    const { stream } = bench.lab.parts
    t.strictSame([stream.committedSeq, stream.pendingCount, stream.pendingBytes], [0, 0, 0])
  },
)

t.test('primary again: a new stream begins', async (t) => {
  const bench = new Bench()
  bench.append('a')
  bench.append('b')
  bench.lab.settle(1)
  bench.end(acked(1), 2)
  bench.lab.parts.standing.accept(view('3B', 'B+ A+', { history: '2A' }), 3, () => {})
  bench.lab.parts.standing.accept(view('5A', 'A+ B+', { history: '2A 3B' }), 4, () => {})
  bench.lab.parts.standing.activate(5)
  bench.calls.length = 0
  bench.lab.take()
  bench.append('c', 6)
  t.strictSame(bench.open(), ['11 1: c'])
})

t.test('a flush of what was dropped says nothing about what came after it', async (t) => {
  const bench = new Bench(view('2A', 'A+', { roster: 'A' }))
  bench.append('a')
  bench.lab.take()
  bench.lab.parts.stream.drop(1)
  bench.append('b', 2)
  bench.lab.flush(3, 1)
  t.strictSame(bench.ends, ['a dropped at 1'])
  bench.lab.flush(4)
  t.strictSame(bench.ends, ['a dropped at 1', 'b committed 1 at 4'])
})

t.test('an answer never counts for more than was sent, nor for less than before', async (t) => {
  const bench = new Bench()
  bench.append('a')
  bench.lab.settle(1)
  bench.end(acked(99), 2)
  t.equal(bench.lab.parts.stream.committedSeq, 1)
  bench.append('b', 3)
  bench.lab.settle(4)
  bench.end(acked(0), 5)
  t.strictSame(bench.open(), ['11 2: b'])
})

t.test(
  'who joins a key ends with the write that is its newest now, not with later ones',
  async (t) => {
    const bench = new Bench()
    bench.append('a', 1)
    bench.append('a', 2)
    t.equal(bench.lab.parts.stream.newestOn('a')?.version, version(102))
    const ends: string[] = []
    bench.lab.parts.stream.join('a', (end, nowMs) => ends.push(`${end.kind} at ${nowMs}`))
    bench.append('a', 3)
    bench.lab.settle(3)
    bench.end(acked(1), 4)
    t.strictSame(ends, [])
    bench.end(acked(2), 5)
    t.strictSame(ends, ['committed at 5'])
    t.equal(bench.lab.parts.stream.newestOn('a')?.version, version(103))
  },
)

t.test('whoever is told of a commit finds the key free, or its next write', async (t) => {
  const bench = new Bench(view('2A', 'A+', { roster: 'A' }))
  const { stream } = bench.lab.parts
  const seen: unknown[] = []
  bench.append('a', 1)
  stream.join('a', () => seen.push(stream.newestOn('a')))
  bench.lab.settle(2)
  t.strictSame(seen, [undefined])
})

t.test('full: for two beats after a master said so, and while its beats say so', async (t) => {
  const bench = new Bench()
  const { stream } = bench.lab.parts
  bench.append('a')
  bench.lab.settle(1)
  bench.end(acked(1, true), 100)
  t.equal(stream.isFull(599), true)
  t.equal(stream.isFull(600), false)
  bench.lab.hear(B, 700, { isFull: true })
  t.equal(stream.isFull(700), true)
  bench.lab.hear(C, 700, { isFull: true })
  bench.lab.hear(B, 950)
  t.equal(stream.isFull(950), false)
})
