// Compares digests: which buckets of two stores differ. Computing fingerprints is storage/'s work.
import { assert } from './assert.ts'
import { BUCKETS } from './limits.ts'

/** Bytes of one bucket's fingerprint. */
export const FINGERPRINT_BYTES = 8

const WORD_BYTES = 4
const WORDS_A_FINGERPRINT = FINGERPRINT_BYTES / WORD_BYTES

/** Bytes of a whole digest. */
export const DIGEST_BYTES = BUCKETS * FINGERPRINT_BYTES

/** Bytes of a set of buckets, one bit each. */
export const BUCKET_SET_BYTES = BUCKETS / 8

/** The buckets in which two digests differ, and how many. Bit b of byte i stands for bucket 8i+b. */
export function differingBuckets(
  mine: Uint8Array,
  theirs: Uint8Array,
): { buckets: Uint8Array; count: number } {
  assert(mine.length === DIGEST_BYTES && theirs.length === DIGEST_BYTES, 'a digest has one size')
  const buckets = new Uint8Array(BUCKET_SET_BYTES)
  const a = wordsOf(mine)
  const b = wordsOf(theirs)
  let count = 0
  let last = -1
  for (let word = 0; word < a.length; word++) {
    if (a[word] === b[word]) continue
    const bucket = Math.floor(word / WORDS_A_FINGERPRINT)
    if (bucket === last) continue
    last = bucket
    buckets[bucket >> 3] = (buckets[bucket >> 3] ?? 0) | (1 << (bucket & 7))
    count++
  }
  return { buckets, count }
}

/** Whether a set of buckets holds this one. */
export function hasBucket(buckets: Uint8Array, bucket: number): boolean {
  return ((buckets[bucket >> 3] ?? 0) & (1 << (bucket & 7))) !== 0
}

/** The same bytes four at a time. What came by the network may begin anywhere; a view may not. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset } = bytes.byteOffset % WORD_BYTES === 0 ? bytes : new Uint8Array(bytes)
  return new Uint32Array(buffer, byteOffset, DIGEST_BYTES / WORD_BYTES)
}
