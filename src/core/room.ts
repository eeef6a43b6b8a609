// Whether the disk of this node has room for all that a master must hold, as its mirror found out.
// Decides nothing about views; the primary hears of it by heartbeat.
import { ROOM_AGAIN_BYTES, ROOM_AGAIN_MS } from './limits.ts'
import type { EntryReader, StoredRecord } from './ports.ts'
import type { StoreChange } from './step.ts'
import { valueBytes } from './travel.ts'
import type { Entry } from './types.ts'

/** For the operator of this node. */
export const NO_ROOM =
  'the disk of this node is too small for all keys, so it cannot become master: give its data-dir ' +
  'more room, and until then it goes on without'

/** What an entry costs a store beside key and value, content type included, roughly. Unit: bytes. */
export const ENTRY_OVERHEAD_BYTES = 96

/** What an entry takes of a store, roughly: an older one of its key may give way. Unit: bytes. */
export function storedBytes(entry: Pick<Entry, 'key' | 'content'>): number {
  return ENTRY_OVERHEAD_BYTES + entry.key.length + valueBytes(entry)
}

/** What a record takes of a store, roughly. Unit: bytes. */
export function recordBytes({ key, valueBytes }: StoredRecord): number {
  return ENTRY_OVERHEAD_BYTES + key.length + valueBytes
}

/** What a change takes of a store, roughly: only what is put counts. Unit: bytes. */
export function changeBytes(change: StoreChange): number {
  if (change.kind === 'putRecord') return recordBytes(change.record)
  return change.kind === 'put' ? storedBytes(change.entry) : 0
}

export class Room {
  readonly #store: Pick<EntryReader, 'lastRoomBytes'>
  /** When a mirror last gave up for want of room, and how much there was. */
  #lacked: { readonly atMs: number; readonly roomBytes: number } | undefined

  constructor(store: Pick<EntryReader, 'lastRoomBytes'>) {
    this.#store = store
  }

  /** Whether entries of so many stored bytes surely fit. */
  takes(bytes: number): boolean {
    return bytes <= this.#store.lastRoomBytes
  }

  /** A mirror had more to store than fits. */
  lacks(nowMs: number): void {
    this.#lacked = { atMs: nowMs, roomBytes: this.#store.lastRoomBytes }
  }

  /** True from then on, until there is more room, or for so long that there may be less to store. */
  isLacking(nowMs: number): boolean {
    if (this.#lacked === undefined) return false
    const { atMs, roomBytes } = this.#lacked
    const hasMore = this.#store.lastRoomBytes - roomBytes >= ROOM_AGAIN_BYTES
    if (hasMore || nowMs - atMs >= ROOM_AGAIN_MS) this.#lacked = undefined
    return this.#lacked !== undefined
  }
}
