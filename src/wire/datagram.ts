// Packets: the header, the authentication tag and the order in which a packet is checked.
// The layout is a promise, written down in docs/PACKETS.md. Never opens a body it cannot trust.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { assert } from '../core/assert.ts'
import { DATAGRAM_BYTES_MAX } from '../core/limits.ts'
import type { Datagram, Sender } from '../core/messages.ts'
import { HEADER_BYTES, TAG_BYTES } from './body-parts.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { decodeBody, encodeBody, typeOf } from './datagram-body.ts'
import type { DatagramKeys } from './datagram-keys.ts'
import { type Decoded, ok, refused } from './decoded.ts'

export { fitsInline } from './datagram-body.ts'
export { createDatagramKeys, type DatagramKeys } from './datagram-keys.ts'

/** The version of this packet form. */
export const DATAGRAM_VERSION = 1

/**
 * Why a packet was refused, in the order of the checks. `cluster`: another cluster's name; `key`
 * and `tag`: another secret, or an altered packet; `body`: genuine, but not understood.
 */
export const DATAGRAM_REFUSALS = [
  'size',
  'magic',
  'version',
  'cluster',
  'key',
  'tag',
  'body',
] as const
export type DatagramRefusal = (typeof DATAGRAM_REFUSALS)[number]

/** Who sends a packet, and its number among all packets of that incarnation, from 1. */
export interface Envelope {
  readonly sender: Sender
  readonly counter: number
}

/** A packet whose tag was right. The caller checks for repetitions and for its own packets. */
export interface ReceivedDatagram extends Envelope {
  readonly datagram: Datagram
}

const MAGIC = 0x4443
const BODY_LENGTH_AT = 6
const CLUSTER_TAG_AT = 8

/**
 * One packet of at most DATAGRAM_BYTES_MAX bytes. Of `sender.clock` only the time is sent: its
 * writer is the sender. The key of an inline entry is not sent, and an entry for which `fitsInline`
 * is false is left out whole. Ages are rounded up, other times down. Asserts that the rest fits: at
 * most INVALIDATION_ITEMS_MAX items, ECHOES_MAX echoes, BEAT_LINEAGES_MAX lineages.
 */
export function encodeDatagram(
  envelope: Envelope,
  datagram: Datagram,
  keys: DatagramKeys,
): Uint8Array {
  const { sender, counter } = envelope
  const writer = new ByteWriter(DATAGRAM_BYTES_MAX)
  writer.uint16(MAGIC)
  writer.uint8(DATAGRAM_VERSION)
  writer.uint8(typeOf(datagram.kind))
  writer.uint8(keys.keyId)
  writer.uint8(0)
  writer.uint16(0)
  writer.raw(keys.clusterTag)
  writer.hex(sender.id, 8)
  writer.uint32(sender.incarnation)
  writer.uint64(counter)
  writer.hex(sender.clock.slice(0, 16), 8)
  assert(writer.length === HEADER_BYTES, 'a header has one size')
  encodeBody(writer, datagram)
  writer.putUint16(writer.length - HEADER_BYTES, BODY_LENGTH_AT)
  writer.raw(tagOf(writer.written(), keys.key))
  return writer.written()
}

/**
 * Checks size, magic, version, cluster, key and tag in this order, and reads the rest only then.
 * An inline entry has the key '': the asker knows it by the nonce. Its value is a view of `bytes`.
 */
export function decodeDatagram(
  bytes: Uint8Array,
  keys: DatagramKeys,
): Decoded<ReceivedDatagram, DatagramRefusal> {
  const packet = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const refusal = check(packet, keys)
  if (refusal !== undefined) return refused(refusal)
  const received = readPacket(packet)
  return received === undefined ? refused('body') : ok(received)
}

function check(packet: Buffer, keys: DatagramKeys): DatagramRefusal | undefined {
  const bodyBytes = packet.length - HEADER_BYTES - TAG_BYTES
  if (bodyBytes < 0 || packet.length > DATAGRAM_BYTES_MAX) return 'size'
  if (packet.readUInt16BE(0) !== MAGIC) return 'magic'
  if (packet[2] !== DATAGRAM_VERSION || packet[5] !== 0) return 'version'
  if (packet.readUInt16BE(BODY_LENGTH_AT) !== bodyBytes) return 'size'
  if (!isSame(packet, CLUSTER_TAG_AT, keys.clusterTag)) return 'cluster'
  if (packet[4] !== keys.keyId) return 'key'
  const end = HEADER_BYTES + bodyBytes
  const tag = tagOf(packet.subarray(0, end), keys.key)
  return timingSafeEqual(tag, packet.subarray(end)) ? undefined : 'tag'
}

function readPacket(packet: Buffer): ReceivedDatagram | undefined {
  const header = new ByteReader(packet.subarray(CLUSTER_TAG_AT + 4, HEADER_BYTES))
  const id = header.hex(8)
  const incarnation = header.uint32()
  const counter = header.uint64()
  const clock = `${header.hex(8)}-${id}`
  const body = new ByteReader(packet.subarray(HEADER_BYTES, packet.length - TAG_BYTES))
  const datagram = decodeBody(packet[3] ?? 0, body)
  if (header.isBroken || datagram === undefined) return undefined
  return { sender: { id, incarnation, clock }, counter, datagram }
}

function isSame(packet: Buffer, at: number, expected: Uint8Array): boolean {
  return packet.compare(expected, 0, expected.length, at, at + expected.length) === 0
}

function tagOf(signed: Uint8Array, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(signed).digest().subarray(0, TAG_BYTES)
}
