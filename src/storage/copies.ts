// The bounded copies a node keeps of entries it is no master of: a flat index, and records in slabs.
// Decides nothing about freshness: that is the core's.
import { keyHash } from '../core/key-hash.ts'
import type { CopyReader } from '../core/ports.ts'
import type { Copy } from '../core/types.ts'
import { Eviction } from './copies/eviction.ts'
import { hashText, hashWords } from './copies/hash-words.ts'
import { HeldCopies } from './copies/held-copies.ts'
import {
  COPY_SHARE_MAX,
  INLINE_BYTES_MAX,
  INLINE_SHARE,
  RECORD_ALIGN_BYTES,
  SLAB_BYTES_MAX,
  SLAB_SHARE,
  SPARE_SLABS_MAX,
} from './copies/limits.ts'
import { compareKeys } from './key-order.ts'

export class Copies implements CopyReader {
  /** By the hash of the key, as invalidations name it. Of two keys with one hash, one is kept. */
  readonly #held: HeldCopies
  readonly #eviction: Eviction
  readonly #slabBytes: number
  readonly #copyBytesMax: number

  /** `bytesMax`: what is held for all copies together, index and gaps included; 0 keeps none. */
  constructor(bytesMax: number) {
    const slabBytes = Math.min(SLAB_BYTES_MAX, bytesMax * SLAB_SHARE)
    this.#slabBytes = slabBytes - (slabBytes % RECORD_ALIGN_BYTES)
    this.#copyBytesMax = Math.floor(bytesMax * COPY_SHARE_MAX)
    const inlineBytesMax = Math.min(INLINE_BYTES_MAX, this.#slabBytes * INLINE_SHARE)
    this.#held = new HeldCopies({ slabBytes: this.#slabBytes, inlineBytesMax })
    // While one slab is being emptied, others take in what lives on.
    this.#eviction = new Eviction(this.#held, bytesMax - SPARE_SLABS_MAX * this.#slabBytes)
  }

  get count(): number {
    return this.#held.count
  }

  /** What is held in memory for them; never more than the budget. */
  get bytes(): number {
    return this.#held.count === 0 ? 0 : this.#held.bytes
  }

  /** The copy; it counts as used. Its bytes stay as they are, whatever becomes of the copy. */
  get(key: string): Copy | undefined {
    const ref = this.#held.find(hashWords(keyHash(key)))
    return ref === 0 ? undefined : this.#held.use(ref, key)
  }

  /** The copy that an invalidation means; it does not count as used. */
  byHash(hash: string): Copy | undefined {
    const ref = this.#held.find(hashWords(hash))
    return ref === 0 ? undefined : this.#held.read(ref)
  }

  /** A snapshot: of each copy there is now, the hash of its key. */
  hashes(): readonly string[] {
    return Array.from(this.#held.refs(), (ref) => hashText(this.#held.hashOf(ref)))
  }

  /** Keeps a copy in place of what was known of its key; one that is too large is not kept. */
  put(copy: Copy): void {
    const hash = hashWords(keyHash(copy.key))
    const before = this.#held.find(hash)
    if (before !== 0) this.#held.remove(before)
    const draft = this.#held.draftOf(copy)
    const fitsSlab = draft.bytes <= this.#slabBytes
    if (fitsSlab && draft.bytes + draft.outsideBytes <= this.#copyBytesMax) {
      this.#held.add(hash, draft)
    }
    this.#eviction.trim()
    this.#freeIfEmpty()
  }

  drop(hash: string): void {
    const ref = this.#held.find(hashWords(hash))
    if (ref === 0) return
    this.#held.remove(ref)
    this.#freeIfEmpty()
  }

  /** Every copy goes. */
  clear(): void {
    this.#held.clear()
  }

  /** Keys of copies of live entries and of absences alike, in byte order. */
  keys(): string[] {
    return Array.from(this.#held.refs(), (ref) => this.#held.keyOf(ref)).sort(compareKeys)
  }

  /** What is dead is given back when there is need of it, or when nothing else is left. */
  #freeIfEmpty(): void {
    if (this.#held.count === 0) this.#held.clear()
  }
}
