// The store interface: where a node's entries, its own state and its local entries live.
// Two implementations, one contract (test/contracts/store.ts): lmdb and memory.
import type { EntryReader } from '../core/ports.ts'
import type { StoreChange } from '../core/step.ts'
import type { DurableState, Entry, NodeId } from '../core/types.ts'

/** fsync: flushed before an answer; relaxed: flushed about every second; memory: never. */
export type Durability = 'fsync' | 'relaxed' | 'memory'

/** Which keys to list. Keys are in byte order of their UTF-8. */
export interface KeyRange {
  readonly prefix: string
  /** Only keys above this one; undefined: from the start. */
  readonly after: string | undefined
  /** Wall clock: keys whose entries have expired by then are left out. Unit: ms since 1970. */
  readonly liveAtMs: number
}

export interface Store extends EntryReader {
  readonly nodeId: NodeId
  /** Grows by one at every open, flushed before `open` returns. */
  readonly incarnation: number
  /** The state as of the last `state` change; undefined on a store that never had one. */
  readonly state: DurableState | undefined
  /** Keys, values and overhead of the cluster's entries, tombstones too. Unit: bytes. */
  readonly bytes: number

  /**
   * Applies the changes in order. They are visible to every reader when this returns; `flushed` is
   * called, never synchronously, once they and everything applied before them are durable as the
   * store's durability says. A failed flush calls the store's `onFailure` instead.
   */
  apply(changes: readonly StoreChange[], flushed: () => void): void

  /** Live cluster keys in byte order, read in steps; sees at least what was there at the start. */
  keys(range: KeyRange): Iterable<string>

  /** Local entries: their own table, known to no other node. */
  getLocal(key: string): Entry | undefined
  putLocal(entry: Entry, flushed: () => void): void
  localKeys(range: KeyRange): Iterable<string>

  /**
   * All cluster entries of one moment, at which everything applied before the call is in. Settles
   * once that is on disk. Close it: an open one keeps what was deleted since.
   */
  snapshot(): Promise<StoreSnapshot>

  /** Flushes and closes; after a failure it does not wait for the disk. May be called twice. */
  close(): Promise<void>
}

/** The entries of one moment, tombstones included. Later changes do not show in it. */
export interface StoreSnapshot {
  /** Damaged entries come as their keys. */
  page(bounds: SnapshotBounds): readonly SnapshotItem[]
  /** May be called twice. No page is asked for afterwards. */
  close(): void
}

export interface SnapshotBounds {
  /** Keys above this one, in byte order; undefined: from the start. */
  readonly after: string | undefined
  readonly entriesMax: number
  /** A page ends once it has so many bytes of values. */
  readonly bytesMax: number
}

export type SnapshotItem =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'damaged'; readonly key: string }
