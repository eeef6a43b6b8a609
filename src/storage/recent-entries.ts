// Entries that were read lately, decoded and checked once: most reads are of few keys.
// Holds only what its table would read again; the table says when that has changed.
import { LRUCache } from 'lru-cache'
import type { Entry } from '../core/types.ts'

/** All of them together. Unit: bytes. Some ten thousand small entries; little beside the store. */
export const RECENT_BYTES_MAX = 16 * 1024 * 1024

/** A larger entry is read from the store each time: what it costs is mostly to be sent. Unit: bytes. */
export const RECENT_ENTRY_MAX = 16 * 1024

/** What an entry costs here beside its key and value. Unit: bytes. The objects and lru-cache. */
const OVERHEAD_BYTES = 512

export class RecentEntries {
  readonly #entries = new LRUCache<string, Entry>({
    maxSize: RECENT_BYTES_MAX,
    sizeCalculation: bytesOf,
  })

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  add(entry: Entry): void {
    if (bytesOf(entry) <= RECENT_ENTRY_MAX) this.#entries.set(entry.key, entry)
  }

  drop(key: string): void {
    this.#entries.delete(key)
  }
}

function bytesOf({ key, content }: Entry): number {
  const valueBytes = content.kind === 'value' ? content.bytes.length : 0
  return 2 * key.length + valueBytes + OVERHEAD_BYTES
}
