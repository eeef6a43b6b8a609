// The bytes of a backup: frames with a checksum each, and a digest over all of them at the end.
// docs/BACKUP.md has the layout. Knows neither files nor nodes.
import { createHash, type Hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { assert } from '../core/assert.ts'
import { CONTENT_TYPE_BYTES_MAX, KEY_BYTES_MAX } from '../core/limits.ts'
import type { Version } from '../core/types.ts'

/** The first eight bytes. A transfer as text would change some of them. */
export const BACKUP_MAGIC = Buffer.from('\x89DSBK\r\n\x1a', 'latin1')

/** The format that is written, and the newest that is read. */
export const BACKUP_FORMAT = 1

export const PREFACE_BYTES = BACKUP_MAGIC.length + 2

/** Kind and length before the payload. */
export const FRAME_HEAD_BYTES = 5
export const CRC_BYTES = 4
export const DIGEST_BYTES = 32

export const FRAME = { head: 1, entries: 2, end: 3, failed: 4 } as const

/** An entry's parts that are always there. */
const ENTRY_BYTES_MIN = 2 + 16 + 1 + 1 + 4
export const EXPIRES = 1

/** The largest value a cluster may have. Unit: bytes. As the setting value-bytes-max allows. */
const VALUE_BYTES_MAX = 256 * 1024 * 1024

/** One entry without its value. Unit: bytes. */
const ENTRY_EXTRA_BYTES = ENTRY_BYTES_MIN + 8 + KEY_BYTES_MAX + CONTENT_TYPE_BYTES_MAX

/** Bytes of entries that are gathered into one frame. Unit: bytes. About a ms of work. */
export const FRAME_BYTES = 64 * 1024

/** A longer payload is none of ours. Unit: bytes. */
export const FRAME_BYTES_MAX = FRAME_BYTES + VALUE_BYTES_MAX + ENTRY_EXTRA_BYTES

assert(FRAME_BYTES_MAX < 2 ** 32, 'the length of a payload has four bytes')

/** What a backup is of. Members that are not known are passed over. */
export interface BackupHead {
  readonly cluster: string
  /** The id of the node that wrote it. */
  readonly node: string
  /** The primary's stream, and its number up to which every write is in the backup. */
  readonly stream: string
  readonly committed: number
  /** When it was begun, by the clock of that node: ISO 8601. */
  readonly at: string
  /** About so many entries follow: for progress. */
  readonly keys: number
}

export interface BackupEntry {
  readonly key: string
  readonly version: Version
  /** Unit: ms since 1970. */
  readonly expiresAtMs: number | undefined
  readonly contentType: string
  readonly bytes: Uint8Array
}

/** Writes a backup, frame by frame, in this order: start, entries, end or failed. */
export class BackupWriter {
  readonly #hash: Hash = createHash('sha256')
  #entries = 0
  #valueBytes = 0

  start(head: BackupHead): Buffer {
    const preface = Buffer.alloc(PREFACE_BYTES)
    BACKUP_MAGIC.copy(preface)
    preface.writeUInt16BE(BACKUP_FORMAT, BACKUP_MAGIC.length)
    return this.#hashed(Buffer.concat([preface, frame(FRAME.head, jsonBytes(head))]))
  }

  entries(entries: readonly BackupEntry[]): Buffer {
    const sizes = entries.map(entryBytes)
    const payload = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0))
    let at = 0
    for (const entry of entries) {
      at = writeEntry(payload, at, entry)
      this.#valueBytes += entry.bytes.length
    }
    this.#entries += entries.length
    return this.#hashed(frame(FRAME.entries, payload))
  }

  end(): Buffer {
    const payload = Buffer.alloc(16)
    payload.writeBigUInt64BE(BigInt(this.#entries), 0)
    payload.writeBigUInt64BE(BigInt(this.#valueBytes), 8)
    return frame(FRAME.end, Buffer.concat([payload, this.#hash.digest()]))
  }

  /** Why this backup has no end: a sentence. */
  failed(reason: string): Buffer {
    return frame(FRAME.failed, Buffer.from(reason))
  }

  #hashed(bytes: Buffer): Buffer {
    this.#hash.update(bytes)
    return bytes
  }
}

function jsonBytes(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function frame(kind: number, payload: Buffer): Buffer {
  assert(payload.length <= FRAME_BYTES_MAX, 'a frame has a bound')
  const head = Buffer.alloc(FRAME_HEAD_BYTES)
  head.writeUInt8(kind, 0)
  head.writeUInt32BE(payload.length, 1)
  const crc = Buffer.alloc(CRC_BYTES)
  crc.writeUInt32BE(crc32(payload, crc32(head)), 0)
  return Buffer.concat([head, payload, crc])
}

function entryBytes({ key, expiresAtMs, contentType, bytes }: BackupEntry): number {
  const ends = expiresAtMs === undefined ? 0 : 8
  const texts = Buffer.byteLength(key) + Buffer.byteLength(contentType)
  return ENTRY_BYTES_MIN + ends + texts + bytes.length
}

/** Returns where it ends. */
function writeEntry(target: Buffer, start: number, entry: BackupEntry): number {
  const { key, version, expiresAtMs, contentType, bytes } = entry
  const keyBytes = target.write(key, start + 2)
  let at = target.writeUInt16BE(keyBytes, start) + keyBytes
  at += target.write(version, at, 8, 'hex')
  at += target.write(version.slice(17), at, 8, 'hex')
  at = target.writeUInt8(expiresAtMs === undefined ? 0 : EXPIRES, at)
  if (expiresAtMs !== undefined) {
    at = target.writeBigUInt64BE(BigInt(Math.ceil(Math.max(0, expiresAtMs))), at)
  }
  const typeBytes = target.write(contentType, at + 1)
  at = target.writeUInt8(typeBytes, at) + typeBytes
  at = target.writeUInt32BE(bytes.length, at)
  target.set(bytes, at)
  return at + bytes.length
}
