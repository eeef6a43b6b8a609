// Parts that the bodies of several packets share: flags, versions, ballots, positions, sizes.
import type { Ballot, StreamPosition, Version } from '../core/types.ts'
import type { ByteReader } from './byte-reader.ts'
import { type ByteWriter, UINT32_MAX } from './byte-writer.ts'

/** Before the body of every packet. Unit: bytes. */
export const HEADER_BYTES = 40

/** After the body of every packet: its authentication tag. Unit: bytes. */
export const TAG_BYTES = 16

export const VERSION_BYTES = 16
export const BALLOT_BYTES = 14
export const POSITION_BYTES = BALLOT_BYTES + 6

/** A byte of yes and no, the first is its lowest bit. At most eight. */
export function flagsOf(...facts: readonly boolean[]): number {
  return facts.reduce((byte, isSet, place) => byte | (isSet ? 1 << place : 0), 0)
}

/** Whether the flag at a place is set. Flags that this version does not know are ignored. */
export function hasFlag(byte: number, place: number): boolean {
  return (byte & (1 << place)) !== 0
}

/** A duration for a field of 32 bits: rounded up, because too old is the safe side. Unit: ms. */
export function wholeMs(ms: number): number {
  return Math.min(UINT32_MAX, Math.max(0, Math.ceil(ms)))
}

export function writeVersion(writer: ByteWriter, version: Version): void {
  writer.hex(version.slice(0, 16), 8)
  writer.hex(version.slice(17), 8)
}

export function readVersion(reader: ByteReader): Version {
  const clock = reader.hex(8)
  return `${clock}-${reader.hex(8)}`
}

/** A version that may be '': then nothing is written, and a flag elsewhere says so. */
export function writeOptionalVersion(writer: ByteWriter, version: Version): void {
  if (version !== '') writeVersion(writer, version)
}

export function readOptionalVersion(reader: ByteReader, isPresent: boolean): Version {
  return isPresent ? readVersion(reader) : ''
}

export function writeBallot(writer: ByteWriter, ballot: Ballot): void {
  writer.uint48(ballot.epoch)
  writer.hex(ballot.proposer, 8)
}

export function readBallot(reader: ByteReader): Ballot {
  const epoch = reader.uint48()
  return { epoch, proposer: reader.hex(8) }
}

export function writePosition(writer: ByteWriter, position: StreamPosition): void {
  writeBallot(writer, position.stream)
  writer.uint48(position.seq)
}

export function readPosition(reader: ByteReader): StreamPosition {
  const stream = readBallot(reader)
  return { stream, seq: reader.uint48() }
}
