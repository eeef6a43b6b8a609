// Where the parts of a record lie in a slab, and what its first words say and take.
// Knows no copy: record-writer.ts and record-reader.ts turn one into the other.
import type { Slab } from './slab-log.ts'

/** Where a record lies. `at` is its first byte. */
export interface Place {
  readonly slab: Slab
  readonly at: number
}

/** What every record begins with: numbers in the byte order of this machine. */
export const HEAD_BYTES = 32

// Within it. Unit: words of four bytes; two for the double of PROVEN_WORD.
export const LOW_WORD = 0
export const HIGH_WORD = 1
export const PROVEN_WORD = 2
export const RUN_WORD = 4
/** How long the value is; of one that lies outside, its number. */
export const VALUE_WORD = 5
/** From the lowest bit: flags, the number of the content type, bytes of the key. */
export const SHAPE_WORD = 6
/** All of the record. Unit: bytes. */
export const BYTES_WORD = 7

/** Behind the head of an entry: 16 bytes of version, 16 of request id. */
export const ENTRY_BYTES = 32
/** Behind those, of an entry that expires: a double. Then come key, content type, value. */
export const EXPIRY_BYTES = 8
/** A content type that has no number is written out, with its length before it. Unit: bytes. */
export const TYPE_LENGTH_BYTES = 2

export const TYPE_SHIFT = 8
export const TYPE_MASK = 0xff
export const KEY_SHIFT = 16
export const KEY_BYTES_MAX = 0xffff

export const ENTRY = 1
export const TOMBSTONE = 2
export const EXPIRES = 4
export const OUTSIDE = 8
/** The key has letters above U+00FF, and two bytes a letter. */
export const WIDE = 16
const USED = 32
const DEAD = 64

/** A word of a record. */
export function wordOf(slab: Slab, at: number, word: number): number {
  return slab.words[at / Uint32Array.BYTES_PER_ELEMENT + word] ?? 0
}

/** How long a record is. Unit: bytes. */
export function bytesOf(slab: Slab, at: number): number {
  return wordOf(slab, at, BYTES_WORD)
}

/** Where the key of a record of this shape begins. Unit: bytes from its beginning. */
export function keyPlaceOf(shape: number): number {
  if ((shape & ENTRY) === 0) return HEAD_BYTES
  return HEAD_BYTES + ENTRY_BYTES + ((shape & EXPIRES) === 0 ? 0 : EXPIRY_BYTES)
}

export function isDead(slab: Slab, at: number): boolean {
  return (wordOf(slab, at, SHAPE_WORD) & DEAD) !== 0
}

export function isUsed(slab: Slab, at: number): boolean {
  return (wordOf(slab, at, SHAPE_WORD) & USED) !== 0
}

/** The record counts as used until it is spared for that. */
export function setUsed(slab: Slab, at: number): void {
  setShape(slab, at, wordOf(slab, at, SHAPE_WORD) | USED)
}

export function clearUsed(slab: Slab, at: number): void {
  setShape(slab, at, wordOf(slab, at, SHAPE_WORD) & ~USED)
}

/** Nobody needs the record any more. */
export function setDead(slab: Slab, at: number): void {
  setShape(slab, at, wordOf(slab, at, SHAPE_WORD) | DEAD)
  slab.dead += bytesOf(slab, at)
}

function setShape(slab: Slab, at: number, shape: number): void {
  slab.words[at / Uint32Array.BYTES_PER_ELEMENT + SHAPE_WORD] = shape
}
