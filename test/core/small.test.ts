// The small machines: remembered writes, digests, entries on their way, synced masters.
import t from 'tap'
import { DIGEST_BYTES, differingBuckets, hasBucket } from '../../src/core/digest.ts'
import { BUCKETS, REMEMBER_MAX, REMEMBER_MS, REMEMBER_PAGE_MAX } from '../../src/core/limits.ts'
import type { AppliedWrite } from '../../src/core/messages.ts'
import { BLOCK_WRITES } from '../../src/core/remembered-block.ts'
import { Remembered } from '../../src/core/remembered.ts'
import { ALL_RULES } from '../../src/core/rules.ts'
import { SyncedMasters } from '../../src/core/synced-masters.ts'
import { fromTravel, liveEntry, toTravel, valueBytes } from '../../src/core/travel.ts'
import { A, B, ballot, entry, requestId, version } from './words.ts'

const write = (id: string): AppliedWrite => ({
  requestId: requestId(id),
  version: version(1),
  fingerprint: '0123456789abcdef',
})

function recall(remembered: Remembered, id: string, nowMs: number): AppliedWrite | undefined {
  return remembered.get(requestId(id), nowMs)
}

t.test('a write is remembered for a minute', async (t) => {
  const remembered = new Remembered()
  remembered.add(write('a'), 10)
  t.match(recall(remembered, 'a', 10 + REMEMBER_MS), write('a'))
  t.equal(recall(remembered, 'a', 11 + REMEMBER_MS), undefined)
  t.equal(recall(remembered, 'b', 10), undefined)
  remembered.clear()
  t.equal(recall(remembered, 'a', 10), undefined)
})

t.test('the oldest are forgotten first: after a minute, and beyond 100,000', async (t) => {
  const byTime = new Remembered()
  for (let i = 0; i < BLOCK_WRITES; i++) byTime.add(write(`${i}`), i)
  byTime.add(write('a'), BLOCK_WRITES)
  t.equal(byTime.size, BLOCK_WRITES + 1)
  // The newest of the first block is a minute old.
  byTime.add(write('b'), BLOCK_WRITES - 1 + REMEMBER_MS)
  t.equal(byTime.size, BLOCK_WRITES + 2)
  byTime.add(write('c'), BLOCK_WRITES + REMEMBER_MS)
  t.equal(byTime.size, 3)
  t.match(recall(byTime, 'a', BLOCK_WRITES + REMEMBER_MS), write('a'))

  const byCount = new Remembered()
  for (let i = 0; i < REMEMBER_MAX; i++) byCount.add(write(`${i}`), 0)
  t.equal(byCount.size, REMEMBER_MAX)
  byCount.add(write('0'), 1)
  t.equal(byCount.size, REMEMBER_MAX - BLOCK_WRITES + 1)
  const isKnown = (id: number): boolean => recall(byCount, `${id}`, 2) !== undefined
  const known = [0, 1, BLOCK_WRITES - 1, BLOCK_WRITES, REMEMBER_MAX - 1, REMEMBER_MAX].map(isKnown)
  t.strictSame(known, [true, false, false, true, true, false])
})

t.test('of two writes with one id the later one is known, and handed over', async (t) => {
  const theirs = new Remembered()
  const later = { ...write('a'), version: version(2, 'F', 9), fingerprint: 'fedcba9876543210' }
  theirs.add(write('a'), 0)
  theirs.add(write('b'), 0)
  theirs.add(later, 1)
  t.match(recall(theirs, 'a', 1), later)
  const both = [
    { ...write('b'), ageMs: 1 },
    { ...later, ageMs: 0 },
  ]
  t.strictSame(theirs.page(0, 1), { writes: both, last: undefined })
  t.strictSame(theirs.page(0, 1 + REMEMBER_MS).writes, [{ ...later, ageMs: REMEMBER_MS }])

  const mine = new Remembered()
  mine.add(write('a'), 0)
  mine.learn(both, REMEMBER_MS + 1)
  t.equal(recall(mine, 'a', REMEMBER_MS + 1)?.version, later.version, 'what was forgotten here')
})

t.test('what is remembered is handed over in pages, with its age', async (t) => {
  const theirs = new Remembered()
  for (let i = 0; i < REMEMBER_PAGE_MAX + 1; i++) theirs.add(write(`${i}`), 100)
  const first = theirs.page(0, 150)
  t.equal(first.writes.length, REMEMBER_PAGE_MAX)
  t.strictSame(first.writes[0], { ...write('0'), ageMs: 50 })
  const second = theirs.page(first.last ?? 0, 150)
  t.strictSame(second.writes, [{ ...write(`${REMEMBER_PAGE_MAX}`), ageMs: 50 }])
  t.equal(second.last, undefined)

  const mine = new Remembered()
  mine.learn(second.writes, 1000)
  const id = `${REMEMBER_PAGE_MAX}`
  t.not(recall(mine, id, 950 + REMEMBER_MS), undefined)
  t.equal(recall(mine, id, 951 + REMEMBER_MS), undefined)
})

