// The index of copies against a map: found, moved, removed, however it grew.
import fc from 'fast-check'
import { test } from 'tap'
import { CopyIndex } from '../../../src/storage/copies/copy-index.ts'
import {
  SEGMENT_LOAD_MAX,
  SEGMENT_SLOTS_MAX,
  SPLITS_MAX,
} from '../../../src/storage/copies/limits.ts'

const SEED = 20261121
const SLOT_BYTES = 8

/** Low words that share their first or last bits, or all of them. */
const low = fc.oneof(
  fc.nat({ max: 0xffffffff }),
  fc.nat({ max: 40 }),
  fc.nat({ max: 40 }).map((n) => (n << 26) >>> 0),
  fc.constantFrom(0, 0xffffffff),
)
const high = fc.constantFrom(0, 1, 0xffffffff)

/** An index, and the same as a map from both words to the record. */
class Pair {
  readonly highs = new Map<number, number>()
  readonly index = new CopyIndex((ref) => this.highs.get(ref) ?? -1)
  readonly refs = new Map<string, [low: number, high: number, ref: number]>()
  #last = 0

  set(low: number, high: number): void {
    const name = `${low} ${high}`
    const before = this.refs.get(name)
    const ref = ++this.#last
    this.highs.set(ref, high)
    if (before === undefined) {
      if (this.index.add(low, ref) !== 0) throw new Error('one had to go')
    } else this.index.move(low, before[2], ref)
    this.refs.set(name, [low, high, ref])
  }

  remove(low: number, high: number): void {
    const found = this.index.find(low, high)
    if (found !== 0) this.index.remove(low, found)
    this.refs.delete(`${low} ${high}`)
  }

  isSame(): boolean {
    const { index, refs } = this
    const all = [...refs.values()]
    const listed = [...index.refs()].sort((a, b) => a - b)
    const wanted = all.map(([, , ref]) => ref).sort((a, b) => a - b)
    return (
      index.count === refs.size &&
      JSON.stringify(listed) === JSON.stringify(wanted) &&
      all.every(([low, high, ref]) => index.find(low, high) === ref)
    )
  }
}

void test('what was added is found where it was moved to, and what was removed is not', async (t) => {
  const change = fc.tuple(fc.constantFrom('set', 'set', 'remove'), low, high)
  const property = fc.property(fc.array(change, { maxLength: 300, size: 'max' }), (changes) => {
    const pair = new Pair()
    for (const [kind, low, high] of changes) {
      if (kind === 'set') pair.set(low, high)
      else pair.remove(low, high)
      if (kind === 'remove' && pair.index.find(low, high) !== 0) return false
    }
    return pair.isSame()
  })
  fc.assert(property, { numRuns: 300, seed: SEED })
  t.pass(`300 runs, seed ${SEED}`)
})

void test('grown to many segments it holds everything, and half of it when half has gone', async (t) => {
  const pair = new Pair()
  const count = 60_000
  const lowAt = (i: number) => Math.imul(i, 0x9e3779b1) >>> 0
  for (let i = 0; i < count; i++) pair.set(lowAt(i), i % 3)
  t.equal(pair.isSame(), true, 'grown')
  t.equal(pair.index.bytes < 3 * count * SLOT_BYTES, true, `${pair.index.bytes} bytes`)
  for (let i = 0; i < count; i += 2) pair.remove(lowAt(i), i % 3)
  t.equal(pair.isSame(), true, 'half of it')
  pair.index.clear()
  t.same([pair.index.count, [...pair.index.refs()]], [0, []])
})

void test('keys that are made to collide push each other out, and the index stays small', async (t) => {
  const count = 5000
  const fit = SEGMENT_SLOTS_MAX * SEGMENT_LOAD_MAX
  const index = new CopyIndex((ref) => ref)
  const held = new Set<number>()
  for (let ref = 1; ref <= count; ref++) {
    const evicted = index.add(7, ref)
    if (evicted !== 0 && !held.delete(evicted)) t.fail(`${evicted} was not there`)
    held.add(ref)
  }
  t.same([index.count, held.size], [fit, fit])
  t.same(new Set(index.refs()), held)
  t.equal(index.bytes <= (SPLITS_MAX + 1) * SEGMENT_SLOTS_MAX * SLOT_BYTES, true)
})
