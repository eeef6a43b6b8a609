// The bodies of the packets by kind; docs/PACKETS.md shows every byte.
// Knows nothing of headers, keys or tags.
import { assert, unreachable } from '../core/assert.ts'
import {
  CONTENT_TYPE_BYTES_MAX,
  DATAGRAM_BYTES_MAX,
  INLINE_VALUE_MAX,
  INVALIDATION_ITEMS_MAX,
  KEY_BYTES_MAX,
} from '../core/limits.ts'
import type { Datagram, DatagramKind, Invalidation, TravelEntry } from '../core/messages.ts'
import type { Content, Version } from '../core/types.ts'
import { decodeBeat, encodeBeat } from './beat-body.ts'
import {
  BALLOT_BYTES,
  flagsOf,
  HEADER_BYTES,
  hasFlag,
  POSITION_BYTES,
  readBallot,
  readOptionalVersion,
  readPosition,
  readVersion,
  TAG_BYTES,
  VERSION_BYTES,
  wholeMs,
  writeBallot,
  writeOptionalVersion,
  writePosition,
  writeVersion,
} from './body-parts.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { GOODBYE_REASON_BYTES_MAX } from './limits.ts'
import { cutUtf8, utf8Bytes } from './utf8.ts'

type Of<Kind extends DatagramKind> = Extract<Datagram, { kind: Kind }>

/** The type byte of a kind is its place here, counted from 1. Only ever grows at the end. */
export const DATAGRAM_KINDS: readonly DatagramKind[] = [
  'beat',
  'query',
  'answer',
  'absent',
  'invalidation',
  'goodbye',
]

const BODY_BYTES_MAX = DATAGRAM_BYTES_MAX - HEADER_BYTES - TAG_BYTES
const ITEM_BYTES = 8 + VERSION_BYTES
const ANSWER_BYTES = 6 + 1 + VERSION_BYTES + POSITION_BYTES + 4 + 4
const INLINE_BYTES = 16 + 6 + 1 + 2

assert(
  BALLOT_BYTES + 6 + 1 + INVALIDATION_ITEMS_MAX * ITEM_BYTES <= BODY_BYTES_MAX,
  'the largest invalidation must fit one packet',
)

/** Whether an answer may carry this entry: a small value, and its content type beside it. */
export function fitsInline(entry: Pick<TravelEntry, 'content'>): boolean {
  const { content } = entry
  if (content.kind === 'tombstone') return true
  const typeBytes = utf8Bytes(content.contentType)
  if (content.bytes.length > INLINE_VALUE_MAX || typeBytes > CONTENT_TYPE_BYTES_MAX) return false
  return ANSWER_BYTES + INLINE_BYTES + typeBytes + content.bytes.length <= BODY_BYTES_MAX
}

/** The type byte of a kind. */
export function typeOf(kind: DatagramKind): number {
  return 1 + DATAGRAM_KINDS.indexOf(kind)
}

/** Appends a body. Asserts that it fits. */
export function encodeBody(writer: ByteWriter, datagram: Datagram): void {
  switch (datagram.kind) {
    case 'beat':
      return encodeBeat(writer, datagram)
    case 'query':
      return encodeQuery(writer, datagram)
    case 'answer':
      return encodeAnswer(writer, datagram)
    case 'absent':
      return encodeAbsent(writer, datagram)
    case 'invalidation':
      return encodeInvalidation(writer, datagram)
    case 'goodbye':
      return writer.text8(cutUtf8(datagram.reason, GOODBYE_REASON_BYTES_MAX))
    default:
      return unreachable(datagram)
  }
}

/**
 * The body of a packet of this type; undefined when the type is unknown or the bytes make no
 * sense. Bytes after the last known field are ignored: a newer neighbour may have added some.
 */
export function decodeBody(type: number, reader: ByteReader): Datagram | undefined {
  const kind = DATAGRAM_KINDS[type - 1]
  if (kind === undefined) return undefined
  const datagram = decodeKind(kind, reader)
  return reader.isBroken ? undefined : datagram
}

function decodeKind(kind: DatagramKind, reader: ByteReader): Datagram {
  switch (kind) {
    case 'beat':
      return decodeBeat(reader)
    case 'query':
      return decodeQuery(reader)
    case 'answer':
      return decodeAnswer(reader)
    case 'absent':
      return decodeAbsent(reader)
    case 'invalidation':
      return decodeInvalidation(reader)
    case 'goodbye':
      return { kind, reason: reader.text8() }
    default:
      return unreachable(kind)
  }
}

