// The bytes of an entry on disk. Decoding refuses damaged bytes; it never throws.
// docs/decisions/0010-storage-layout.md has the layout and why it is so. Nodes send records to each other: a change of
// this form is a new RECORD_FORM (core/mirror-limits.ts).
import { crc32 } from 'node:zlib'
import { assert } from '../core/assert.ts'
import type { StoredRecord } from '../core/ports.ts'
import type { Content, Entry, RequestId, Version } from '../core/types.ts'
import { writeHex } from './hex.ts'
import { readVersion, writeVersion } from './version-bytes.ts'

/** A larger value lies in a table of its own, so that heads are read without it. Unit: bytes. */
export const INLINE_MAX = 4096

const VERSION_AT = 0
const FLAGS_AT = 16
const EXPIRY_AT = 17
const REQUEST_AT = 25
const VALUE_BYTES_AT = 41
const REQUEST_BYTES = VALUE_BYTES_AT - REQUEST_AT
const VALUE_CRC_AT = 45
const TYPE_BYTES_AT = 49
const TYPE_AT = 50
const CRC_BYTES = 4
const TYPE_BYTES_MAX = 255

const NOTHING = new Uint8Array(0)

const TOMBSTONE = 1
const EXPIRES = 2
const APART = 4

/** An entry as encoded: `record` holds everything unless the value lies apart. */
export interface EncodedEntry {
  readonly record: Buffer
  /** The value's own bytes, to be stored in the table of values; undefined: inside the record. */
  readonly apart: Buffer | undefined
}

/** What a record says about its value, as far as counting, listing and joining need it. */
export interface RecordHead {
  readonly version: Version
  readonly isTombstone: boolean
  readonly expiresAtMs: number | undefined
  readonly valueBytes: number
  readonly valueCrc: number
  readonly isApart: boolean
  /** Where an inline value begins. */
  readonly headBytes: number
}

/** Encodes an entry; its key is stored elsewhere. */
export function encodeRecord(entry: Entry): EncodedEntry {
  const { content } = entry
  const value = content.kind === 'value' ? content.bytes : NOTHING
  const type = content.kind === 'value' ? content.contentType : ''
  const typeBytes = Buffer.byteLength(type)
  assert(typeBytes <= TYPE_BYTES_MAX, 'a content type is at most 255 bytes')
  const isApart = value.length > INLINE_MAX
  const headBytes = TYPE_AT + typeBytes + CRC_BYTES
  // Of Node's pool: lmdb asks for the address of each ArrayBuffer once, and they are dear to make.
  const record = Buffer.allocUnsafe(headBytes + (isApart ? 0 : value.length))
  writeVersion(entry.version, record, VERSION_AT)
  record[FLAGS_AT] =
    (content.kind === 'tombstone' ? TOMBSTONE : 0) |
    (entry.expiresAtMs === undefined ? 0 : EXPIRES) |
    (isApart ? APART : 0)
  record.writeDoubleLE(entry.expiresAtMs ?? 0, EXPIRY_AT)
  const { requestId } = entry
  const request = { bytes: record, at: REQUEST_AT, count: REQUEST_BYTES }
  const isWhole = requestId.length === 2 * REQUEST_BYTES && writeHex(requestId, 0, request)
  assert(isWhole, 'a request id is 32 hexadecimal digits')
  record.writeUInt32LE(value.length, VALUE_BYTES_AT)
  record.writeUInt32LE(crc32(value), VALUE_CRC_AT)
  record[TYPE_BYTES_AT] = typeBytes
  record.write(type, TYPE_AT)
  const headEnd = headBytes - CRC_BYTES
  record.writeUInt32LE(crc32(record.subarray(0, headEnd)), headEnd)
  if (!isApart) record.set(value, headBytes)
  const apart = isApart ? Buffer.from(value.buffer, value.byteOffset, value.length) : undefined
  return { record, apart }
}

