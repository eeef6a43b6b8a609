// What the core may look at outside itself, synchronously and without side effects.
// Implemented by storage/ (lmdb, memory, the bounded copies); changed only through effects.
import type { EntryHead } from './messages.ts'
import type { Copy, Entry, Version } from './types.ts'

/** A page of a store as its owner sees it. */
export interface StorePage {
  readonly items: readonly (
    | { readonly kind: 'head'; readonly head: EntryHead }
    | { readonly kind: 'entry'; readonly entry: Entry }
  )[]
  /** The last key looked at; undefined: the end was reached. */
  readonly end: string | undefined
}

export interface PageBounds {
  /** Keys above this one in byte order of their UTF-8; undefined: from the start. */
  readonly after: string | undefined
  /** Keys up to and including this one; undefined: to the end. */
  readonly upTo: string | undefined
  /** One bit a bucket, least significant first (core/digest.ts); undefined: every bucket. */
  readonly wanted: Uint8Array | undefined
  /** Values of at most `valueBytesMax` come along; larger ones are left as heads. -1: none. */
  readonly valueBytesMax: number
  /** The page ends once it holds this many bytes of values. */
  readonly bytesMax: number
  /** The page ends after this many keys were looked at, wanted or not. */
  readonly keysMax: number
}

/** The entries this node holds. Tombstones are entries. Every `store` effect is visible at once. */
export interface EntryReader {
  get(key: string): Entry | undefined
  /** Live entries: no tombstones. */
  readonly keyCount: number
  /** No room for more values; deletes still fit. */
  readonly isFull: boolean
  /** At least as high as every version ever stored here. */
  readonly highestVersion: Version
  /** The digest: BUCKETS fingerprints of 8 bytes. The result is a snapshot. */
  digest(): Uint8Array
  page(bounds: PageBounds): StorePage
}

/** The copies this node keeps. `keep` and `drop` effects are visible at once. */
export interface CopyReader {
  get(key: string): Copy | undefined
  /** The copy of the key with this hash (core/key-hash.ts). */
  byHash(keyHash: string): Copy | undefined
}

/** Chance: a number in [0, 1). */
export type Random = () => number
