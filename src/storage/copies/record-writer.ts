// Writes a copy as a record: first how, which says how many bytes it takes, then the bytes.
// Decides neither where it lies nor how long it stays.
import { assert } from '../../core/assert.ts'
import type { Content, Copy, Entry } from '../../core/types.ts'
import { type ContentTypes, UNNUMBERED } from './content-types.ts'
import type { HashWords } from './hash-words.ts'
import type { OutsideValues } from './outside-values.ts'
import {
  BYTES_WORD,
  ENTRY,
  ENTRY_BYTES,
  EXPIRES,
  HEAD_BYTES,
  HIGH_WORD,
  KEY_BYTES_MAX,
  KEY_SHIFT,
  keyPlaceOf,
  LOW_WORD,
  OUTSIDE,
  type Place,
  PROVEN_WORD,
  RUN_WORD,
  SHAPE_WORD,
  TOMBSTONE,
  TYPE_LENGTH_BYTES,
  TYPE_SHIFT,
  VALUE_WORD,
  WIDE,
} from './record-head.ts'
import { aligned, type Slab } from './slab-log.ts'

const NARROW_MAX = 0xff
const VERSION_HALF_DIGITS = 16
const NO_VALUE = { bytes: new Uint8Array(0), contentType: '' }

/** A copy and how it is to be written. */
export interface Draft {
  readonly copy: Copy
  /** Flags, the number of the content type, bytes of the key. */
  readonly shape: number
  /** Of a content type that is written out; 0: it has a number. */
  readonly typeBytes: number
  /** What the record takes in a slab; a multiple of RECORD_ALIGN_BYTES. */
  readonly bytes: number
  /** What the value takes outside. Unit: bytes. */
  readonly outsideBytes: number
}

/** How a copy is written. A value longer than `inlineBytesMax` is to lie outside the slabs. */
export function draftOf(copy: Copy, types: ContentTypes, inlineBytesMax: number): Draft {
  const { key, known } = copy
  const isWide = hasWideLetters(key)
  const keyBytes = isWide ? 2 * key.length : key.length
  assert(keyBytes <= KEY_BYTES_MAX, 'a key fits its record')
  let shape = (isWide ? WIDE : 0) | (keyBytes << KEY_SHIFT)
  if (known.kind === 'absent') {
    return { copy, shape, typeBytes: 0, bytes: aligned(HEAD_BYTES + keyBytes), outsideBytes: 0 }
  }
  const { content, expiresAtMs } = known.entry
  const { bytes, contentType } = valueOf(content)
  const isOutside = bytes.length > inlineBytesMax
  const typeNumber = types.numberOf(contentType)
  shape |= ENTRY | (typeNumber << TYPE_SHIFT) | (isOutside ? OUTSIDE : 0)
  if (content.kind === 'tombstone') shape |= TOMBSTONE
  if (expiresAtMs !== undefined) shape |= EXPIRES
  const typeBytes =
    typeNumber === UNNUMBERED ? TYPE_LENGTH_BYTES + Buffer.byteLength(contentType) : 0
  const inlineBytes = isOutside ? 0 : bytes.length
  return {
    copy,
    shape,
    typeBytes,
    bytes: aligned(keyPlaceOf(shape) + keyBytes + typeBytes + inlineBytes),
    outsideBytes: isOutside ? bytes.length : 0,
  }
}

/** Writes a record where there is room for it. It is alive, and not used yet. */
export function writeRecord(
  { slab, at }: Place,
  draft: Draft,
  { hash, outside }: { hash: HashWords; outside: OutsideValues },
): void {
  const { copy, shape, typeBytes } = draft
  const { words, bytes } = slab
  const entry = copy.known.kind === 'entry' ? copy.known.entry : undefined
  const value = valueOf(entry?.content)
  const isOutside = (shape & OUTSIDE) !== 0
  const head = at / Uint32Array.BYTES_PER_ELEMENT
  words[head + LOW_WORD] = hash.low
  words[head + HIGH_WORD] = hash.high
  slab.floats[(head + PROVEN_WORD) / 2] = copy.provenAtMs
  words[head + RUN_WORD] = copy.run
  words[head + VALUE_WORD] = isOutside ? outside.add(value.bytes) : value.bytes.length
  words[head + SHAPE_WORD] = shape
  words[head + BYTES_WORD] = draft.bytes
  if (entry !== undefined) writeEntry(slab, at + HEAD_BYTES, entry)
  const keyAt = at + keyPlaceOf(shape)
  const typeAt = keyAt + (shape >>> KEY_SHIFT)
  bytes.write(copy.key, keyAt, (shape & WIDE) === 0 ? 'latin1' : 'utf16le')
  if (typeBytes > 0) {
    bytes.writeUInt16LE(typeBytes - TYPE_LENGTH_BYTES, typeAt)
    bytes.write(value.contentType, typeAt + TYPE_LENGTH_BYTES)
  }
  if (!isOutside) bytes.set(value.bytes, typeAt + typeBytes)
}

function writeEntry({ bytes, floats }: Slab, at: number, entry: Entry): void {
  const { version, requestId, expiresAtMs } = entry
  const first = version.slice(0, VERSION_HALF_DIGITS)
  const digits = first + version.slice(VERSION_HALF_DIGITS + 1) + requestId
  const isWhole = digits.length === 2 * ENTRY_BYTES
  assert(isWhole && bytes.write(digits, at, 'hex') === ENTRY_BYTES, 'a version has 32 digits')
  if (expiresAtMs === undefined) return
  floats[(at + ENTRY_BYTES) / Float64Array.BYTES_PER_ELEMENT] = expiresAtMs
}

function valueOf(content: Content | undefined): {
  readonly bytes: Uint8Array
  readonly contentType: string
} {
  return content?.kind === 'value' ? content : NO_VALUE
}

function hasWideLetters(key: string): boolean {
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) > NARROW_MAX) return true
  return false
}
