// The entries of one moment in lmdb, read in one transaction.
// Never shows what was written and not yet committed; its owner waits for that first.
import type { RootDatabase, Transaction } from 'lmdb'
import type { Environment } from './lmdb-environment.ts'
import type { ByteTable } from './entry-table.ts'
import { rangeStart } from './entry-table.ts'
import { decodeHead, joinEntry } from '../wire/record.ts'
import type { SnapshotBounds, SnapshotItem, StoreSnapshot } from './store.ts'

/** Takes the snapshot now. While it is open lmdb uses no page again that it needs: the file grows. */
export function openLmdbSnapshot({ root, data }: Environment): StoreSnapshot {
  return new LmdbSnapshot(root, data)
}

class LmdbSnapshot implements StoreSnapshot {
  readonly #tables: Environment['data']
  #transaction: Transaction | undefined

  constructor(root: RootDatabase, tables: Environment['data']) {
    this.#tables = tables
    // Else lmdb gives the transaction that others read with in this turn: it may be of before.
    root.resetReadTxn()
    this.#transaction = root.useReadTransaction()
  }

  page({ after, entriesMax, bytesMax }: SnapshotBounds): readonly SnapshotItem[] {
    const transaction = this.#transaction
    if (transaction === undefined) throw new Error('bug: this snapshot is closed')
    const items: SnapshotItem[] = []
    let bytes = 0
    const start = rangeStart(after ?? '', false)
    // Ended before the turn is given up: lmdb has one place for the key that a cursor stands on.
    for (const { key, value } of this.#tables.records.getRange({ start, transaction })) {
      items.push(itemOf({ key, record: value }, this.#tables.values, transaction))
      bytes += value.length
      if (items.length >= entriesMax || bytes >= bytesMax) break
    }
    return items
  }

  close(): void {
    this.#transaction?.done()
    this.#transaction = undefined
  }
}

function itemOf(
  { key, record }: { key: Buffer; record: Buffer },
  values: ByteTable,
  transaction: Transaction,
): SnapshotItem {
  const text = key.toString()
  const head = decodeHead(record)
  const value = head?.isApart ? values.get(key, { transaction }) : record.subarray(head?.headBytes)
  const entry = head && joinEntry(text, { record, head }, value)
  return entry === undefined ? { kind: 'damaged', key: text } : { kind: 'entry', entry }
}
