// The body of a heartbeat, the only packet that every node sends all the time.
// The largest one must fit a packet; that is computed below and asserted.
import { assert } from '../core/assert.ts'
import { BEAT_LINEAGES_MAX, DATAGRAM_BYTES_MAX, ECHOES_MAX } from '../core/limits.ts'
import type { Beat, Echo, MasterReport } from '../core/messages.ts'
import { PROTOCOL_UNSAID, type ProtocolRange } from '../core/protocol-version.ts'
import type { Ballot, NodePhase } from '../core/types.ts'
import { isAddress } from './address.ts'
import {
  BALLOT_BYTES,
  flagsOf,
  HEADER_BYTES,
  hasFlag,
  POSITION_BYTES,
  readBallot,
  readPosition,
  TAG_BYTES,
  wholeMs,
  writeBallot,
  writePosition,
} from './body-parts.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { ADDRESS_BYTES_MAX } from './limits.ts'

const PHASES: readonly NodePhase[] = ['joining', 'member', 'leaving']
const UINT16_MAX = 0xffff
const ECHO_BYTES = 10

/** Numbers, flags, two ballots, and the address with its length. */
const PLAIN_BYTES = 4 + 1 + 1 + 2 * BALLOT_BYTES + 6 + 6 + 2 + 4 + 1 + ADDRESS_BYTES_MAX
const LINEAGES_BYTES = 1 + BEAT_LINEAGES_MAX * BALLOT_BYTES
const REPORT_BYTES = POSITION_BYTES + 1 + ECHOES_MAX * ECHO_BYTES
const PROTOCOL_BYTES = 2

/** The largest heartbeat as a whole packet. Unit: bytes. */
export const BEAT_BYTES_MAX =
  HEADER_BYTES + PLAIN_BYTES + LINEAGES_BYTES + REPORT_BYTES + PROTOCOL_BYTES + TAG_BYTES

assert(BEAT_BYTES_MAX <= DATAGRAM_BYTES_MAX, 'the largest heartbeat must fit one packet')

export function encodeBeat(writer: ByteWriter, beat: Beat): void {
  assert(isAddress(beat.address), `${beat.address} is no address`)
  assert(beat.lineages.length <= BEAT_LINEAGES_MAX, 'a heartbeat names few lineages')
  writer.uint32(beat.beat)
  writer.uint8(flagsOfBeat(beat))
  writer.uint8(PHASES.indexOf(beat.phase))
  writeBallot(writer, beat.ballot)
  writeBallot(writer, beat.promised)
  writer.uint48(Math.floor(beat.wallMs))
  writer.uint48(beat.keyCount)
  writer.uint16(Math.min(UINT16_MAX, wholeMs(beat.loopLagMs)))
  writer.uint32(beat.fingerprint)
  writer.text8(beat.address)
  writer.uint8(beat.lineages.length)
  for (const ballot of beat.lineages) writeBallot(writer, ballot)
  if (beat.master !== undefined) writeReport(writer, beat.master)
  writer.uint8(beat.protocol.newest)
  writer.uint8(beat.protocol.oldest)
}

/** What it gives for a body that breaks off is of no use: ask the reader. */
export function decodeBeat(reader: ByteReader): Beat {
  const beat = reader.uint32()
  const flags = reader.uint8()
  const phase = PHASES[reader.uint8()]
  const ballot = readBallot(reader)
  const promised = readBallot(reader)
  const wallMs = reader.uint48()
  const keyCount = reader.uint48()
  const loopLagMs = reader.uint16()
  const fingerprint = reader.uint32()
  const address = reader.text8()
  const lineages = readLineages(reader)
  const master = hasFlag(flags, 3) ? readReport(reader, flags) : undefined
  const protocol = reader.isAtEnd ? PROTOCOL_UNSAID : readProtocol(reader)
  if (phase === undefined || !isAddress(address)) reader.breakOff()
  return {
    kind: 'beat',
    beat,
    address,
    phase: phase ?? 'joining',
    ballot,
    isActive: hasFlag(flags, 0),
    promised,
    lineages,
    keyCount,
    loopLagMs,
    wallMs,
    isFull: hasFlag(flags, 1),
    isTooSmall: hasFlag(flags, 6),
    isWitness: hasFlag(flags, 5),
    mode: hasFlag(flags, 2) ? 'majority' : 'available',
    fingerprint,
    protocol,
    master,
  }
}

function flagsOfBeat(beat: Beat): number {
  const { master } = beat
  return flagsOf(
    beat.isActive,
    beat.isFull,
    beat.mode === 'majority',
    master !== undefined,
    master?.holdsLease === true,
    beat.isWitness,
    beat.isTooSmall,
  )
}

/** Added after all that older builds know; they ignore it. */
function readProtocol(reader: ByteReader): ProtocolRange {
  const newest = reader.uint8()
  const oldest = reader.uint8()
  if (oldest === 0 || oldest > newest) reader.breakOff()
  return { newest, oldest }
}

function readLineages(reader: ByteReader): Ballot[] {
  const count = reader.uint8()
  if (count > BEAT_LINEAGES_MAX) reader.breakOff()
  const lineages: Ballot[] = []
  while (lineages.length < count && !reader.isBroken) lineages.push(readBallot(reader))
  return lineages
}

function writeReport(writer: ByteWriter, report: MasterReport): void {
  assert(report.echoes.length <= ECHOES_MAX, 'echoes take turns')
  writePosition(writer, report.committed)
  writer.uint8(report.echoes.length)
  for (const echo of report.echoes) writeEcho(writer, echo)
}

function readReport(reader: ByteReader, flags: number): MasterReport {
  const committed = readPosition(reader)
  const count = reader.uint8()
  if (count > ECHOES_MAX) reader.breakOff()
  const echoes: Echo[] = []
  while (echoes.length < count && !reader.isBroken) echoes.push(readEcho(reader))
  return { committed, holdsLease: hasFlag(flags, 4), echoes }
}

function writeEcho(writer: ByteWriter, echo: Echo): void {
  writer.uint32(echo.node)
  writer.uint16(echo.incarnation)
  writer.uint32(echo.beat)
}

function readEcho(reader: ByteReader): Echo {
  const node = reader.uint32()
  const incarnation = reader.uint16()
  return { node, incarnation, beat: reader.uint32() }
}