t.test('what a node remembers itself is newer than what it learns', async (t) => {
  const mine = new Remembered()
  mine.add(write('a'), 0)
  mine.learn([{ ...write('a'), version: version(9), ageMs: 0 }], 0)
  t.equal(recall(mine, 'a', 0)?.version, version(1))
})

t.test(
  'an expiry travels as time left and is anchored on the wall clock of whoever stores it',
  async (t) => {
    const cases: readonly (readonly [
      number | undefined,
      number,
      number | undefined,
      number,
      number | undefined,
    ])[] = [
      [undefined, 0, undefined, 5, undefined],
      [1000, 400, 600, 9000, 9600],
      [1000, 1000, 0, 9000, 9000],
      [1000, 5000, 0, 9000, 9000],
      [1000, 400.4, 600, 9000.4, 9600],
    ]
    for (const [expiresAtMs, fromMs, leftMs, toMs, after] of cases) {
      const sent = { ...entry('k', version(1)), expiresAtMs }
      const travel = toTravel(sent, fromMs)
      t.equal(travel.ttlLeftMs, leftMs)
      t.strictSame(fromTravel(travel, toMs), { ...sent, expiresAtMs: after })
    }
  },
)

t.test('live is what has a value and has not expired', async (t) => {
  const plain = entry('k', version(1))
  const until = { ...plain, expiresAtMs: 100 }
  t.equal(liveEntry(undefined, 0), undefined)
  t.equal(liveEntry(entry('k', version(1), {}), 0), undefined)
  t.equal(liveEntry(plain, 9e15), plain)
  t.equal(liveEntry(until, 99), until)
  t.equal(liveEntry(until, 100), undefined)
  t.equal(valueBytes(entry('k', version(1), { value: 'äx' })), 3)
  t.equal(valueBytes(entry('k', version(1), {})), 0)
})

t.test('buckets differ when any of their eight bytes does', async (t) => {
  const mine = new Uint8Array(DIGEST_BYTES)
  for (const changed of [[], [0], [7], [8], [BUCKETS * 8 - 1], [3, 4], [0, 8, 16, 64]]) {
    const theirs = mine.slice()
    for (const byte of changed) theirs[byte] = 1
    // What came by the network is a piece of a larger buffer, and begins anywhere in it.
    const received = Buffer.concat([Buffer.alloc(3), theirs]).subarray(3)
    const { buckets, count } = differingBuckets(mine, received)
    t.strictSame(differingBuckets(mine, theirs), { buckets, count })
    const expected = [...new Set(changed.map((byte) => byte >> 3))]
    t.equal(count, expected.length)
    const found = Array.from({ length: BUCKETS }, (_, b) => b).filter((b) => hasBucket(buckets, b))
    t.strictSame(found, expected)
  }
  t.throws(() => differingBuckets(mine, new Uint8Array(8)), {
    message: 'bug: a digest has one size',
  })
})

t.test('who has mirrored counts in the view named only', async (t) => {
  const synced = new SyncedMasters({ lastSeq: 0, ackedBy: () => 0 }, ALL_RULES)
  const seen = (): unknown => [
    synced.has(ballot('2A'), B),
    synced.has(ballot('3A'), B),
    synced.has(ballot('2A'), A),
  ]
  synced.start(ballot('2A'))
  synced.add(ballot('1A'), B)
  t.strictSame(seen(), [false, false, false])
  synced.add(ballot('2A'), B)
  t.strictSame(seen(), [true, false, false])
  synced.start(ballot('3A'))
  t.strictSame(seen(), [false, false, false])
})

t.test('who has mirrored counts once it has the stream up to where it first said so', async (t) => {
  const stream = { lastSeq: 7, acked: undefined as number | undefined, ackedBy: () => stream.acked }
  const synced = new SyncedMasters(stream, ALL_RULES)
  synced.start(ballot('2A'))
  synced.add(ballot('2A'), B)
  stream.lastSeq = 9
  synced.add(ballot('2A'), B)
  for (const [acked, expected] of [
    [undefined, false],
    [6, false],
    [7, true],
    [8, true],
  ] as const) {
    stream.acked = acked
    t.equal(synced.has(ballot('2A'), B), expected, String(acked))
  }
})
