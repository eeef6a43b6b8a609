// The bounded copies against a map: whatever is done, a copy that is there is the last one that was put.
// Chance has a fixed seed.
import fc from 'fast-check'
import { test } from 'tap'
import { keyHash } from '../../../src/core/key-hash.ts'
import type { Content, Copy } from '../../../src/core/types.ts'
import { Copies } from '../../../src/storage/copies.ts'
import { compareKeys } from '../../../src/storage/key-order.ts'
import { ODD_KEYS, plain, version } from '../../contracts/store-words.ts'

const SEED = 20261121
const KIB = 1024

/** In a budget like this one copies go all the time. */
const SMALL_BUDGETS = [2 * KIB, 8 * KIB, 64 * KIB, 300 * KIB]
const AMPLE_BUDGET = 1024 * KIB * KIB

const key = fc.oneof(
  fc.nat({ max: 60 }).map((i) => `key-${i}`),
  fc.constantFrom(...ODD_KEYS, '\ud800'),
)

const bytes = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.nat({ max: 200 }) },
      { weight: 3, arbitrary: fc.nat({ max: 5000 }) },
      { weight: 1, arbitrary: fc.nat({ max: 40_000 }) },
    ),
    fc.nat({ max: 255 }),
  )
  .map(([length, byte]) => Buffer.alloc(length, byte))

const contentType = fc.oneof(
  fc.constantFrom('text/plain', 'application/octet-stream', ''),
  fc.string({ maxLength: 20 }),
)

const content: fc.Arbitrary<Content> = fc.oneof(
  fc.constant({ kind: 'tombstone' } as const),
  ...Array.from({ length: 5 }, () =>
    fc.record({ kind: fc.constant('value' as const), bytes, contentType }),
  ),
)

const known: fc.Arbitrary<(key: string) => Copy['known']> = fc.oneof(
  fc.constant(() => ({ kind: 'absent' }) as const),
  ...Array.from({ length: 5 }, () =>
    fc
      .record({
        version: fc.nat().map(version),
        expiresAtMs: fc.option(fc.double({ noNaN: true }), { nil: undefined }),
        requestId: fc.stringMatching(/^[0-9a-f]{32}$/),
        content,
      })
      .map((parts) => (key: string) => ({ kind: 'entry', entry: { key, ...parts } }) as const),
  ),
)

const copy: fc.Arbitrary<Copy> = fc
  .record({
    key,
    known,
    provenAtMs: fc.double({ noNaN: true }),
    run: fc.nat(),
  })
  .map(({ key, known, provenAtMs, run }) => ({ key, known: known(key), provenAtMs, run }))

type Change =
  | { readonly kind: 'put'; readonly copy: Copy }
  | { readonly kind: 'get' | 'byHash' | 'drop'; readonly key: string }
  | { readonly kind: 'clear' }

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 50, arbitrary: copy.map((copy) => ({ kind: 'put', copy }) as const) },
  {
    weight: 40,
    arbitrary: fc.record({ kind: fc.constantFrom('get', 'byHash', 'drop'), key }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'clear' } as const) },
)

/** The copies beside a map that forgets nothing, and what they gave, with how it looked then. */
class Beside {
  readonly copies: Copies
  readonly put = new Map<string, Copy>()
  readonly #given: [Copy, unknown][] = []

  constructor(bytesMax: number) {
    this.copies = new Copies(bytesMax)
  }

  make(change: Change): void {
    const { copies, put } = this
    switch (change.kind) {
      case 'put':
        copies.put(change.copy)
        put.set(change.copy.key, change.copy)
        return
      case 'get':
        return this.#compare(change.key, copies.get(change.key))
      case 'byHash':
        return this.#compare(change.key, copies.byHash(keyHash(change.key)))
      case 'drop':
        copies.drop(keyHash(change.key))
        put.delete(change.key)
        return
      default:
        copies.clear()
        put.clear()
    }
  }

  /** Everything that must hold at any time. */
  check(bytesMax: number): void {
    const { copies, put } = this
    if (copies.bytes > bytesMax) throw new Error(`${copies.bytes} bytes of ${bytesMax}`)
    const keys = copies.keys()
    equal(keys, [...keys].sort(compareKeys))
    equal(keys.length, copies.count)
    equal([...copies.hashes()].sort(), keys.map(keyHash).sort())
    for (const key of keys) this.#compare(key, copies.byHash(keyHash(key)))
    for (const key of put.keys()) if (!keys.includes(key)) equal(copies.get(key), undefined)
  }

  /** What was given once is still as it was. */
  checkGiven(): void {
    for (const [copy, then] of this.#given) equal(plain(copy), then)
  }

  #compare(key: string, copy: Copy | undefined): void {
    if (copy === undefined) return
    const then = plain(copy)
    equal(then, plain(this.put.get(key)))
    equal(copy.provenAtMs, this.put.get(key)?.provenAtMs)
    this.#given.push([copy, then])
  }
}

function equal(a: unknown, b: unknown): void {
  if (!Object.is(a, b) && JSON.stringify(a) !== JSON.stringify(b)) {
    throw new Error(`${JSON.stringify(a)} is not ${JSON.stringify(b)}`)
  }
}

void test('a copy that is there is the last one that was put, in any budget', async (t) => {
  const property = fc.property(
    fc.constantFrom(...SMALL_BUDGETS),
    fc.array(change, { maxLength: 300, size: 'max' }),
    (bytesMax, changes) => {
      const beside = new Beside(bytesMax)
      changes.forEach((each, i) => {
        beside.make(each)
        if (beside.copies.bytes > bytesMax) throw new Error(`${beside.copies.bytes} bytes`)
        if (i % 50 === 0) beside.check(bytesMax)
      })
      beside.check(bytesMax)
      beside.checkGiven()
    },
  )
  fc.assert(property, { numRuns: 100, seed: SEED })
  t.pass(`100 runs, seed ${SEED}`)
})

void test('where there is room, nothing goes by itself', async (t) => {
  const property = fc.property(fc.array(change, { maxLength: 300, size: 'max' }), (changes) => {
    const beside = new Beside(AMPLE_BUDGET)
    for (const each of changes) {
      beside.make(each)
      equal(beside.copies.count, beside.put.size)
    }
    beside.check(AMPLE_BUDGET)
    beside.checkGiven()
  })
  fc.assert(property, { numRuns: 50, seed: SEED })
  t.pass(`50 runs, seed ${SEED}`)
})

void test('thousands of copies in room for hundreds: each is right as long as it is there', async (t) => {
  const bytesMax = 300 * KIB
  const beside = new Beside(bytesMax)
  const copies = fc.sample(copy, { numRuns: 8000, seed: SEED })
  copies.forEach((each, i) => {
    const key = `${each.key}-${i % 2000}`
    const entry = each.known.kind === 'entry' && { ...each.known.entry, key }
    const known = entry === false ? each.known : ({ kind: 'entry', entry } as const)
    beside.make({ kind: 'put', copy: { ...each, key, known } })
    if (i % 3 === 0) beside.make({ kind: 'get', key: `${each.key}-${(i * 7) % 2000}` })
    if (i % 5 === 0) beside.make({ kind: 'drop', key: `${each.key}-${(i * 11) % 2000}` })
    if (i % 1000 === 0) beside.check(bytesMax)
  })
  beside.check(bytesMax)
  beside.checkGiven()
  t.ok(beside.copies.count > 50, `${beside.copies.count} copies`)
})
