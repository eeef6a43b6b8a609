// Reads a record back as the copy that was written.
// Nothing it gives refers to the slab: what it gave stays as it is when the slab is used again.
import type { Content, Copy, Entry } from '../../core/types.ts'
import { type ContentTypes, UNNUMBERED } from './content-types.ts'
import type { OutsideValues } from './outside-values.ts'
import {
  ENTRY,
  ENTRY_BYTES,
  EXPIRES,
  HEAD_BYTES,
  KEY_SHIFT,
  keyPlaceOf,
  OUTSIDE,
  type Place,
  PROVEN_WORD,
  RUN_WORD,
  SHAPE_WORD,
  TOMBSTONE,
  TYPE_LENGTH_BYTES,
  TYPE_MASK,
  TYPE_SHIFT,
  VALUE_WORD,
  WIDE,
  wordOf,
} from './record-head.ts'

const ABSENT = { kind: 'absent' } as const
const DELETED = { kind: 'tombstone' } as const
const VERSION_HALF_DIGITS = 16

/** What records name and do not hold. */
export interface Beside {
  readonly types: ContentTypes
  readonly outside: OutsideValues
}

/** Whether a record is of this key. */
export function hasKey({ slab, at }: Place, key: string): boolean {
  const shape = wordOf(slab, at, SHAPE_WORD)
  const isWide = (shape & WIDE) !== 0
  const keyBytes = shape >>> KEY_SHIFT
  if (keyBytes !== (isWide ? 2 * key.length : key.length)) return false
  const keyAt = at + keyPlaceOf(shape)
  const { bytes } = slab
  if (isWide) return keyOf({ slab, at }) === key
  for (let i = 0; i < keyBytes; i++) if (bytes[keyAt + i] !== key.charCodeAt(i)) return false
  return true
}

/** The key of a record. */
export function keyOf({ slab, at }: Place): string {
  const shape = wordOf(slab, at, SHAPE_WORD)
  const keyAt = at + keyPlaceOf(shape)
  const end = keyAt + (shape >>> KEY_SHIFT)
  return slab.bytes.toString((shape & WIDE) === 0 ? 'latin1' : 'utf16le', keyAt, end)
}

/** The copy of a record whose key this is. */
export function copyOf(place: Place, key: string, beside: Beside): Copy {
  const { slab, at } = place
  const provenAt = (at / Uint32Array.BYTES_PER_ELEMENT + PROVEN_WORD) / 2
  const isEntry = (wordOf(slab, at, SHAPE_WORD) & ENTRY) !== 0
  return {
    key,
    known: isEntry ? { kind: 'entry', entry: entryOf(place, key, beside) } : ABSENT,
    provenAtMs: slab.floats[provenAt] ?? 0,
    run: wordOf(slab, at, RUN_WORD),
  }
}

function entryOf(place: Place, key: string, beside: Beside): Entry {
  const { slab, at } = place
  const entryAt = at + HEAD_BYTES
  const digits = slab.bytes.toString('hex', entryAt, entryAt + ENTRY_BYTES)
  const writer = digits.slice(VERSION_HALF_DIGITS, 2 * VERSION_HALF_DIGITS)
  const expires = (wordOf(slab, at, SHAPE_WORD) & EXPIRES) !== 0
  const expiryAt = (entryAt + ENTRY_BYTES) / Float64Array.BYTES_PER_ELEMENT
  return {
    key,
    version: `${digits.slice(0, VERSION_HALF_DIGITS)}-${writer}`,
    expiresAtMs: expires ? slab.floats[expiryAt] : undefined,
    requestId: digits.slice(2 * VERSION_HALF_DIGITS),
    content: contentOf(place, beside),
  }
}

function contentOf({ slab, at }: Place, { types, outside }: Beside): Content {
  const { bytes } = slab
  const shape = wordOf(slab, at, SHAPE_WORD)
  if ((shape & TOMBSTONE) !== 0) return DELETED
  const typeAt = at + keyPlaceOf(shape) + (shape >>> KEY_SHIFT)
  const typeNumber = (shape >>> TYPE_SHIFT) & TYPE_MASK
  let contentType = ''
  let valueAt = typeAt
  if (typeNumber === UNNUMBERED) {
    const textAt = typeAt + TYPE_LENGTH_BYTES
    valueAt = textAt + bytes.readUInt16LE(typeAt)
    contentType = bytes.toString('utf8', textAt, valueAt)
  } else contentType = types.textOf(typeNumber)
  const word = wordOf(slab, at, VALUE_WORD)
  if ((shape & OUTSIDE) !== 0) return { kind: 'value', bytes: outside.get(word), contentType }
  // Of Node's pool: a value as small as those in slabs costs no allocation of its own.
  const value = Buffer.allocUnsafe(word)
  bytes.copy(value, 0, valueAt, valueAt + word)
  return { kind: 'value', bytes: value, contentType }
}
