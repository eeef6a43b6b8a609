// Where the record of a hash is: open addressing in typed arrays, grown a small piece at a time.
// Knows neither keys nor records: it is told where one is, and asks for the other half of its hash.
import { SEGMENT_LOAD_MAX, SEGMENT_SLOTS_MAX, SEGMENT_SLOTS_MIN, SPLITS_MAX } from './limits.ts'

/** A slot: the low word of a hash, then where its record is; 0: the slot is empty. */
const SLOT_WORDS = 2
const SLOT_BYTES = SLOT_WORDS * Uint32Array.BYTES_PER_ELEMENT

/** A table with linear probing, of all hashes that begin with the same `depth` bits. */
interface Segment {
  readonly words: Uint32Array
  readonly depth: number
  count: number
}

/**
 * Extendible hashing: the first bits of a hash choose a segment, the last ones a slot in it. A full
 * segment is split, so that no insertion ever moves more than one segment.
 */
export class CopyIndex {
  /** The high word of the hash of a record. */
  readonly #highOf: (ref: number) => number
  /** 2 ** depth segments; one that is not split as deep stands there several times. */
  #directory: Segment[] = [segmentOf(SEGMENT_SLOTS_MIN, 0)]
  #depth = 0
  #count = 0
  #bytes = SEGMENT_SLOTS_MIN * SLOT_BYTES

  constructor(highOf: (ref: number) => number) {
    this.#highOf = highOf
  }

  get count(): number {
    return this.#count
  }

  /** What the segments take. Unit: bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** The record of a hash; 0: there is none. */
  find(low: number, high: number): number {
    const { words } = this.#segment(low)
    const mask = words.length - 1
    let at = homeOf(words, low)
    let ref = words[at + 1] ?? 0
    while (ref !== 0) {
      if (words[at] === low && this.#highOf(ref) === high) return ref
      at = (at + SLOT_WORDS) & mask
      ref = words[at + 1] ?? 0
    }
    return 0
  }

  /**
   * Adds a record whose hash is not in the index. Returns one that had to go for it, and is in the
   * index no more; 0: none had to.
   */
  add(low: number, ref: number): number {
    let segment = this.#segment(low)
    let evicted = 0
    while (segment.count >= slotsOf(segment) * SEGMENT_LOAD_MAX) {
      if (slotsOf(segment) < SEGMENT_SLOTS_MAX) this.#grow(segment, low)
      else if (segment.depth < SPLITS_MAX) this.#split(segment, low)
      else evicted = this.#evict(segment, low)
      segment = this.#segment(low)
    }
    put(segment, low, ref)
    this.#count++
    return evicted
  }

  /** A record is at another place now. */
  move(low: number, from: number, to: number): void {
    const { words } = this.#segment(low)
    words[slotOf(words, low, from) + 1] = to
  }

  /** The record is in the index. */
  remove(low: number, ref: number): void {
    const segment = this.#segment(low)
    this.#empty(segment, slotOf(segment.words, low, ref))
  }

  /** All records, in an order of no meaning. The index must not change meanwhile. */
  *refs(): Iterable<number> {
    for (const { words } of new Set(this.#directory)) {
      for (let at = 1; at < words.length; at += SLOT_WORDS) {
        const ref = words[at] ?? 0
        if (ref !== 0) yield ref
      }
    }
  }

  clear(): void {
    this.#directory = [segmentOf(SEGMENT_SLOTS_MIN, 0)]
    this.#depth = 0
    this.#count = 0
    this.#bytes = SEGMENT_SLOTS_MIN * SLOT_BYTES
  }

  #segment(low: number): Segment {
    const segment = this.#directory[placeOf(low, this.#depth)]
    if (segment === undefined) throw new Error('bug: the directory has a hole')
    return segment
  }

  #grow(segment: Segment, low: number): void {
    const larger = segmentOf(2 * slotsOf(segment), segment.depth)
    for (const [tag, ref] of slots(segment)) put(larger, tag, ref)
    this.#replace(segment, low, [larger])
  }

  #split(segment: Segment, low: number): void {
    const depth = segment.depth + 1
    const halves = [segmentOf(SEGMENT_SLOTS_MAX, depth), segmentOf(SEGMENT_SLOTS_MAX, depth)]
    for (const [tag, ref] of slots(segment)) {
      const half = halves[placeOf(tag, depth) & 1]
      if (half !== undefined) put(half, tag, ref)
    }
    if (depth > this.#depth) {
      this.#directory = this.#directory.flatMap((each) => [each, each])
      this.#depth = depth
    }
    this.#replace(segment, low, halves)
  }

  /** Puts one or two segments wherever the directory names the one of this hash. */
  #replace(segment: Segment, low: number, by: readonly Segment[]): void {
    const places = 2 ** (this.#depth - segment.depth)
    const first = placeOf(low, this.#depth) & ~(places - 1)
    by.forEach((each, i) => {
      const from = first + (i * places) / by.length
      this.#directory.fill(each, from, from + places / by.length)
      this.#bytes += each.words.byteLength
    })
    this.#bytes -= segment.words.byteLength
  }

  /** Removes the record in the first used slot at or after the one of this hash. */
  #evict(segment: Segment, low: number): number {
    const { words } = segment
    let at = homeOf(words, low)
    while (words[at + 1] === 0) at = (at + SLOT_WORDS) & (words.length - 1)
    const ref = words[at + 1] ?? 0
    this.#empty(segment, at)
    return ref
  }

  /** Later slots move up, so that no search ends too early. */
  #empty(segment: Segment, slot: number): void {
    const { words } = segment
    const mask = words.length - 1
    let hole = slot
    let at = (slot + SLOT_WORDS) & mask
    while (words[at + 1] !== 0) {
      const home = homeOf(words, words[at] ?? 0)
      // It may move to the hole unless that lies before its home.
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        words[hole] = words[at] ?? 0
        words[hole + 1] = words[at + 1] ?? 0
        hole = at
      }
      at = (at + SLOT_WORDS) & mask
    }
    words[hole + 1] = 0
    segment.count--
    this.#count--
  }
}

function segmentOf(slots: number, depth: number): Segment {
  return { words: new Uint32Array(slots * SLOT_WORDS), depth, count: 0 }
}

function slotsOf({ words }: Segment): number {
  return words.length / SLOT_WORDS
}

/** Which of 2 ** depth places a hash has. A shift by 32 would be one by 0. */
function placeOf(low: number, depth: number): number {
  return depth === 0 ? 0 : low >>> (32 - depth)
}

function homeOf(words: Uint32Array, low: number): number {
  return (low * SLOT_WORDS) & (words.length - 1)
}

function put(segment: Segment, low: number, ref: number): void {
  const { words } = segment
  let at = homeOf(words, low)
  while (words[at + 1] !== 0) at = (at + SLOT_WORDS) & (words.length - 1)
  words[at] = low
  words[at + 1] = ref
  segment.count++
}

function slotOf(words: Uint32Array, low: number, ref: number): number {
  let at = homeOf(words, low)
  for (let looked = 0; looked < words.length; looked += SLOT_WORDS) {
    if (words[at + 1] === ref) return at
    at = (at + SLOT_WORDS) & (words.length - 1)
  }
  throw new Error('bug: the record is not in the index')
}

function* slots({ words }: Segment): Iterable<[low: number, ref: number]> {
  for (let at = 0; at < words.length; at += SLOT_WORDS) {
    const ref = words[at + 1] ?? 0
    if (ref !== 0) yield [words[at] ?? 0, ref]
  }
}
