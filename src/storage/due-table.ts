// The table of lmdb that keeps the places of entries in order of time: one row a place, no value.
// A row is written in the batch of its entry; what is stored under its key is for the owner to check.
import type { DueKind, DuePlace } from '../core/ports.ts'
import type { Due } from './due.ts'
import type { ByteTable } from './entry-table.ts'

// A row's key: one byte of kind, six of time, then the entry's key. 518 bytes of lmdb's 1,978.
const KIND_BYTES: Readonly<Record<DueKind, number>> = { expiring: 1, tombstone: 2 }
const MS_AT = 1
const MS_BYTES = 6
const KEY_AT = MS_AT + MS_BYTES

const NOTHING = Buffer.alloc(0)

export class DueTable {
  readonly #table: ByteTable

  constructor(table: ByteTable) {
    this.#table = table
  }

  /** Inside a batch, as `remove`. */
  add(due: Due, keyBytes: Uint8Array): void {
    void this.#table.put(rowKey(due, keyBytes), NOTHING)
  }

  remove(due: Due, keyBytes: Uint8Array): void {
    void this.#table.remove(rowKey(due, keyBytes))
  }

  /** Committed places after one, in order. One walk is one look: end it before giving up the turn. */
  *from(kind: DueKind, after: DuePlace | undefined): Iterable<DuePlace> {
    const first = { kind, dueMs: after?.dueMs ?? 0 }
    // The next possible key after one is that key and a zero byte.
    const rest = after === undefined ? NOTHING : Buffer.from(`${after.key}\0`)
    const end = Buffer.from([KIND_BYTES[kind] + 1])
    for (const row of this.#table.getKeys({ start: rowKey(first, rest), end })) {
      yield { dueMs: row.readUIntBE(MS_AT, MS_BYTES), key: row.toString('utf8', KEY_AT) }
    }
  }
}

function rowKey({ kind, dueMs }: Due, keyBytes: Uint8Array): Buffer {
  const row = Buffer.allocUnsafe(KEY_AT + keyBytes.length)
  row.writeUInt8(KIND_BYTES[kind])
  row.writeUIntBE(dueMs, MS_AT, MS_BYTES)
  row.set(keyBytes, KEY_AT)
  return row
}
