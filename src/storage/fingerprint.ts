// Hashes of entries: the bucket of a key, the fingerprint of what is stored under it, the digest.
// The same on every node and in every kind of store; never looks at values.
import xxhash from 'xxhash-wasm'
import { BUCKETS, KEY_BYTES_MAX } from '../core/limits.ts'
import type { Version } from '../core/types.ts'
import { VERSION_BYTES, writeVersion } from '../wire/version-bytes.ts'

const hashes = await xxhash()

// Part of the protocol: nodes that differ in them never agree on a digest.
const BUCKET_SEED = 0
const LOW_SEED = 1
const HIGH_SEED = 2

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

const scratch = Buffer.alloc(VERSION_BYTES + 1 + KEY_BYTES_MAX)

/** The bucket of a key given as UTF-8: 0 to BUCKETS - 1. */
export function bucketOf(keyBytes: Uint8Array): number {
  return hashes.h32Raw(keyBytes, BUCKET_SEED) % BUCKETS
}

/** What a fingerprint speaks for. */
export interface Mark {
  readonly keyBytes: Uint8Array
  readonly version: Version
  readonly isTombstone: boolean
}

/**
 * One XOR of fingerprints a bucket. Adding a mark and removing it are the same operation, so the
 * order of changes does not matter; removing what was never added breaks it.
 */
export class Digest {
  readonly #words = new Uint32Array(2 * BUCKETS)

  /** Adds a mark that is not in the digest, or removes one that is. */
  toggle(mark: Mark): void {
    const word = 2 * bucketOf(mark.keyBytes)
    const input = fingerprintInput(mark)
    this.#words[word] = (this.#words[word] ?? 0) ^ hashes.h32Raw(input, LOW_SEED)
    this.#words[word + 1] = (this.#words[word + 1] ?? 0) ^ hashes.h32Raw(input, HIGH_SEED)
  }

  /** A snapshot as it travels: 8 bytes a bucket, little-endian on every machine. */
  bytes(): Uint8Array {
    const bytes = Buffer.from(this.#words.slice().buffer)
    if (!IS_LITTLE_ENDIAN) bytes.swap32()
    return bytes
  }
}

/** Version, kind and key in one run of bytes. Valid until the next call. */
function fingerprintInput(mark: Mark): Uint8Array {
  const length = VERSION_BYTES + 1 + mark.keyBytes.length
  const input = length <= scratch.length ? scratch : Buffer.alloc(length)
  writeVersion(mark.version, input, 0)
  input[VERSION_BYTES] = mark.isTombstone ? 1 : 0
  input.set(mark.keyBytes, VERSION_BYTES + 1)
  return input.subarray(0, length)
}
