// A store in memory: for `--durability memory`, and for the simulator, whose crashes it survives
// as a disk would. Makes no promises, timers or guesses about time: flushes are its owner's.
import { unreachable } from '../core/assert.ts'
import type { Conflict } from '../core/conflicts.ts'
import type { DueBounds, DuePage, PageBounds, StoredHead, StorePage } from '../core/ports.ts'
import type { StoreChange } from '../core/step.ts'
import { storedHead } from '../core/travel.ts'
import { VERSION_ZERO } from '../core/version.ts'
import type { DurableState, Entry, NodeId, Version } from '../core/types.ts'
import { entryOf } from '../wire/record.ts'
import { countedEntry } from './counted.ts'
import { DueKeys, dueOf, fillDuePage } from './due.ts'
import { EntryMap } from './entry-map.ts'
import { owned } from './owned.ts'
import { fillPage } from './page.ts'
import type { KeyRange, Store, StoreSnapshot } from './store.ts'
import { fullAbove, Tally } from './tally.ts'
import type { Known } from './tally.ts'

export interface MemoryStoreOptions {
  readonly nodeId: NodeId
  readonly incarnation: number
  readonly state: DurableState | undefined
  /** Keys, values and overhead together; undefined: no limit. */
  readonly bytesMax: number | undefined
  /** What the disk that it stands for has for entries; undefined: no limit. */
  readonly diskBytes?: number | undefined
  /** Calls `done` later, never synchronously, once a real disk would have flushed. */
  readonly flushLater: (done: () => void) => void
}

/** One `apply`, until it is flushed: how to take it back, and whom to tell. */
interface Tail {
  readonly undo: (() => void)[]
  /** The highest version with this applied. */
  readonly highest: Version
  readonly flushed: () => void
  isFlushed: boolean
}

export class MemoryStore implements Store {
  readonly nodeId: NodeId
  readonly incarnation: number
  readonly #options: MemoryStoreOptions
  #data = new EntryMap()
  #local = new EntryMap()
  #tally = new Tally()
  #due = new DueKeys()
  #conflicts = new Map<string, Conflict>()
  #state: DurableState | undefined
  #tail: Tail[] = []
  #flushedHighest: Version = VERSION_ZERO

  constructor(options: MemoryStoreOptions) {
    this.nodeId = options.nodeId
    this.incarnation = options.incarnation
    this.#options = options
    this.#state = options.state
  }

  get keyCount(): number {
    return this.#tally.liveCount
  }

  get isFull(): boolean {
    return this.#tally.bytes > fullAbove(this.#options.bytesMax)
  }

  /** Nobody counts the memory; `bytesMax` is for `isFull`. */
  get roomBytes(): number {
    return Number.POSITIVE_INFINITY
  }

  /** Keys, values and overhead together. */
  get bytes(): number {
    return this.#tally.bytes
  }

