// What the core may look at outside itself, synchronously and without side effects.
// Implemented by storage/ (lmdb, memory, the bounded copies); changed only through effects.
import type { Conflict } from './conflicts.ts'
import type { EntryHead } from './pages.ts'
import type { Copy, Entry, RequestId, Version } from './types.ts'

/** An entry with a value, as stores keep it: copied from one to another without being taken apart. */
export interface StoredRecord {
  readonly key: string
  readonly version: Version
  /** As in Entry; the one within `bytes` may be another. */
  readonly expiresAtMs: number | undefined
  readonly valueBytes: number
  /** In the form with the number RECORD_FORM, which stores and wire/ know. */
  readonly bytes: Uint8Array
}

/** One key of a page. */
export type StoreItem =
  | { readonly kind: 'head'; readonly head: EntryHead }
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'record'; readonly record: StoredRecord }

/** A page of a store as its owner sees it. */
export interface StorePage {
  readonly items: readonly StoreItem[]
  /** Keys in it whose entries do not read back. */
  readonly damaged: readonly string[]
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
  /** Small values come as records. What cannot be one comes as an entry. */
  readonly asRecords?: boolean
  /** The page ends once it holds this many bytes of values. */
  readonly bytesMax: number
  /** The page ends after this many keys were looked at, wanted or not. */
  readonly keysMax: number
}

/** What a store is asked by time: entries that end, or tombstones. */
export type DueKind = 'expiring' | 'tombstone'

/** An entry in order of time: by the end of its life, or for a tombstone by when it was written. */
export interface DueEntry {
  readonly key: string
  readonly version: Version
  /** Unit: ms since 1970, whole. An expiry is rounded up, so that it is over by then. */
  readonly dueMs: number
}

/** A place in the order of time: by `dueMs`, then by key. */
export type DuePlace = Pick<DueEntry, 'key' | 'dueMs'>

export interface DueBounds {
  readonly kind: DueKind
  /** Up to and including this time. Unit: ms since 1970. */
  readonly upToMs: number
  /** After this place; undefined: from the oldest. */
  readonly after: DuePlace | undefined
  /** The page ends after this many entries were looked at. */
  readonly entriesMax: number
}

export interface DuePage {
  readonly entries: readonly DueEntry[]
  /** The last place looked at; undefined: nothing more is due. */
  readonly end: DuePlace | undefined
}

export interface DamagedEntry {
  readonly key: string
  readonly version: Version | undefined
}

/** What is stored under a key, without its value. */
export interface StoredHead {
  readonly version: Version
  readonly requestId: RequestId
  /** As in Entry. */
  readonly expiresAtMs: number | undefined
  readonly isTombstone: boolean
}

/** The entries this node holds. Tombstones are entries. Every `store` effect is visible at once. */
export interface EntryReader {
  get(key: string): Entry | undefined
  /**
   * What `get` says besides the value, which is not read: that takes as long as the value is large. A
   * value that does not read back is not noticed by this.
   */
  head(key: string): StoredHead | undefined
  /**
   * `get` found a record under this key that does not read back. Nobody may say "absent" for that:
   * it is stored, though not to be read.
   */
  isDamaged(key: string): boolean
  /**
   * The first of the damaged entries above this key in byte order, undefined: of all; with the
   * version, where that can still be read.
   */
  damaged(countMax: number, after: string | undefined): DamagedEntry[]
  /** Live entries: no tombstones. */
  readonly keyCount: number
  /** No room for more values; deletes still fit. */
  readonly isFull: boolean
  /** The disk surely takes values of so many bytes before it is full. Infinity: nobody counts. */
  readonly roomBytes: number
  /** Likewise with a part of what is kept free: for what a new master must hold whatever it takes. */
  readonly lastRoomBytes: number
  /** At least as high as every version ever stored here. */
  readonly highestVersion: Version
  /** The digest: BUCKETS fingerprints of 8 bytes. The result is a snapshot. */
  digest(): Uint8Array
  page(bounds: PageBounds): StorePage
  /**
   * Entries that are due, oldest first. What it names is stored just so now; what was put in the
   * last moments may be missing from it.
   */
  due(bounds: DueBounds): DuePage
  /** Writes that lost in a merge, oldest first. Those of the last moments may be missing from it. */
  conflicts(): readonly Conflict[]
}

/** The copies this node keeps. `keep` and `drop` effects are visible at once. */
export interface CopyReader {
  get(key: string): Copy | undefined
  /** The copy of the key with this hash (core/key-hash.ts). */
  byHash(keyHash: string): Copy | undefined
  /** The hashes of all of them, as they are now. */
  hashes(): readonly string[]
}

/** Chance: a number in [0, 1). */
export type Random = () => number
