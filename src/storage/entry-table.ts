// One table of entries in lmdb, with what is written but not yet committed laid over it.
// Never counts entries and never commits: its owner does.
import { liveEntry, storedHead } from '../core/travel.ts'
import type { Database } from 'lmdb'
import type { EntryHead } from '../core/pages.ts'
import type { StoredHead, StoreItem } from '../core/ports.ts'
import type { Entry, Version } from '../core/types.ts'
import { CopyRoom } from './copy-room.ts'
import { countedEntry, headOf, isRecord, type Stored } from './counted.ts'
import { compareKeys, SortedKeys } from './key-order.ts'
import { itemOf, type PageRow } from './page.ts'
import { KnownStretch, type Stretch } from './known-stretch.ts'
import { RecentEntries } from './recent-entries.ts'
import {
  bytesOf,
  decodeHead,
  encodeRecord,
  entryOf,
  INLINE_MAX,
  isCopied,
  isWholeValue,
  joinEntry,
  requestIdOf,
} from '../wire/record.ts'
import type { EncodedEntry, RecordHead } from '../wire/record.ts'
import type { Counted, Known } from './tally.ts'

/** Keys and values are raw bytes: lmdb's order is then the byte order of the keys. */
export type ByteTable = Database<Buffer, Buffer>

/** A key with its bytes. */
export interface Key {
  readonly text: string
  readonly bytes: Buffer
}

/** A change that lmdb has not committed yet. */
interface Pending {
  readonly generation: number
  readonly keyBytes: Buffer
  /** Undefined: removed. */
  readonly stored: Stored | undefined
}

/** Hears of each damaged key once; `counted` is what it was counted as, when that is still known. */
export type OnLoss = (key: string, counted: Counted | undefined) => void

export class EntryTable {
  readonly #records: ByteTable
  /** The values too large to lie in their records, under the same keys. */
  readonly #values: ByteTable
  readonly #onLoss: OnLoss
  readonly #pending = new Map<string, Pending>()
  readonly #recent = new RecentEntries()
  /** What was read, and is kept among the recent ones. */
  readonly #room = new CopyRoom()
  readonly #stretch = new KnownStretch()
  /** Nothing was ever here: most nodes have no local entries. */
  #isEmpty: boolean
  readonly #pendingKeys = new SortedKeys()
  /** Keys that read as missing although lmdb holds bytes for them, with versions as far as known. */
  readonly #lost = new Map<string, Version | undefined>()

  constructor(tables: { records: ByteTable; values: ByteTable }, onLoss: OnLoss) {
    this.#records = tables.records
    this.#values = tables.values
    this.#onLoss = onLoss
    this.#isEmpty = [...tables.records.getKeys({ limit: 1 })].length === 0
  }