  get lastRoomBytes(): number {
    return Math.max(0, (this.#options.diskBytes ?? Number.POSITIVE_INFINITY) - this.#tally.bytes)
  }

  get highestVersion(): Version {
    return this.#tally.highest
  }

  get state(): DurableState | undefined {
    return this.#state
  }

  /** The first call looks at every entry; later ones cost one copy. */
  digest(): Uint8Array {
    return this.#tally.digest(() => this.#data.marks()).bytes()
  }

  get(key: string): Entry | undefined {
    return this.#data.get(key)
  }

  head(key: string): StoredHead | undefined {
    const entry = this.#data.get(key)
    return entry && storedHead(entry)
  }

  page(bounds: PageBounds): StorePage {
    return fillPage(this.#data.rows(bounds.after ?? '', bounds.upTo), bounds)
  }

  /** Memory does not fail in parts. */
  isDamaged(_key: string): boolean {
    return false
  }

  damaged(): [] {
    return []
  }

  due(bounds: DueBounds): DuePage {
    const rows = this.#due.from(bounds.kind, bounds.after)
    return fillDuePage(rows, bounds, (key) => {
      const entry = this.#data.get(key)
      return entry && countedEntry(entry, Buffer.from(key))
    })
  }

  conflicts(): readonly Conflict[] {
    return [...this.#conflicts.values()].sort((a, b) => a.atMs - b.atMs)
  }

  keys(range: KeyRange): Iterable<string> {
    return this.#data.liveKeys(range)
  }

  apply(changes: readonly StoreChange[], flushed: () => void): void {
    const undo: Tail['undo'] = []
    for (const change of changes) this.#change(change, undo)
    this.#flush(undo, flushed)
  }

  getLocal(key: string): Entry | undefined {
    return this.#local.get(key)
  }

  putLocal(entry: Entry, flushed: () => void): void {
    const before = this.#local.replace(entry.key, owned(entry))
    const undo = [(): void => void this.#local.replace(entry.key, before)]
    this.#flush(undo, flushed)
  }

  localKeys(range: KeyRange): Iterable<string> {
    return this.#local.liveKeys(range)
  }

  async snapshot(): Promise<StoreSnapshot> {
    return this.#data.snapshot()
  }

  async close(): Promise<void> {}

  /**
   * The power goes: nothing more of this store is flushed, and it must not be used again. Returns
   * the store as the next incarnation finds it, without what was not flushed.
   */
  crash(): MemoryStore {
    for (const { undo } of this.#tail.reverse()) for (const back of undo.reverse()) back()
    this.#tail = []
    const next = new MemoryStore({
      ...this.#options,
      incarnation: this.incarnation + 1,
      state: this.#state,
    })
    next.#data = this.#data
    next.#local = this.#local
    next.#due = this.#due
    next.#conflicts = this.#conflicts
    next.#tally = this.#tally.resumedAt(this.#flushedHighest)
    next.#flushedHighest = this.#flushedHighest
    return next
  }

  #change(change: StoreChange, undo: Tail['undo']): void {
    switch (change.kind) {
      case 'put':
        return this.#put(change.entry, undo)
      case 'putRecord':
        return this.#put(entryOf(change.record), undo)
      case 'remove': {
        const before = this.#replace(change.key, undefined)
        undo.push(() => void this.#replace(change.key, before))
        return
      }
      case 'purge': {
        const held = this.#data.get(change.key)
        if (held === undefined || held.version > change.version) return
        this.#replace(change.key, undefined)
        undo.push(() => void this.#replace(change.key, held))
        return
      }
      case 'state': {
        const before = this.#state
        this.#state = change.state
        undo.push(() => {
          this.#state = before
        })
        return
      }
      case 'keepConflict': {
        const { conflict } = change
        this.#keep(conflict.key, { ...conflict, loser: owned(conflict.loser) }, undo)
        return
      }
      case 'dropConflict':
        this.#keep(change.key, undefined, undo)
        return
      default:
        unreachable(change)
    }
  }

  #put(entry: Entry, undo: Tail['undo']): void {
    const before = this.#replace(entry.key, owned(entry))
    undo.push(() => void this.#replace(entry.key, before))
  }

  #keep(key: string, conflict: Conflict | undefined, undo: Tail['undo']): void {
    const before = this.#conflicts.get(key)
    const put = (what: Conflict | undefined): void => {
      if (what === undefined) this.#conflicts.delete(key)
      else this.#conflicts.set(key, what)
    }
    put(conflict)
    undo.push(() => put(before))
  }

  #replace(key: string, entry: Entry | undefined): Entry | undefined {
    const before = this.#data.replace(key, entry)
    const keyBytes = Buffer.from(key)
    if (before !== undefined) this.#uncount(key, countedEntry(before, keyBytes))
    if (entry !== undefined) this.#count(key, countedEntry(entry, keyBytes))
    return before
  }

  #count(key: string, entry: Known): void {
    this.#tally.add(entry)
    const due = dueOf(entry)
    if (due !== undefined) this.#due.add(due, key)
  }

  #uncount(key: string, entry: Known): void {
    this.#tally.remove(entry)
    const due = dueOf(entry)
    if (due !== undefined) this.#due.remove(due, key)
  }

  #flush(undo: Tail['undo'], flushed: () => void): void {
    const tail = { undo, flushed, highest: this.#tally.highest, isFlushed: false }
    this.#tail.push(tail)
    this.#options.flushLater(() => {
      tail.isFlushed = true
      while (this.#tail[0]?.isFlushed === true) this.#finish(this.#tail.shift())
    })
  }

  #finish(tail: Tail | undefined): void {
    if (tail === undefined) return
    this.#flushedHighest = tail.highest
    tail.flushed()
  }
}
