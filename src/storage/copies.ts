// The bounded copies a node keeps of entries it is no master of, least recently used out first.
// Decides nothing about freshness: that is the core's.
import { LRUCache } from 'lru-cache'
import { keyHash } from '../core/key-hash.ts'
import type { CopyReader } from '../core/ports.ts'
import type { Copy } from '../core/types.ts'
import { compareKeys } from './key-order.ts'
import { owned } from './owned.ts'

/** What a copy costs beside its key and value. Unit: bytes. Measured: lru-cache and the objects. */
export const COPY_OVERHEAD_BYTES = 256

/** A larger copy is not kept: it would push out too many others. Unit: share of the budget. */
export const COPY_SHARE_MAX = 1 / 8

/** Copies kept at most. Unit: copies. Growing a Map beyond this stalls the event loop. */
export const COPIES_MAX = 4_000_000

export class Copies implements CopyReader {
  /** By the hash of the key, as invalidations name it. Of two keys with one hash, one is kept. */
  readonly #copies: LRUCache<string, Copy> | undefined
  readonly #copyBytesMax: number

  /** `bytesMax`: keys, values and overhead of all copies together; 0 keeps none. */
  constructor(bytesMax: number) {
    this.#copyBytesMax = Math.floor(bytesMax * COPY_SHARE_MAX)
    this.#copies =
      this.#copyBytesMax > 0
        ? new LRUCache({ maxSize: Math.floor(bytesMax), sizeCalculation: copyBytes })
        : undefined
  }

  get count(): number {
    return this.#copies?.size ?? 0
  }

  get bytes(): number {
    return this.#copies?.calculatedSize ?? 0
  }

  /** The copy; it counts as used. */
  get(key: string): Copy | undefined {
    const copy = this.#copies?.get(keyHash(key))
    return copy?.key === key ? copy : undefined
  }

  /** The copy that an invalidation means; it does not count as used. */
  byHash(hash: string): Copy | undefined {
    return this.#copies?.peek(hash)
  }

  /** A snapshot: of each copy there is now, the hash of its key. */
  hashes(): readonly string[] {
    return [...(this.#copies?.keys() ?? [])]
  }

  /** Keeps a copy in place of what was known of its key; one that is too large is not kept. */
  put(copy: Copy): void {
    if (this.#copies === undefined) return
    if (copyBytes(copy) > this.#copyBytesMax) {
      this.#copies.delete(keyHash(copy.key))
      return
    }
    if (this.#copies.size >= COPIES_MAX) this.#copies.pop()
    this.#copies.set(keyHash(copy.key), ownedCopy(copy))
  }

  drop(hash: string): void {
    this.#copies?.delete(hash)
  }

  /** Every copy goes. */
  clear(): void {
    this.#copies?.clear()
  }

  /** Keys of copies of live entries and of absences alike, in byte order. */
  keys(): string[] {
    return [...(this.#copies?.values() ?? [])].map((copy) => copy.key).sort(compareKeys)
  }
}

/** What a copy counts for. */
function copyBytes(copy: Copy): number {
  const keyBytes = 2 * copy.key.length + COPY_OVERHEAD_BYTES
  if (copy.known.kind === 'absent' || copy.known.entry.content.kind === 'tombstone') return keyBytes
  return keyBytes + copy.known.entry.content.bytes.length
}

function ownedCopy(copy: Copy): Copy {
  if (copy.known.kind === 'absent') return copy
  const entry = owned(copy.known.entry)
  return entry === copy.known.entry ? copy : { ...copy, known: { kind: 'entry', entry } }
}
