// Versions: what the hybrid clock promises, whatever the wall clock does.
import fc from 'fast-check'
import t from 'tap'
import {
  formatVersion,
  isVersion,
  laterVersion,
  VERSION_ZERO,
  VersionClock,
  versionJustAbove,
  versionMs,
} from '../../src/core/version.ts'
import { holds } from '../wire/holds.ts'
import { A, version } from './words.ts'

const COUNTER_MAX = 0xffff

t.test('a version is 12 digits of time, 4 of counter, a dash and 16 of writer', async (t) => {
  const cases: readonly (readonly [number, number, string])[] = [
    [0, 0, '0000000000000000-000000000000000a'],
    [1, 2, '0000000000010002-000000000000000a'],
    [1_700_000_000_000, COUNTER_MAX, '018bcfe56800ffff-000000000000000a'],
    [2 ** 48 - 1, 0, 'ffffffffffff0000-000000000000000a'],
  ]
  for (const [ms, counter, expected] of cases) {
    t.equal(formatVersion(ms, counter, A), expected)
    t.equal(versionMs(expected), ms)
  }
})

t.test('only that form is a version', async (t) => {
  const cases: readonly (readonly [string, boolean])[] = [
    [VERSION_ZERO, true],
    ['0000000000010002-00000000000000aa', true],
    ['0000000000010002-00000000000000AA', false],
    ['000000000001000-00000000000000aa', false],
    ['0000000000010002_00000000000000aa', false],
    ['0000000000010002-00000000000000aa\n', false],
    ['', false],
  ]
  for (const [text, expected] of cases) t.equal(isVersion(text), expected, JSON.stringify(text))
})

t.test('the next version: the wall clock, or else the counter, or else the next ms', async (t) => {
  /** What the clock has seen, the wall clock, and the next version as time and counter. */
  const cases: readonly (readonly [string, number, number])[] = [
    [version(100), 101, 0],
    [version(100), 100, 1],
    [version(100, 'A', 6), 50, 7],
    [version(100, 'A', COUNTER_MAX), 100, 0],
    [version(100, 'A', COUNTER_MAX), 50, 0],
  ]
  const times = [101, 100, 100, 101, 101]
  for (const [i, [seen, wallMs, counter]] of cases.entries()) {
    const clock = new VersionClock(A)
    clock.resume(seen)
    t.equal(clock.next(wallMs), version(times[i] ?? 0, 'A', counter), `${seen} at ${wallMs}`)
  }
})

t.test('a fraction of a millisecond is cut off', async (t) => {
  t.equal(new VersionClock(A).next(100.9), version(100))
})

t.test(
  'a version too far ahead of the wall clock is not followed, one stored here is',
  async (t) => {
    const cases: readonly (readonly [number, boolean])[] = [
      [60_000, true],
      [60_001, false],
    ]
    for (const [ms, isFollowed] of cases) {
      const clock = new VersionClock(A)
      t.equal(clock.follow(version(ms, 'B'), 0), isFollowed)
      t.equal(clock.now(), isFollowed ? version(ms) : VERSION_ZERO.replace(/0{16}$/, A))
      clock.resume(version(ms, 'B'))
      t.equal(clock.now(), version(ms))
    }
  },
)

t.test('following or resuming something older changes nothing', async (t) => {
  const clock = new VersionClock(A)
  clock.resume(version(100, 'B', 5))
  for (const older of [version(100, 'B', 5), version(100, 'F', 4), version(99, 'B', 9)]) {
    clock.follow(older, 100)
    clock.resume(older)
    t.equal(clock.now(), version(100, 'A', 5))
  }
})

const moves = fc.array(
  fc.record({
    wallMs: fc.integer({ min: 0, max: 200_000 }),
    heard: fc.option(
      fc.record({
        ms: fc.integer({ min: 0, max: 300_000 }),
        counter: fc.constantFrom(0, 1, COUNTER_MAX - 1, COUNTER_MAX),
      }),
      { nil: undefined },
    ),
  }),
  { maxLength: 40 },
)

t.test('every version given is above all given and all followed, as text', async (t) => {
  const property = fc.property(moves, (list) => {
    const clock = new VersionClock(A)
    let highest = VERSION_ZERO
    for (const { wallMs, heard } of list) {
      if (heard !== undefined) {
        const other = version(heard.ms, '0', heard.counter)
        const isFollowed = clock.follow(other, wallMs)
        if (isFollowed !== heard.ms <= wallMs + 60_000) return false
        if (isFollowed) highest = laterVersion(highest, other)
      }
      const next = clock.next(wallMs)
      if (next <= highest || next !== clock.now()) return false
      highest = next
    }
    return true
  })
  holds(t, property, 500)
})

t.test(
  'just above a version: the next writer, or where there is none the next counter',
  async (t) => {
    const cases: readonly (readonly [string, string])[] = [
      [version(1, 'A'), version(1, 'B')],
      ['018bcfe568000007-00000000000000ff', '018bcfe568000007-0000000000000100'],
      ['018bcfe568000007-ffffffffffffffff', '018bcfe568000008-0000000000000000'],
      ['018bcfe56800ffff-ffffffffffffffff', '018bcfe568010000-0000000000000000'],
      [VERSION_ZERO, '0000000000000000-0000000000000001'],
    ]
    for (const [below, above] of cases) t.equal(versionJustAbove(below), above)
  },
)

t.test('text order is the order of time, counter and writer', async (t) => {
  const parts = fc.record({
    ms: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    counter: fc.integer({ min: 0, max: COUNTER_MAX }),
    writer: fc.constantFrom('1', 'A', 'F'),
  })
  const property = fc.property(parts, parts, (a, b) => {
    const byParts =
      a.ms - b.ms ||
      a.counter - b.counter ||
      Number.parseInt(a.writer, 16) - Number.parseInt(b.writer, 16)
    const [x, y] = [version(a.ms, a.writer, a.counter), version(b.ms, b.writer, b.counter)]
    const byText = x < y ? -1 : x > y ? 1 : 0
    return Math.sign(byParts) === byText && laterVersion(x, y) === (byParts > 0 ? x : y)
  })
  holds(t, property, 500)
})
