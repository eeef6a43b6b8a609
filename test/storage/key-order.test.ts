// The order of keys, and the ordered set: told by Buffer.compare and by a sorted array.
import fc from 'fast-check'
import { test } from 'tap'
import { compareKeys, isPastPrefix, keysFrom, SortedKeys } from '../../src/storage/key-order.ts'
import { ODD_KEYS } from '../contracts/store-words.ts'

const SEED = 20261121

/** Keys that often share their beginnings, from all planes of Unicode. */
const key = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: fc.constantFrom('a', '\u07ff', '\ud7ff', '\ue000', '\uffff', '\u{10000}') }),
  fc.constantFrom(...ODD_KEYS),
)

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

void test('keys compare as the bytes of their UTF-8', async (t) => {
  const property = fc.property(key, key, (a, b) => Math.sign(compareKeys(a, b)) === byBytes(a, b))
  fc.assert(property, { numRuns: 5000, seed: SEED })
  t.same([...ODD_KEYS].reverse().sort(compareKeys), ODD_KEYS)
})

void test('a walk from a prefix on may end at the first key past it', async (t) => {
  const property = fc.property(key, key, (a, prefix) => {
    return isPastPrefix(a, prefix) === (!a.startsWith(prefix) && byBytes(a, prefix) > 0)
  })
  fc.assert(property, { numRuns: 2000, seed: SEED })
  t.pass(`2000 runs, seed ${SEED}`)
})

void test('sorted keys are a sorted array without doubles', async (t) => {
  const change = fc.tuple(fc.constantFrom('add', 'add', 'remove'), key)
  const property = fc.property(fc.array(change, { maxLength: 60 }), key, (changes, start) => {
    const sorted = new SortedKeys()
    const model = new Set<string>()
    for (const [kind, key] of changes) {
      if (kind === 'add') {
        sorted.add(key)
        model.add(key)
      } else {
        sorted.remove(key)
        model.delete(key)
      }
    }
    const all = [...model].sort(byBytes)
    for (const isInclusive of [true, false]) {
      const wanted = all.filter((key) => byBytes(key, start) >= (isInclusive ? 0 : 1))
      const found = [...sorted.from(start, isInclusive)]
      if (JSON.stringify(found) !== JSON.stringify(wanted)) return false
      if (JSON.stringify(keysFrom(all, start, isInclusive)) !== JSON.stringify(wanted)) return false
      if (sorted.next(start, isInclusive) !== wanted[0]) return false
    }
    return true
  })
  fc.assert(property, { numRuns: 500, seed: SEED })
  t.pass(`500 runs, seed ${SEED}`)
})

void test('sorted keys stay sorted while they grow past a block and shrink again', async (t) => {
  const name = (i: number): string => `k${String(i).padStart(5, '0')}`
  const sorted = new SortedKeys()
  for (let i = 0; i < 5000; i++) sorted.add(name((i * 2777) % 5000))
  const all = Array.from({ length: 5000 }, (_, i) => name(i))
  t.same([...sorted.from('', true)], all)
  for (let i = 0; i < 5000; i++) if (i % 1000 !== 500) sorted.remove(name((i * 2777) % 5000))
  t.same(
    [...sorted.from('', true)],
    [500, 1500, 2500, 3500, 4500].map((i) => name((i * 2777) % 5000)).sort(),
  )
  for (const key of all) sorted.remove(key)
  t.equal(sorted.next('', true), undefined)
})

void test('keys put in order and taken in order, with others between', async (t) => {
  const name = (i: number): string => `k${String(i).padStart(5, '0')}`
  const sorted = new SortedKeys()
  const all: string[] = []
  for (let i = 0; i < 3000; i++) {
    // Now and then one that belongs far behind, or far before.
    const keys = i % 400 === 7 ? [name(i), name(9000 - i), `a${i}`, name(i)] : [name(i)]
    for (const key of keys) sorted.add(key)
    all.push(...new Set(keys))
  }
  t.same([...sorted.from('', true)], all.sort())
  const left = new Set(all)
  for (let i = 0; i < 3000; i++) {
    sorted.remove(name(i))
    left.delete(name(i))
    if (i % 500 === 499) t.same([...sorted.from('', true)], [...left])
  }
})

void test('a walk through sorted keys allows changes behind and before it', async (t) => {
  const sorted = new SortedKeys()
  for (const key of ['a', 'b', 'c', 'd']) sorted.add(key)
  const seen: string[] = []
  for (const key of sorted.from('', true)) {
    seen.push(key)
    if (key !== 'b') continue
    for (const gone of ['a', 'b', 'c']) sorted.remove(gone)
    sorted.add('bb')
    sorted.add('aa')
  }
  t.same(seen, ['a', 'b', 'bb', 'd'])
})
