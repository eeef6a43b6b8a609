// Entries in memory, by key and in order, and how they were at a moment.
// Never counts them: its owner does.
import { liveEntry } from '../core/travel.ts'
import type { Entry } from '../core/types.ts'
import { countedEntry, headOf } from './counted.ts'
import type { Mark } from './fingerprint.ts'
import { compareKeys, inRange, SortedKeys } from './key-order.ts'
import { itemOf, type PageRow } from './page.ts'
import { ShardedMap } from './sharded-map.ts'
import type { KeyRange, SnapshotBounds, SnapshotItem, StoreSnapshot } from './store.ts'

interface MapRow extends PageRow {
  readonly entry: Entry
}

/** Entries by key, and their keys in order. */
export class EntryMap {
  readonly #entries = new ShardedMap<Entry>()
  readonly #sorted = new SortedKeys()
  readonly #snapshots = new Set<MapSnapshot>()

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  /** Puts an entry, or with undefined nothing. Returns what was there. */
  replace(key: string, entry: Entry | undefined): Entry | undefined {
    const before = this.#entries.get(key)
    for (const snapshot of this.#snapshots) snapshot.changed(key, before)
    if (entry === undefined) {
      this.#entries.delete(key)
      this.#sorted.remove(key)
    } else {
      this.#entries.set(key, entry)
      if (before === undefined) this.#sorted.add(key)
    }
    return before
  }

  *marks(): Iterable<Mark> {
    for (const entry of this.#entries.values()) yield countedEntry(entry, Buffer.from(entry.key))
  }

  *rows(after: string, upTo: string | undefined): Iterable<MapRow> {
    for (const key of this.#sorted.from(after, false)) {
      if (upTo !== undefined && compareKeys(key, upTo) > 0) return
      const entry = this.#entries.get(key)
      if (entry === undefined) continue
      const isLive = (atMs: number) => liveEntry(entry, atMs) !== undefined
      const keyBytes = Buffer.from(key)
      const item = (asRecord: boolean) => itemOf(entry, asRecord)
      yield { key, keyBytes, head: () => headOf(entry), entry, item, isLive }
    }
  }

  *liveKeys(range: KeyRange): Iterable<string> {
    for (const key of inRange(range, (start, isInclusive) =>
      this.#sorted.from(start, isInclusive),
    )) {
      if (liveEntry(this.#entries.get(key), range.liveAtMs) !== undefined) yield key
    }
  }

  snapshot(): StoreSnapshot {
    const snapshot = new MapSnapshot(this, () => this.#snapshots.delete(snapshot))
    this.#snapshots.add(snapshot)
    return snapshot
  }
}

/** The entries as they were: what has changed since is kept here as it was before. */
class MapSnapshot implements StoreSnapshot {
  readonly #map: EntryMap
  readonly #onClose: () => void
  /** Undefined: there was nothing. */
  readonly #before = new Map<string, Entry | undefined>()
  readonly #keysBefore = new SortedKeys()

  constructor(map: EntryMap, onClose: () => void) {
    this.#map = map
    this.#onClose = onClose
  }

  /** Called before an entry changes. */
  changed(key: string, before: Entry | undefined): void {
    if (this.#before.has(key)) return
    this.#before.set(key, before)
    if (before !== undefined) this.#keysBefore.add(key)
  }

  page({ after, entriesMax, bytesMax }: SnapshotBounds): readonly SnapshotItem[] {
    const items: SnapshotItem[] = []
    let bytes = 0
    for (const entry of this.#entriesFrom(after ?? '')) {
      items.push({ kind: 'entry', entry })
      bytes += headOf(entry).valueBytes
      if (items.length >= entriesMax || bytes >= bytesMax) break
    }
    return items
  }

  close(): void {
    this.#onClose()
    this.#before.clear()
  }

  *#entriesFrom(after: string): Iterable<Entry> {
    let waiting = this.#keysBefore.next(after, false)
    for (const row of this.#map.rows(after, undefined)) {
      while (waiting !== undefined && compareKeys(waiting, row.key) <= 0) {
        yield* defined(this.#before.get(waiting))
        waiting = this.#keysBefore.next(waiting, false)
      }
      if (!this.#before.has(row.key)) yield row.entry
    }
    while (waiting !== undefined) {
      yield* defined(this.#before.get(waiting))
      waiting = this.#keysBefore.next(waiting, false)
    }
  }
}

function defined<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value]
}
