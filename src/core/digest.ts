// Compares digests: which buckets of two stores differ. Computing fingerprints is storage/'s work.
import { assert } from './assert.ts'
import { BUCKETS } from './limits.ts'

/** Bytes of one bucket's fingerprint. */
export const FINGERPRINT_BYTES = 8

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
  let count = 0
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    if (sameFingerprint(mine, theirs, bucket * FINGERPRINT_BYTES)) continue
    buckets[bucket >> 3] = (buckets[bucket >> 3] ?? 0) | (1 << (bucket & 7))
    count++
  }
  return { buckets, count }
}

/** Whether a set of buckets holds this one. */
export function hasBucket(buckets: Uint8Array, bucket: number): boolean {
  return ((buckets[bucket >> 3] ?? 0) & (1 << (bucket & 7))) !== 0
}

function sameFingerprint(a: Uint8Array, b: Uint8Array, offset: number): boolean {
  for (let i = offset; i < offset + FINGERPRINT_BYTES; i++) if (a[i] !== b[i]) return false
  return true
}
