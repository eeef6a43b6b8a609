// What the pages of a mirror or a merge consist of, on their way from node to node. Data only.
import type { TravelEntry } from './messages.ts'
import type { Version } from './types.ts'

/** A record on its way (core/ports.ts). */
export interface TravelRecord {
  readonly key: string
  readonly version: Version
  /** As in TravelEntry; what `bytes` say of it means nothing here. */
  readonly ttlLeftMs: number | undefined
  readonly valueBytes: number
  readonly bytes: Uint8Array
}

/** An entry's name without its value. */
export interface EntryHead {
  readonly key: string
  readonly version: Version
  readonly isTombstone: boolean
  readonly valueBytes: number
}

/** `entry` where the value was wanted and is small. */
export type PageItem =
  | { readonly kind: 'head'; readonly head: EntryHead }
  | { readonly kind: 'entry'; readonly entry: TravelEntry }
  /** Only in a block, and for who asked for it. */
  | { readonly kind: 'record'; readonly record: TravelRecord }
