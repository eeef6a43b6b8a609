// The copies that are held: their records in slabs, their large values, and the index that finds them.
// Keeps these in step with each other. Knows no budget: eviction.ts decides what goes.
import type { Copy } from '../../core/types.ts'
import { ContentTypes } from './content-types.ts'
import { CopyIndex } from './copy-index.ts'
import type { HashWords } from './hash-words.ts'
import { OutsideValues } from './outside-values.ts'
import {
  bytesOf,
  HIGH_WORD,
  isDead,
  LOW_WORD,
  OUTSIDE,
  setDead,
  setUsed,
  SHAPE_WORD,
  VALUE_WORD,
  wordOf,
} from './record-head.ts'
import { copyOf, hasKey, keyOf } from './record-reader.ts'
import { type Draft, draftOf, writeRecord } from './record-writer.ts'
import { placeOf, refOf, type Slab, SlabLog } from './slab-log.ts'

export interface HeldLimits {
  /** Unit: bytes; a multiple of RECORD_ALIGN_BYTES. No record is longer. */
  readonly slabBytes: number
  /** A longer value lies outside the slabs. Unit: bytes. */
  readonly inlineBytesMax: number
}

export class HeldCopies {
  readonly slabs: SlabLog
  readonly #inlineBytesMax: number
  readonly #index = new CopyIndex((ref) => this.#word(ref, HIGH_WORD))
  readonly #beside = { types: new ContentTypes(), outside: new OutsideValues() }

  constructor({ slabBytes, inlineBytesMax }: HeldLimits) {
    this.slabs = new SlabLog(slabBytes)
    this.#inlineBytesMax = inlineBytesMax
  }

  get count(): number {
    return this.#index.count
  }

  /** Everything that is held, slabs that wait to be used again included. Unit: bytes. */
  get bytes(): number {
    return this.slabs.bytes + this.#bytesBesideSlabs
  }

  /** The same without those slabs. */
  get bytesInUse(): number {
    return this.slabs.bytesInUse + this.#bytesBesideSlabs
  }

  /** The record with this hash; 0: there is none. */
  find({ low, high }: HashWords): number {
    return this.#index.find(low, high)
  }

  /** The copy of this key, if that is what the record holds; it counts as used. */
  use(ref: number, key: string): Copy | undefined {
    const place = this.#place(ref)
    if (!hasKey(place, key)) return undefined
    setUsed(place.slab, place.at)
    return copyOf(place, key, this.#beside)
  }

  /** The copy of a record; it does not count as used. */
  read(ref: number): Copy {
    return copyOf(this.#place(ref), this.keyOf(ref), this.#beside)
  }

  keyOf(ref: number): string {
    return keyOf(this.#place(ref))
  }

  hashOf(ref: number): HashWords {
    return { low: this.#word(ref, LOW_WORD), high: this.#word(ref, HIGH_WORD) }
  }

  /** All records. Nothing may change meanwhile. */
  refs(): Iterable<number> {
    return this.#index.refs()
  }

  /** How a copy would be held. */
  draftOf(copy: Copy): Draft {
    return draftOf(copy, this.#beside.types, this.#inlineBytesMax)
  }

  /** Holds a copy that fits a slab, and of whose hash there is none. */
  add(hash: HashWords, draft: Draft): void {
    const ref = this.slabs.reserve(draft.bytes)
    writeRecord(this.#place(ref), draft, { hash, outside: this.#beside.outside })
    const evicted = this.#index.add(hash.low, ref)
    if (evicted !== 0) this.#bury(evicted)
  }

  remove(ref: number): void {
    this.#index.remove(this.#word(ref, LOW_WORD), ref)
    this.#bury(ref)
  }

  /** Moves a record to the newest slab. */
  move(ref: number): void {
    const { slab, at } = this.#place(ref)
    const bytes = bytesOf(slab, at)
    const to = this.slabs.reserve(bytes)
    slab.bytes.copy(this.slabs.slabOf(to).bytes, placeOf(to), at, at + bytes)
    this.#index.move(this.#word(ref, LOW_WORD), ref, to)
    setDead(slab, at)
  }

  /** Moves what lives in a slab to the newest one, and gives the slab back. */
  empty(slab: Slab): void {
    for (let at = 0; at < slab.end; at += bytesOf(slab, at)) {
      if (!isDead(slab, at)) this.move(refOf(slab, at))
    }
    this.slabs.release(slab)
  }

  clear(): void {
    this.slabs.clear()
    this.#index.clear()
    this.#beside.types.clear()
    this.#beside.outside.clear()
  }

  get #bytesBesideSlabs(): number {
    const { types, outside } = this.#beside
    return this.#index.bytes + types.bytes + outside.bytes
  }

  /** The index knows the record no more. */
  #bury(ref: number): void {
    const { slab, at } = this.#place(ref)
    const isOutside = (wordOf(slab, at, SHAPE_WORD) & OUTSIDE) !== 0
    if (isOutside) this.#beside.outside.remove(wordOf(slab, at, VALUE_WORD))
    setDead(slab, at)
  }

  #place(ref: number) {
    return { slab: this.slabs.slabOf(ref), at: placeOf(ref) }
  }

  #word(ref: number, word: number): number {
    return wordOf(this.slabs.slabOf(ref), placeOf(ref), word)
  }
}