/** The head of a record, or undefined when its bytes are damaged. */
export function decodeHead(record: Buffer): RecordHead | undefined {
  const typeBytes = record[TYPE_BYTES_AT]
  if (typeBytes === undefined) return undefined
  const headEnd = TYPE_AT + typeBytes
  const headBytes = headEnd + CRC_BYTES
  if (record.length < headBytes) return undefined
  if (crc32(record.subarray(0, headEnd)) !== record.readUInt32LE(headEnd)) return undefined
  const flags = record[FLAGS_AT] ?? 0
  const valueBytes = record.readUInt32LE(VALUE_BYTES_AT)
  const isApart = (flags & APART) !== 0
  if (record.length !== headBytes + (isApart ? 0 : valueBytes)) return undefined
  return {
    version: readVersion(record, VERSION_AT),
    isTombstone: (flags & TOMBSTONE) !== 0,
    expiresAtMs: (flags & EXPIRES) === 0 ? undefined : record.readDoubleLE(EXPIRY_AT),
    valueBytes,
    valueCrc: record.readUInt32LE(VALUE_CRC_AT),
    isApart,
    headBytes,
  }
}

/** Whether this is a record that is copied as one, and its value the one written. */
export function isWholeValue(record: Buffer, head: RecordHead): boolean {
  return isCopied(head) && crc32(record.subarray(head.headBytes)) === head.valueCrc
}

/** Others are sent as entries: a tombstone has no value, and a large one lies elsewhere. */
export function isCopied({ isTombstone, isApart, valueBytes }: RecordHead): boolean {
  return !isTombstone && !isApart && valueBytes <= INLINE_MAX
}

/** Where the content type lies in a record. */
export function typeIn(head: RecordHead): { readonly start: number; readonly end: number } {
  return { start: TYPE_AT, end: head.headBytes - CRC_BYTES }
}

/** An entry as a record; undefined: it is none that is copied as one. */
export function recordOf(entry: Entry): StoredRecord | undefined {
  const { key, version, expiresAtMs, content } = entry
  if (content.kind === 'tombstone' || content.bytes.length > INLINE_MAX) return undefined
  const bytes = encodeRecord(entry).record
  return { key, version, expiresAtMs, valueBytes: content.bytes.length, bytes }
}

/** The entry of a record that is whole. */
export function entryOf({ key, expiresAtMs, bytes }: StoredRecord): Entry {
  const record = asBuffer(bytes)
  const head = decodeHead(record)
  const value = head && record.subarray(head.headBytes)
  const entry = head && joinEntry(key, { record, head }, value)
  assert(entry !== undefined, 'a record is looked at where it comes in')
  return { ...entry, expiresAtMs }
}

/** The bytes of a record that is whole, as they are stored: they say when it expires. */
export function bytesOf({ expiresAtMs, bytes }: StoredRecord): Buffer {
  const record = asBuffer(bytes)
  const flags = record[FLAGS_AT] ?? 0
  if (expiresAtMs === undefined && (flags & EXPIRES) === 0) return record
  const copy = Buffer.from(record)
  const headEnd = TYPE_AT + (record[TYPE_BYTES_AT] ?? 0)
  copy[FLAGS_AT] = expiresAtMs === undefined ? flags & ~EXPIRES : flags | EXPIRES
  copy.writeDoubleLE(expiresAtMs ?? 0, EXPIRY_AT)
  copy.writeUInt32LE(crc32(copy.subarray(0, headEnd)), headEnd)
  return copy
}

function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * The entry of a record, its head and its value, wherever that lies; undefined when the value is
 * not the one written.
 */
export function joinEntry(
  key: string,
  { record, head }: { record: Buffer; head: RecordHead },
  value: Uint8Array | undefined,
): Entry | undefined {
  if (value === undefined || value.length !== head.valueBytes) return undefined
  if (crc32(value) !== head.valueCrc) return undefined
  const { version, expiresAtMs } = head
  const content = contentOf(record, head, value)
  return { key, version, expiresAtMs, requestId: requestIdOf(record), content }
}

/** The request id in a record whose head has been decoded. */
export function requestIdOf(record: Buffer): RequestId {
  return record.toString('hex', REQUEST_AT, VALUE_BYTES_AT)
}

function contentOf(record: Buffer, head: RecordHead, bytes: Uint8Array): Content {
  if (head.isTombstone) return { kind: 'tombstone' }
  const contentType = record.toString('utf8', TYPE_AT, head.headBytes - CRC_BYTES)
  return { kind: 'value', bytes, contentType }
}
