// The table of lmdb that keeps writes that lost in a merge: one row a key, checked as a whole.
// How many are kept, and which go, is for the core to say.
import { crc32 } from 'node:zlib'
import type { Conflict } from '../core/conflicts.ts'
import type { Content } from '../core/types.ts'
import type { ByteTable } from './entry-table.ts'

// A row: CRC-32 of all that follows, length of the head, the head as JSON, the value that lost.
const HEAD_BYTES_AT = 4
const HEAD_AT = 8

const NOTHING = new Uint8Array(0)

/** Everything but the key and the value. */
interface Head extends Pick<Conflict, 'winner' | 'lineage' | 'atMs'> {
  readonly version: string
  readonly expiresAtMs?: number
  readonly requestId: string
  /** Left out: a delete lost. */
  readonly contentType?: string
}

export class ConflictTable {
  readonly #table: ByteTable
  readonly #onDamage: (key: string) => void

  /** `onDamage` hears of each row that does not read back; it is left out. */
  constructor(table: ByteTable, onDamage: (key: string) => void) {
    this.#table = table
    this.#onDamage = onDamage
  }

  /** Inside a batch, as `remove`. */
  put(conflict: Conflict): void {
    void this.#table.put(Buffer.from(conflict.key), encode(conflict))
  }

  remove(key: string): void {
    void this.#table.remove(Buffer.from(key))
  }

  /** What is committed, oldest first. */
  all(): Conflict[] {
    const found: Conflict[] = []
    for (const { key, value } of this.#table.getRange({})) {
      const conflict = decode(key.toString(), Buffer.from(value))
      if (conflict === undefined) this.#onDamage(key.toString())
      else found.push(conflict)
    }
    return found.sort((a, b) => a.atMs - b.atMs)
  }
}

function encode({ winner, lineage, atMs, loser }: Conflict): Buffer {
  const { version, expiresAtMs, requestId, content } = loser
  const isValue = content.kind === 'value'
  const head = {
    winner,
    lineage,
    atMs,
    version,
    expiresAtMs,
    requestId,
    contentType: isValue ? content.contentType : undefined,
  }
  const headBytes = Buffer.from(JSON.stringify(head))
  const row = Buffer.concat([Buffer.alloc(HEAD_AT), headBytes, isValue ? content.bytes : NOTHING])
  row.writeUInt32LE(headBytes.length, HEAD_BYTES_AT)
  row.writeUInt32LE(crc32(row.subarray(HEAD_BYTES_AT)), 0)
  return row
}

function decode(key: string, row: Buffer): Conflict | undefined {
  if (row.length < HEAD_AT) return undefined
  if (crc32(row.subarray(HEAD_BYTES_AT)) !== row.readUInt32LE(0)) return undefined
  const headEnd = HEAD_AT + row.readUInt32LE(HEAD_BYTES_AT)
  // Its checksum makes it what was written.
  const head: Head = JSON.parse(row.toString('utf8', HEAD_AT, headEnd))
  const { winner, lineage, atMs, version, expiresAtMs, requestId, contentType } = head
  const content: Content =
    contentType === undefined
      ? { kind: 'tombstone' }
      : { kind: 'value', bytes: row.subarray(headEnd), contentType }
  return { key, winner, lineage, atMs, loser: { key, version, expiresAtMs, requestId, content } }
}
