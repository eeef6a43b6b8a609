// What the checks found: a broken promise about one key.
import type { ReadRecord } from './history.ts'

export interface Finding {
  /** The promise: `lost`, `inverted`, `stale`, ... */
  readonly rule: string
  readonly key: string
  readonly text: string
}

/**
 * Who could know what while a cluster was split. Each side keeps its promises; what the other one
 * acknowledged is known once both have been merged.
 */
export interface Sides {
  /** Where the later version was acknowledged, the earlier one was known. */
  knows(key: string, later: string, earlier: string): boolean
  /** From this moment until it ended, the node of this read was on a side that knew the version. */
  mustKnow(read: ReadRecord, version: string, sinceMs: number): boolean
  /** What the later read's side knew includes what the earlier one's did. */
  follows(later: ReadRecord, earlier: ReadRecord): boolean
  wasSplit(fromMs: number, toMs: number): boolean
}

/** What a history is judged by beside itself. */
export interface Judgement {
  /** No read may be older than a write acknowledged this long before it. Unit: ms. */
  readonly staleMsMax: number
  /** Moments at which a node lost its memory. Two within one write excuse its double. */
  readonly memoryLostAt: readonly number[]
  /**
   * Whether a tombstone of this key with a version from the first up to below the second was purged.
   * Undefined: nothing is purged while a request id is remembered.
   */
  readonly wasPurged?: ((key: string, from: string, below: string) => boolean) | undefined
  /** What was acknowledged by masters that are lost for good, in a cluster that was forced to go on. */
  readonly isGone?: ((key: string, version: string) => boolean) | undefined
  /** Undefined: the cluster was never split. */
  readonly sides: Sides | undefined
}