function encodeQuery(writer: ByteWriter, query: Of<'query'>): void {
  const key = Buffer.from(query.key, 'utf8')
  assert(key.length > 0 && key.length <= KEY_BYTES_MAX, 'a key has 1 to 511 bytes')
  const { minVersion, knownVersion } = query
  writer.uint48(query.nonce)
  writer.uint8(flagsOf(query.mastersOnly, minVersion !== '', knownVersion !== ''))
  writeOptionalVersion(writer, minVersion)
  writeOptionalVersion(writer, knownVersion)
  writer.block16(key)
}

function decodeQuery(reader: ByteReader): Of<'query'> {
  const nonce = reader.uint48()
  const flags = reader.uint8()
  const minVersion = readOptionalVersion(reader, hasFlag(flags, 1))
  const knownVersion = readOptionalVersion(reader, hasFlag(flags, 2))
  const key = reader.text16()
  if (key === '' || utf8Bytes(key) > KEY_BYTES_MAX) reader.breakOff()
  return { kind: 'query', nonce, key, minVersion, knownVersion, mastersOnly: hasFlag(flags, 0) }
}

function encodeAnswer(writer: ByteWriter, answer: Of<'answer'>): void {
  // An entry that does not fit is left out: the asker then fetches it by HTTP.
  const inline = answer.inline && fitsInline(answer.inline) ? answer.inline : undefined
  const isTombstone = inline?.content.kind === 'tombstone'
  const hasTtl = inline?.ttlLeftMs !== undefined
  writer.uint48(answer.nonce)
  writer.uint8(flagsOf(answer.isMaster, inline !== undefined, isTombstone, hasTtl))
  writeVersion(writer, answer.version)
  writePosition(writer, answer.position)
  writer.uint32(wholeMs(answer.ageMs))
  writer.uint32(answer.valueBytes)
  if (inline === undefined) return
  assert(inline.version === answer.version, 'an answer carries the version it names')
  writeInline(writer, inline)
}

function decodeAnswer(reader: ByteReader): Of<'answer'> {
  const nonce = reader.uint48()
  const flags = reader.uint8()
  const version = readVersion(reader)
  const position = readPosition(reader)
  const ageMs = reader.uint32()
  const valueBytes = reader.uint32()
  const inline = hasFlag(flags, 1) ? readInline(reader, version, flags) : undefined
  const isMaster = hasFlag(flags, 0)
  return { kind: 'answer', nonce, version, isMaster, position, ageMs, valueBytes, inline }
}

function writeInline(writer: ByteWriter, entry: TravelEntry): void {
  writer.hex(entry.requestId, 16)
  if (entry.ttlLeftMs !== undefined) writer.uint48(Math.max(0, Math.floor(entry.ttlLeftMs)))
  if (entry.content.kind === 'tombstone') return
  writer.text8(entry.content.contentType)
  writer.block16(entry.content.bytes)
}

function readInline(reader: ByteReader, version: Version, flags: number): TravelEntry {
  const requestId = reader.hex(16)
  const ttlLeftMs = hasFlag(flags, 3) ? reader.uint48() : undefined
  const content: Content = hasFlag(flags, 2) ? { kind: 'tombstone' } : readValue(reader)
  return { key: '', version, ttlLeftMs, requestId, content }
}

function readValue(reader: ByteReader): Content {
  const contentType = reader.text8()
  return { kind: 'value', bytes: reader.block16(), contentType }
}

function encodeAbsent(writer: ByteWriter, absent: Of<'absent'>): void {
  writer.uint48(absent.nonce)
  writer.uint8(flagsOf(absent.tombstone !== ''))
  writePosition(writer, absent.position)
  writer.uint32(wholeMs(absent.ageMs))
  writeOptionalVersion(writer, absent.tombstone)
}

function decodeAbsent(reader: ByteReader): Of<'absent'> {
  const nonce = reader.uint48()
  const flags = reader.uint8()
  const position = readPosition(reader)
  const ageMs = reader.uint32()
  const tombstone = readOptionalVersion(reader, hasFlag(flags, 0))
  return { kind: 'absent', nonce, position, ageMs, tombstone }
}

function encodeInvalidation(writer: ByteWriter, invalidation: Of<'invalidation'>): void {
  const { items } = invalidation
  assert(items.length <= INVALIDATION_ITEMS_MAX, 'more items need another packet')
  writeBallot(writer, invalidation.stream)
  writer.uint48(invalidation.firstSeq)
  writer.uint8(items.length)
  for (const item of items) {
    writer.hex(item.keyHash, 8)
    writeVersion(writer, item.version)
  }
}

function decodeInvalidation(reader: ByteReader): Of<'invalidation'> {
  const stream = readBallot(reader)
  const firstSeq = reader.uint48()
  const count = reader.uint8()
  const items: Invalidation[] = []
  while (items.length < count && !reader.isBroken) {
    const keyHash = reader.hex(8)
    items.push({ keyHash, version: readVersion(reader) })
  }
  return { kind: 'invalidation', stream, firstSeq, items }
}
