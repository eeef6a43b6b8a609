// A version as sixteen bytes whose order is the order of versions. Checks nothing: its callers know what they have.
import type { Version } from '../core/types.ts'
import { writeHex } from './hex.ts'

/** Unit: bytes. */
export const VERSION_BYTES = 16

/** Writes a version as 16 bytes whose byte order is version order. */
export function writeVersion(version: Version, target: Buffer, offset: number): void {
  writeHex(version, 0, { bytes: target, at: offset, count: 8 })
  writeHex(version, 17, { bytes: target, at: offset + 8, count: 8 })
}

/** Reads what `writeVersion` wrote. */
export function readVersion(source: Buffer, offset: number): Version {
  const digits = source.toString('hex', offset, offset + VERSION_BYTES)
  return `${digits.slice(0, 16)}-${digits.slice(16)}`
}
