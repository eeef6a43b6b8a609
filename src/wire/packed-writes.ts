// What a primary remembers of applied writes, as one block of bytes: a new master learns a hundred thousand of
// them before it asks for its first key. Refuses what is malformed, never throws; decides nothing.
import { assert } from '../core/assert.ts'
import type { PastWrite } from '../core/messages.ts'
import { writeHex } from './hex.ts'
import { readVersion, VERSION_BYTES, writeVersion } from './version-bytes.ts'

// A write: its request id, version, fingerprint and age (a double, big endian). All have the same length.
const ID_BYTES = 16
const VERSION_AT = ID_BYTES
const PRINT_AT = VERSION_AT + VERSION_BYTES
const PRINT_BYTES = 8
const AGE_AT = PRINT_AT + PRINT_BYTES
const WRITE_BYTES = AGE_AT + 8

export function packWrites(writes: readonly PastWrite[]): Uint8Array {
  const block = Buffer.allocUnsafeSlow(writes.length * WRITE_BYTES)
  let at = 0
  for (const { requestId, version, fingerprint, ageMs } of writes) {
    const isId = writeHex(requestId, 0, { bytes: block, at, count: ID_BYTES })
    const print = { bytes: block, at: at + PRINT_AT, count: PRINT_BYTES }
    assert(isId && writeHex(fingerprint, 0, print), 'what a master remembers is digits')
    writeVersion(version, block, at + VERSION_AT)
    block.writeDoubleBE(ageMs, at + AGE_AT)
    at += WRITE_BYTES
  }
  return block
}

/** At most `writesMax` writes, or undefined when the block is no such thing. */
export function unpackWrites(block: Uint8Array, writesMax: number): PastWrite[] | undefined {
  const count = block.length / WRITE_BYTES
  if (!Number.isInteger(count) || count > writesMax) return undefined
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
  const writes: PastWrite[] = []
  for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
    const ageMs = bytes.readDoubleBE(at + AGE_AT)
    if (!(ageMs >= 0 && ageMs < Number.POSITIVE_INFINITY)) return undefined
    writes.push({
      requestId: bytes.toString('hex', at, at + ID_BYTES),
      version: readVersion(bytes, at + VERSION_AT),
      fingerprint: bytes.toString('hex', at + PRINT_AT, at + AGE_AT),
      ageMs,
    })
  }
  return writes
}