  get(text: string): Entry | undefined {
    if (this.#isEmpty) return undefined
    const known = this.#known(text)
    if (known !== undefined) return known.entry
    if (this.#stretch.lacks(text)) return undefined
    const key = keyOf(text)
    const record = this.#borrowed(key)
    const head = record && this.#head(key, record)
    const entry = head && this.#entry(key, head, this.#room.copyOf(record))
    if (entry !== undefined) this.#recent.add(entry)
    return entry
  }

  /** What `get` says besides the value, which is not looked at. */
  head(text: string): StoredHead | undefined {
    if (this.#isEmpty) return undefined
    const known = this.#known(text)
    if (known !== undefined) return known.entry && storedHead(known.entry)
    const key = keyOf(text)
    const record = this.#borrowed(key)
    const head = record && this.#head(key, record)
    if (record === undefined || head === undefined) return undefined
    const { version, expiresAtMs, isTombstone } = head
    return { version, expiresAtMs, isTombstone, requestId: requestIdOf(record) }
  }

  /**
   * Puts an entry or a record under a key, or with undefined nothing; inside a batch. Visible at once. lmdb reads
   * a record where it lies: its bytes must stay as they are. Returns what was known under the key before.
   */
  replace(key: Key, stored: Stored | undefined, generation: number): Known | undefined {
    this.#isEmpty = false
    const before = this.#before(key)
    this.#stretch.written(key.text)
    this.#recent.drop(key.text)
    if (stored !== undefined && !isRecord(stored)) this.#recent.written(stored)
    const encoded = stored && encodedOf(stored)
    if (encoded === undefined) void this.#records.remove(key.bytes)
    else void this.#records.put(key.bytes, encoded.record)
    if (encoded?.apart !== undefined) void this.#values.put(key.bytes, encoded.apart)
    else if (before.mayBeApart) void this.#values.remove(key.bytes)
    this.#lost.delete(key.text)
    if (!this.#pending.has(key.text)) this.#pendingKeys.add(key.text)
    this.#pending.set(key.text, { generation, keyBytes: key.bytes, stored })
    return before.known
  }

  /** What is stored under a key, without its value; undefined: nothing, or something damaged. */
  known(key: Key): Known | undefined {
    return this.#before(key).known
  }

  isLost(text: string): boolean {
    return this.#lost.has(text)
  }

  /** Keys above this one, in byte order, that were found damaged and still are. */
  lost(countMax: number, after = ''): { key: string; version: Version | undefined }[] {
    const keys = [...this.#lost.keys()].filter((key) => compareKeys(key, after) > 0)
    const first = keys.sort(compareKeys).slice(0, countMax)
    return first.map((key) => ({ key, version: this.#lost.get(key) }))
  }

  /** lmdb shows the changes of this generation now. `keys` are those changed in it. */
  committed(generation: number, keys: readonly string[]): void {
    for (const key of keys) {
      if (this.#pending.get(key)?.generation !== generation) continue
      this.#pending.delete(key)
      this.#pendingKeys.remove(key)
    }
  }

  /** A walk has just seen all keys of this stretch. */
  walked(stretch: Stretch, keys: readonly string[]): void {
    this.#stretch.learn(stretch, keys)
  }

  /** Entries in key order. One walk is one look: end it before giving up the turn. */
  *rows(start: string, isInclusive: boolean): Iterable<PageRow> {
    let waiting = this.#pendingKeys.next(start, isInclusive)
    for (const { key: bytes, value } of this.#records.getRange({
      start: rangeStart(start, isInclusive),
    })) {
      const key = { text: bytes.toString(), bytes }
      while (waiting !== undefined && compareKeys(waiting, key.text) < 0) {
        yield* this.#pendingRow(waiting)
        waiting = this.#pendingKeys.next(waiting, false)
      }
      if (waiting === key.text) continue
      yield this.#row(key, value)
    }
    while (waiting !== undefined) {
      yield* this.#pendingRow(waiting)
      waiting = this.#pendingKeys.next(waiting, false)
    }
  }

  *#pendingRow(text: string): Iterable<PageRow> {
    const pending = this.#pending.get(text)
    if (pending?.stored === undefined) return
    const entry = entryIn(pending.stored)
    const { keyBytes } = pending
    const isLive = (atMs: number) => liveEntry(entry, atMs) !== undefined
    const item = (asRecord: boolean) => itemOf(entry, asRecord)
    yield { key: text, keyBytes, head: () => headOf(entry), item, isLive }
  }

  #row(key: Key, record: Buffer): PageRow {
    let known: RecordHead | undefined
    const head = (): RecordHead | undefined => (known ??= this.#head(key, record))
    return {
      key: key.text,
      keyBytes: key.bytes,
      head: () => entryHead(key.text, head()),
      item: (asRecord) => {
        const found = head()
        if (found === undefined) return undefined
        if (asRecord && isCopied(found)) return this.#recordItem(key, found, record)
        const entry = this.#entry(key, found, record)
        return entry && { kind: 'entry', entry }
      },
      isLive: (atMs) => isLiveHead(head(), atMs),
    }
  }

  /** What is known without asking lmdb; its entry is undefined where nothing is under the key. */
  #known(text: string): { readonly entry: Entry | undefined } | undefined {
    const recent = this.#recent.get(text)
    if (recent !== undefined) return { entry: recent }
    const pending = this.#pending.get(text)
    return pending && { entry: pending.stored && entryIn(pending.stored) }
  }

  /** The record under a key in memory of lmdb's: the next read there overwrites it. */
  #borrowed(key: Key): Buffer | undefined {
    const bytes = this.#records.getBinaryFast(key.bytes)
    // lmdb's buffer is longer than it says; a part of it is a buffer like any other.
    return bytes?.subarray(0, bytes.length)
  }

  #head(key: Key, record: Buffer): RecordHead | undefined {
    if (this.#lost.has(key.text)) return undefined
    const head = decodeHead(record)
    if (head === undefined) this.#lose(key.text, undefined)
    return head
  }

  #entry(key: Key, head: RecordHead, record: Buffer): Entry | undefined {
    const value = head.isApart ? this.#values.getBinary(key.bytes) : record.subarray(head.headBytes)
    const entry = joinEntry(key.text, { record, head }, value)
    if (entry === undefined) this.#lose(key.text, knownHead(head, key.bytes))
    return entry
  }

  #recordItem(key: Key, head: RecordHead, bytes: Buffer): StoreItem | undefined {
    if (!isWholeValue(bytes, head)) {
      this.#lose(key.text, knownHead(head, key.bytes))
      return undefined
    }
    const { version, expiresAtMs, valueBytes } = head
    const record = { key: key.text, version, expiresAtMs, valueBytes, bytes }
    return { kind: 'record', record }
  }

  #lose(key: string, counted: Counted | undefined): void {
    // It was counted out now: what was read of it before must not be counted out again.
    this.#recent.drop(key)
    this.#lost.set(key, counted?.version)
    this.#onLoss(key, counted)
  }

  #before(key: Key): Before {
    const inMemory = this.#known(key.text)
    if (inMemory !== undefined) return beforeOf(inMemory.entry, key)
    if (this.#stretch.lacks(key.text)) return beforeOf(undefined, key)
    const record = this.#borrowed(key)
    if (record === undefined) return { known: undefined, mayBeApart: false }
    const head = this.#head(key, record)
    if (head === undefined) return { known: undefined, mayBeApart: true }
    return { known: knownHead(head, key.bytes), mayBeApart: head.isApart }
  }
}

/** What was under a key, and whether its value may lie in the table of values. */
interface Before {
  readonly known: Known | undefined
  readonly mayBeApart: boolean
}

function beforeOf(entry: Entry | undefined, key: Key): Before {
  const known = entry && countedEntry(entry, key.bytes)
  return { known, mayBeApart: known !== undefined && known.valueBytes > INLINE_MAX }
}

function entryIn(stored: Stored): Entry {
  return isRecord(stored) ? entryOf(stored) : stored
}

function encodedOf(stored: Stored): EncodedEntry {
  if (isRecord(stored)) return { record: bytesOf(stored), apart: undefined }
  return encodeRecord(stored)
}

export function keyOf(text: string): Key {
  return { text, bytes: Buffer.from(text) }
}

function isLiveHead(head: RecordHead | undefined, atMs: number): boolean {
  if (head === undefined || head.isTombstone) return false
  return head.expiresAtMs === undefined || head.expiresAtMs > atMs
}

function entryHead(key: string, head: RecordHead | undefined): EntryHead | undefined {
  if (head === undefined) return undefined
  const { version, isTombstone, valueBytes } = head
  return { key, version, isTombstone, valueBytes }
}

function knownHead(head: RecordHead, keyBytes: Uint8Array): Known {
  const { version, isTombstone, valueBytes, expiresAtMs } = head
  return { keyBytes, version, isTombstone, valueBytes, expiresAtMs }
}

/** The smallest key of a range in lmdb, which knows no key of no bytes. */
export function rangeStart(start: string, isInclusive: boolean): Buffer {
  if (start === '') return Buffer.from([0])
  return isInclusive ? Buffer.from(start) : Buffer.concat([Buffer.from(start), Buffer.from([0])])
}
