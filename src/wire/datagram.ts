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
import { type Decoded, ok, refused } from './decoded.ts'
import type { Keyring } from './keyring.ts'

export { fitsInline } from './datagram-body.ts'
export { createKeyring, type Keyring } from './keyring.ts'

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

/**
 * A packet whose tag was right, and whose body nobody has looked at. The caller checks for
 * repetitions and for its own packets before it reads on.
 */
export interface VerifiedDatagram extends Envelope {
  readonly type: number
  readonly body: Uint8Array
}

/** A packet that was verified and read. */
export interface ReceivedDatagram extends Envelope {
  readonly datagram: Datagram
}

const MAGIC = 0x4443
const BODY_LENGTH_AT = 6
const CLUSTER_TAG_AT = 8
const BEAT_TYPE = typeOf('beat')

/**
 * One packet of at most DATAGRAM_BYTES_MAX bytes. Of `sender.clock` only the time is sent: its
 * writer is the sender. The key of an inline entry is not sent, and an entry for which `fitsInline`
 * is false is left out whole. Ages are rounded up, other times down. Asserts that the rest fits: at
 * most INVALIDATION_ITEMS_MAX items, ECHOES_MAX echoes, BEAT_LINEAGES_MAX lineages.
 */
export function encodeDatagram(
  envelope: Envelope,
  datagram: Datagram,
  { signer, clusterTag }: Pick<Keyring, 'signer' | 'clusterTag'>,
): Uint8Array {
  const { sender, counter } = envelope
  const writer = new ByteWriter(DATAGRAM_BYTES_MAX)
  writer.uint16(MAGIC)
  writer.uint8(DATAGRAM_VERSION)
  writer.uint8(typeOf(datagram.kind))
  writer.uint8(signer.keyId)
  writer.uint8(0)
  writer.uint16(0)
  writer.raw(clusterTag)
  writer.hex(sender.id, 8)
  writer.uint32(sender.incarnation)
  writer.uint64(counter)
  writer.hex(sender.clock.slice(0, 16), 8)
  assert(writer.length === HEADER_BYTES, 'a header has one size')
  encodeBody(writer, datagram)
  writer.putUint16(writer.length - HEADER_BYTES, BODY_LENGTH_AT)
  writer.raw(tagOf(writer.written(), signer.key))
  return writer.written()
}

/** Checks size, magic, version, cluster, key and tag in this order, and reads the header only then. */
export function verifyDatagram(
  bytes: Uint8Array,
  keyring: Keyring,
): Decoded<VerifiedDatagram, DatagramRefusal> {
  const packet = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const refusal = check(packet, keyring)
  if (refusal !== undefined) return refused(refusal)
  const header = new ByteReader(packet.subarray(CLUSTER_TAG_AT + 4, HEADER_BYTES))
  const id = header.hex(8)
  const incarnation = header.uint32()
  const counter = header.uint64()
  const clock = `${header.hex(8)}-${id}`
  if (header.isBroken) return refused('body')
  const body = packet.subarray(HEADER_BYTES, packet.length - TAG_BYTES)
  return ok({ sender: { id, incarnation, clock }, counter, type: packet[3] ?? 0, body })
}

/**
 * Reads the body of a verified packet. An inline entry has the key '': the asker knows it by the
 * nonce. Its value is a view of the packet.
 */
export function readDatagram(
  verified: VerifiedDatagram,
): Decoded<ReceivedDatagram, DatagramRefusal> {
  const { sender, counter, type, body } = verified
  const datagram = decodeBody(type, new ByteReader(body))
  return datagram === undefined ? refused('body') : ok({ sender, counter, datagram })
}

/** Both steps at once, for who needs no check in between. */
export function decodeDatagram(
  bytes: Uint8Array,
  keyring: Keyring,
): Decoded<ReceivedDatagram, DatagramRefusal> {
  const verified = verifyDatagram(bytes, keyring)
  return verified.kind === 'ok' ? readDatagram(verified.value) : verified
}

/** Whether a verified packet is a heartbeat, by its header. */
export function isBeat(verified: VerifiedDatagram): boolean {
  return verified.type === BEAT_TYPE
}

function check(packet: Buffer, keyring: Keyring): DatagramRefusal | undefined {
  const bodyBytes = packet.length - HEADER_BYTES - TAG_BYTES
  if (bodyBytes < 0 || packet.length > DATAGRAM_BYTES_MAX) return 'size'
  if (packet.readUInt16BE(0) !== MAGIC) return 'magic'
  if (packet[2] !== DATAGRAM_VERSION || packet[5] !== 0) return 'version'
  if (packet.readUInt16BE(BODY_LENGTH_AT) !== bodyBytes) return 'size'
  if (!isSame(packet, CLUSTER_TAG_AT, keyring.clusterTag)) return 'cluster'
  const accepted = keyring.accepted(packet[4] ?? 0)
  if (accepted.length === 0) return 'key'
  const end = HEADER_BYTES + bodyBytes
  const signed = packet.subarray(0, end)
  const tag = packet.subarray(end)
  return accepted.some(({ key }) => timingSafeEqual(tagOf(signed, key), tag)) ? undefined : 'tag'
}

function isSame(packet: Buffer, at: number, expected: Uint8Array): boolean {
  return packet.compare(expected, 0, expected.length, at, at + expected.length) === 0
}

function tagOf(signed: Uint8Array, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(signed).digest().subarray(0, TAG_BYTES)
}
