// Fills one page of a store from its entries in key order.
// Never knows where the entries come from.
import { hasBucket } from '../core/digest.ts'
import type { PageBounds, StoreItem, StorePage } from '../core/ports.ts'
import type { EntryHead } from '../core/pages.ts'
import type { Entry } from '../core/types.ts'
import { recordOf } from '../wire/record.ts'
import { bucketOf } from './fingerprint.ts'
import { compareKeys } from './key-order.ts'

/** One key of a store; what lies under it is read only when it is asked for. */
export interface PageRow {
  readonly key: string
  readonly keyBytes: Uint8Array
  /** Undefined: damaged, reads as missing. */
  head(): EntryHead | undefined
  /** The entry, if so asked as a record where it can be one. Undefined: damaged. */
  item(asRecord: boolean): StoreItem | undefined
  /** There is a value, and it has not expired at this wall clock. */
  isLive(atMs: number): boolean
}

/** An entry in memory as a page has it. */
export function itemOf(entry: Entry, asRecord: boolean): StoreItem {
  const record = asRecord ? recordOf(entry) : undefined
  return record === undefined ? { kind: 'entry', entry } : { kind: 'record', record }
}

/** A page of the rows, which are those above `after`, up to and including `upTo`, in order. */
export function fillPage(rows: Iterable<PageRow>, bounds: PageBounds): StorePage {
  const items: StoreItem[] = []
  const damaged: string[] = []
  let bytes = 0
  let keys = 0
  for (const row of rows) {
    keys++
    if (bounds.wanted === undefined || hasBucket(bounds.wanted, bucketOf(row.keyBytes))) {
      const head = row.head()
      if (head === undefined) damaged.push(row.key)
      if (head !== undefined && head.valueBytes > bounds.valueBytesMax) {
        items.push({ kind: 'head', head })
      } else if (head !== undefined) {
        const item = row.item(bounds.asRecords === true)
        if (item === undefined) damaged.push(row.key)
        else {
          items.push(item)
          bytes += head.valueBytes
        }
      }
    }
    const isHeavy = bytes > 0 && bytes >= bounds.bytesMax
    if (isHeavy || keys >= bounds.keysMax) return { items, damaged, end: row.key }
  }
  return { items, damaged, end: undefined }
}

/** The rows up to this key. */
export function* upTo(rows: Iterable<PageRow>, last: string | undefined): Iterable<PageRow> {
  for (const row of rows) {
    if (last !== undefined && compareKeys(row.key, last) > 0) return
    yield row
  }
}

/** The rows as they are; `keys` gets the key of each that is looked at. */
export function* noting(rows: Iterable<PageRow>, keys: string[]): Iterable<PageRow> {
  for (const row of rows) {
    keys.push(row.key)
    yield row
  }
}

/** The first rows. */
export function take(rows: Iterable<PageRow>, count: number): PageRow[] {
  const taken: PageRow[] = []
  for (const row of rows) {
    taken.push(row)
    if (taken.length === count) break
  }
  return taken
}
