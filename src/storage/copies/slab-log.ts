// Memory for records, in slabs that are filled one after the other and used again once they are empty.
// Knows how long records are and which are dead, not what they say.
import {
  DEAD_SHARE_MAX,
  PLACE_BITS,
  RECORD_ALIGN_BYTES,
  SLAB_BYTES_MIN,
  SLABS_MAX,
  SPARE_SLABS_MAX,
} from './limits.ts'

const PLACE_MASK = 2 ** PLACE_BITS - 1

/** One piece of memory outside the heap, seen as bytes and as aligned numbers. */
export class Slab {
  readonly number: number
  readonly bytes: Buffer
  readonly words: Uint32Array<ArrayBuffer>
  readonly floats: Float64Array<ArrayBuffer>
  /** Records lie one after the other up to here. Unit: bytes. */
  end = 0
  /** What records take that nobody needs any more. Unit: bytes. */
  dead = 0
  /** Up to here it has been looked through for what may go. Unit: bytes. */
  swept = 0

  constructor(number: number, memory: ArrayBuffer) {
    this.number = number
    this.bytes = Buffer.from(memory)
    this.words = new Uint32Array(memory)
    this.floats = new Float64Array(memory)
  }

  get size(): number {
    return this.bytes.length
  }
}

export class SlabLog {
  /** A full slab. Unit: bytes; a multiple of RECORD_ALIGN_BYTES. */
  readonly slabBytes: number
  /** By number; 0 names no slab. */
  readonly #slabs: (Slab | undefined)[] = [undefined]
  readonly #numbers: number[] = []
  /** Oldest first; the last one is being filled. */
  readonly #order: Slab[] = []
  readonly #spare: ArrayBuffer[] = []
  #bytesInUse = 0

  constructor(slabBytes: number) {
    this.slabBytes = slabBytes
  }

  /** All slabs but those that wait to be used again. Unit: bytes. */
  get bytesInUse(): number {
    return this.#bytesInUse
  }

  /** All slabs. Unit: bytes. */
  get bytes(): number {
    return this.#bytesInUse + this.#spare.length * this.slabBytes
  }

  /** There are hardly names left for more slabs. */
  get isFull(): boolean {
    return this.#order.length > SLABS_MAX - SPARE_SLABS_MAX
  }

  get oldest(): Slab | undefined {
    return this.#order[0]
  }

  /** The slab with the most dead bytes, if they are many; neither the oldest nor the newest. */
  get deadest(): Slab | undefined {
    let found: Slab | undefined
    for (let i = 1; i < this.#order.length - 1; i++) {
      const slab = this.#order[i]
      if (slab === undefined || slab.dead <= slab.size * DEAD_SHARE_MAX) continue
      if (found === undefined || slab.dead * found.size > found.dead * slab.size) found = slab
    }
    return found
  }

  slabOf(ref: number): Slab {
    const slab = this.#slabs[ref >>> PLACE_BITS]
    if (slab === undefined) throw new Error('bug: a record lies in no slab')
    return slab
  }

  /** Room for a record of at most `slabBytes`, a multiple of RECORD_ALIGN_BYTES; names it. */
  reserve(bytes: number): number {
    let slab = this.#order.at(-1)
    if (slab === undefined || slab.size - slab.end < bytes) slab = this.#open(bytes)
    const ref = refOf(slab, slab.end)
    slab.end += bytes
    return ref
  }

  /** Nothing in this slab is needed any more. */
  release(slab: Slab): void {
    this.#order.splice(this.#order.indexOf(slab), 1)
    this.#slabs[slab.number] = undefined
    this.#numbers.push(slab.number)
    this.#bytesInUse -= slab.size
    const isFullSize = slab.size === this.slabBytes
    if (isFullSize && this.#spare.length < SPARE_SLABS_MAX) this.#spare.push(slab.words.buffer)
  }

  clear(): void {
    this.#slabs.length = 1
    this.#numbers.length = 0
    this.#order.length = 0
    this.#spare.length = 0
    this.#bytesInUse = 0
  }

  /** The first slabs are small; each is as large as all before it, up to the full size. */
  #open(bytes: number): Slab {
    const wanted = Math.max(SLAB_BYTES_MIN, this.#bytesInUse, bytes)
    const memory = this.#spare.pop() ?? new ArrayBuffer(Math.min(this.slabBytes, aligned(wanted)))
    const slab = new Slab(this.#numbers.pop() ?? this.#slabs.length, memory)
    this.#slabs[slab.number] = slab
    this.#order.push(slab)
    this.#bytesInUse += slab.size
    return slab
  }
}

/** The name of the record that begins there. Never 0. */
export function refOf(slab: Slab, at: number): number {
  return ((slab.number << PLACE_BITS) | (at / RECORD_ALIGN_BYTES)) >>> 0
}

/** Where in its slab a record begins. Unit: bytes. */
export function placeOf(ref: number): number {
  return (ref & PLACE_MASK) * RECORD_ALIGN_BYTES
}

/** Rounded up to where the next record may begin. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / RECORD_ALIGN_BYTES) * RECORD_ALIGN_BYTES
}
