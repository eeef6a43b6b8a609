// Another master's side of the stream: order, gaps, acknowledgements, what is not committed yet.
import t from 'tap'
import type { NodeRequest, NodeResponse } from '../../src/core/messages.ts'
import type { View } from '../../src/core/types.ts'
import { Lab } from './lab.ts'
import { B, ballot, ballotText, C, entry, requestId, state, version, view } from './words.ts'
import { fingerprint } from './words.ts'

const V2 = view('2A', 'A+ B+', { seq: 10 })

type Replicate = Extract<NodeRequest, { kind: 'replicate' }>

class Bench {
  readonly lab: Lab
  #ticket = 0

  constructor(v: View = V2, options: { incarnation?: number; me?: string } = {}) {
    this.lab = new Lab({ me: B, state: state(v), ...options })
    this.lab.parts.self.setWall(1000, 0)
  }

  /** `a1 b2`: key a at version 1, key b at version 2. */
  send(firstSeq: number, records: string, more: { of?: string; committed?: number } = {}): void {
    const words = records.split(' ').filter((word) => word !== '')
    const request: Replicate = {
      kind: 'replicate',
      ballot: ballot(more.of ?? '2A'),
      firstSeq,
      committedSeq: more.committed ?? 10,
      records: words.map((word) => {
        const at = version(Number(word.slice(1)))
        const { expiresAtMs: _, ...rest } = entry(word.slice(0, 1), at)
        const write = {
          requestId: requestId(word.slice(1)),
          version: at,
          fingerprint: fingerprint('f'),
        }
        return { kind: 'entry', entry: { ...rest, ttlLeftMs: undefined }, write } as const
      }),
    }
    this.lab.parts.follower.replicate(request, ++this.#ticket, 0)
  }

  /** The new responses, `2: applied 12`. */
  said(): string[] {
    return this.lab.new('respond').map(({ ticket, response }) => `${ticket}: ${text(response)}`)
  }

  /** The version stored under each key, as its milliseconds. */
  stored(keys: string): string {
    this.lab.settle(0)
    const at = (key: string): string =>
      Number.parseInt(this.lab.store.get(key)?.version.slice(0, 12) ?? '0', 16).toString()
    return keys
      .split('')
      .map((key) => `${key}${at(key)}`)
      .join(' ')
  }
}

function text(response: NodeResponse): string {
  if (response.kind === 'replicated') {
    return `applied ${response.appliedSeq}${response.isFull ? ', full' : ''}`
  }
  if (response.kind !== 'fenced') return response.kind
  return `fenced ${ballotText(response.promised)} ${ballotText(response.ballot)}`
}

t.test('a batch is applied in its order and acknowledged once it is flushed', async (t) => {
  const bench = new Bench()
  bench.send(11, 'a5 b3 a4')
  t.equal(bench.lab.parts.follower.appliedSeq, 13)
  t.strictSame(bench.said(), [])
  bench.lab.flush(1, 1)
  t.strictSame(bench.said(), [], 'the acknowledgement has a store of its own behind the batch')
  bench.lab.flush(2)
  t.strictSame(bench.said(), ['1: applied 13'])
  t.equal(bench.stored('ab'), 'a4 b3', 'the order of the primary counts, not the versions')
})

t.test('gaps and duplicates: only what comes next is applied', async (t) => {
  /** Batches one after the other; the position and what is stored then. */
  const cases: readonly (readonly [
    string,
    readonly (readonly [number, string])[],
    number,
    string,
  ])[] = [
    [
      'in order',
      [
        [11, 'a1'],
        [12, 'b2'],
      ],
      12,
      'a1 b2',
    ],
    ['a gap', [[12, 'b2']], 10, 'a0 b0'],
    [
      'a gap, then all of it',
      [
        [12, 'b2'],
        [11, 'a1 b2'],
      ],
      12,
      'a1 b2',
    ],
    [
      'twice the same',
      [
        [11, 'a1'],
        [11, 'a9'],
      ],
      11,
      'a1 b0',
    ],
    [
      'overlapping',
      [
        [11, 'a1'],
        [11, 'a9 b2'],
      ],
      12,
      'a1 b2',
    ],
    [
      'older',
      [
        [11, 'a1 b2'],
        [11, 'a9'],
      ],
      12,
      'a1 b2',
    ],
    ['empty', [[11, '']], 10, 'a0 b0'],
  ]
  for (const [title, batches, position, stored] of cases) {
    const bench = new Bench()
    for (const [firstSeq, records] of batches) bench.send(firstSeq, records)
    t.equal(bench.lab.parts.follower.appliedSeq, position, title)
    t.equal(bench.stored('ab'), stored, title)
    const said = bench.said()
    t.equal(said.length, batches.length, 'every batch gets one answer')
    t.equal(said.at(-1), `${batches.length}: applied ${position}`)
  }
})

t.test(
  'only the primary of the accepted view is followed, by a master of it, in this life',
  async (t) => {
    const cases: readonly (readonly [string, Bench, string, string])[] = [
      ['another ballot', new Bench(), '3A', 'fenced 2A 2A'],
      ['an older ballot', new Bench(view('4A', 'A+ B+')), '2A', 'fenced 4A 4A'],
      ['no master', new Bench(V2, { me: C }), '2A', 'fenced 2A 2A'],
      ['another life', new Bench(V2, { incarnation: 2 }), '2A', 'fenced 2A 2A'],
      ['the primary itself', new Bench(view('2B', 'B+ A+')), '2B', 'fenced 2B 2B'],
      ['a syncing master', new Bench(view('2A', 'A+ B-', { seq: 10 })), '2A', 'applied 11'],
    ]
    for (const [title, bench, of, expected] of cases) {
      bench.send(11, 'a1', { of })
      bench.lab.settle(0)
      t.strictSame(bench.said(), [`1: ${expected}`], title)
    }
  },
)

t.test('a promise fences: before the batch, and between the batch and its flush', async (t) => {
  const before = new Bench()
  before.lab.parts.standing.promise(ballot('3C'), () => {})
  before.send(11, 'a1')
  t.strictSame(before.said(), ['1: fenced 3C 2A'])
  t.equal(before.stored('a'), 'a0')

  const between = new Bench()
  between.send(11, 'a1')
  between.lab.parts.standing.promise(ballot('3C'), () => {})
  between.lab.settle(0)
  t.strictSame(between.said(), ['1: fenced 3C 2A'])
})

t.test('an acknowledgement names the position of its own batch', async (t) => {
  const bench = new Bench()
  bench.send(11, 'a1')
  bench.send(12, 'b2')
  bench.lab.settle(0)
  t.strictSame(bench.said(), ['1: applied 11', '2: applied 12'])
})

t.test('a full store says so, and takes what it gets all the same', async (t) => {
  const lab = new Lab({ me: B, state: state(V2), bytesMax: 1, entries: [entry('z', version(1))] })
  const bench = new Bench()
  Object.assign(bench, { lab })
  bench.send(11, 'a1')
  bench.lab.settle(0)
  t.strictSame(bench.said(), ['1: applied 11, full'])
  t.equal(bench.stored('a'), 'a1')
})

t.test('a key is uncommitted until the primary says otherwise', async (t) => {
  const bench = new Bench()
  const { follower } = bench.lab.parts
  const dirty = (): string => ['a', 'b', 'c'].filter((key) => follower.isUncommitted(key)).join('')
  bench.send(11, 'a1 b2 a3')
  t.equal(dirty(), 'ab')
  follower.committed(ballot('2A'), 12)
  t.equal(dirty(), 'a')
  bench.send(14, 'c4', { committed: 13 })
  t.equal(dirty(), 'c')
  follower.committed(ballot('1A'), 14)
  follower.committed(ballot('2A'), 13)
  t.equal(dirty(), 'c', 'news of another view, and old news')
  follower.committed(ballot('2A'), 14)
  t.equal(dirty(), '')
  t.equal(follower.uncommittedCount, 0)
})

t.test('a new view begins at the position that it names', async (t) => {
  const bench = new Bench()
  bench.send(11, 'a1')
  bench.lab.parts.standing.accept(view('4A', 'A+ B+', { history: '2A', seq: 10 }), 1, () => {})
  t.equal(bench.lab.parts.follower.appliedSeq, 10)
  bench.send(11, 'a1 b2', { of: '4A' })
  t.equal(bench.lab.parts.follower.appliedSeq, 12)
})

t.test('what is applied moves the version clock, however far ahead it is', async (t) => {
  for (const ms of [5000, 10_000_000]) {
    const bench = new Bench()
    bench.send(11, `a${ms}`)
    t.equal(bench.lab.parts.self.nextVersion(0), version(ms, 'B', 1))
  }
})
