// The hash of keys that invalidations carry: a promise between nodes, and well spread.
import t from 'tap'
import { keyHash } from '../../src/core/key-hash.ts'

const GOLDEN = [
  'd3639c55a6d5df85',
  '19038f86a94208fa',
  'da2d72a5d35b0608',
  '820540d9840cf957',
  '713679ce13e45484',
  '2e15e57438b5e83d',
]

t.test('the hashes of these keys are a promise', async (t) => {
  t.same(['', 'a', 'b', 'key', 'grün', '\u{1f600}'].map(keyHash), GOLDEN)
})

t.test('similar keys have different hashes, in both halves', async (t) => {
  const keys = Array.from({ length: 20_000 }, (_, i) => `session:${i}`)
  const hashes = keys.map(keyHash)
  t.equal(new Set(hashes).size, keys.length)
  // Of 20,000 in 2^32, about 0.05 pairs share a half by chance.
  t.ok(new Set(hashes.map((hash) => hash.slice(0, 8))).size >= keys.length - 3)
  t.ok(new Set(hashes.map((hash) => hash.slice(8))).size >= keys.length - 3)
  t.ok(hashes.every((hash) => /^[0-9a-f]{16}$/.test(hash)))
})
