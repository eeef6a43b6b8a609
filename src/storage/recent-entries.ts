// Entries that were read lately, decoded and checked once: most reads are of few keys.
// Holds only what its table would read again; the table says when that has changed.
import { LRUCache } from 'lru-cache'
import type { Entry } from '../core/types.ts'

/** All of them together. Unit: bytes. Some ten thousand small entries; little beside the store. */
export const RECENT_BYTES_MAX = 16 * 1024 * 1024

/** A larger entry is not kept here, but known as long as somebody else holds it. Unit: bytes. */
export const RECENT_ENTRY_MAX = 16 * 1024

/** Large entries known in this way. Unit: entries. More than are sent or written at once. */
export const LARGE_KNOWN_MAX = 256

/** What an entry costs here beside its key and value. Unit: bytes. The objects and lru-cache. */
const OVERHEAD_BYTES = 512

export class RecentEntries {
  readonly #entries = new LRUCache<string, Entry>({
    maxSize: RECENT_BYTES_MAX,
    sizeCalculation: bytesOf,
  })

  /**
   * Large entries that are being written or sent, or were a moment ago: to read ten megabytes again
   * takes the event loop for several milliseconds. These keep nothing in memory.
   */
  readonly #large = new LRUCache<string, WeakRef<Entry>>({ max: LARGE_KNOWN_MAX })

  get(key: string): Entry | undefined {
    return this.#entries.get(key) ?? this.#large.get(key)?.deref()
  }

  add(entry: Entry): void {
    if (isLarge(entry)) this.#large.set(entry.key, new WeakRef(entry))
    else this.#entries.set(entry.key, entry)
  }

  /** An entry that was just written: a small one is cheaper to read again than to keep unread. */
  written(entry: Entry): void {
    if (isLarge(entry)) this.add(entry)
  }

  drop(key: string): void {
    this.#entries.delete(key)
    this.#large.delete(key)
  }
}

function bytesOf({ key, content }: Entry): number {
  const valueBytes = content.kind === 'value' ? content.bytes.length : 0
  return 2 * key.length + valueBytes + OVERHEAD_BYTES
}

function isLarge(entry: Entry): boolean {
  return bytesOf(entry) > RECENT_ENTRY_MAX
}
