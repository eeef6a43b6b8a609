// The durable store: entries, local entries and the node's own state in one lmdb environment.
// Reads are synchronous and see every applied change; what is decided about entries is not here.
import { unreachable } from '../core/assert.ts'
import type { DamagedEntry, DueBounds, DuePage, PageBounds, StoredHead } from '../core/ports.ts'
import type { StorePage } from '../core/ports.ts'
import { ENTRY_OVERHEAD_BYTES, recordBytes, storedBytes } from '../core/room.ts'
import type { StoreChange } from '../core/step.ts'
import type { DurableState, Entry, NodeId, Version } from '../core/types.ts'
import { dropAnchor, hasAnchor } from './anchor.ts'
import type { Conflict } from '../core/conflicts.ts'
import { ConflictTable } from './conflict-table.ts'
import { countedStored, type Stored } from './counted.ts'
import { dueOf, fillDuePage } from './due.ts'
import { DueTable } from './due-table.ts'
import { DiskSpace, SPACE_LOOK_EVERY_MS } from './disk-space.ts'
import { EntryTable, keyOf } from './entry-table.ts'
import type { Key } from './entry-table.ts'
import { inRange } from './key-order.ts'
import { openEnvironment, reusableBytes } from './lmdb-environment.ts'
import type { Environment } from './lmdb-environment.ts'
import { openLmdbSnapshot } from './lmdb-snapshot.ts'
import { LmdbWriter } from './lmdb-writer.ts'
import { MetaTable } from './meta-table.ts'
import type { Identity } from './meta-table.ts'
import { fillPage, noting, take, upTo } from './page.ts'
import type { PageRow } from './page.ts'
import { START_ANEW, StorageError, type StorageErrorCode } from './storage-error.ts'
import type { Durability, KeyRange, Store, StoreSnapshot } from './store.ts'
import { fullAbove, Tally } from './tally.ts'

/** Keys looked at in one go while opening or listing. Unit: keys. A few ms of the event loop. */
const CHUNK_KEYS = 2000

/** Damaged entries a store may have. Unit: entries. Beyond, the disk is broken, not an entry. */
const DAMAGED_MAX = 10_000

export interface LmdbStoreOptions {
  /** Made when missing. One node a directory. */
  readonly dir: string
  readonly durability: Exclude<Durability, 'memory'>
  /** Keys, values and overhead together; undefined: as much as the disk holds. */
  readonly bytesMax: number | undefined
  /** Called when the store is new. */
  readonly newNodeId: () => NodeId
  /** Called at most once: the disk failed, nothing later will be flushed, the process must end. */
  readonly onFailure: (error: StorageError) => void
  /** A record does not read back; its key reads as missing from now on. Once a key. */
  readonly onDamage: (key: string) => void
  /** A write that lost in a merge does not read back; it is no longer listed. */
  readonly onConflictDamage: (key: string) => void
  readonly timers: StoreTimers
}

/** What a store needs of the event loop. */
export interface StoreTimers {
  readonly nextTurn: (run: () => void) => void
  /** Repeats until the returned function is called; does not keep the process alive. */
  readonly every: (ms: number, run: () => void) => () => void
}

/**
 * Opens the store in a directory, or makes one. Rejects with StorageError; when the disk is to
 * blame, `onFailure` has then been called with the same error.
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<Store> {
  const environment = openEnvironment(options.dir)
  try {
    const meta = new MetaTable(environment.meta)
    const known = meta.identity()
    const nodeId = known?.nodeId ?? newIdentity(environment, options)
    const identity = { nodeId, incarnation: (known?.incarnation ?? 0) + 1 }
    const store = new LmdbStore(environment, { ...options, meta, identity })
    await store.start()
    return store
  } catch (error) {
    await closeEnvironment(environment, error)
    throw error
  }
}

/** lmdb never closes after a failed commit: it waits for a flush that does not come. */
const CLOSES_NEVER: readonly StorageErrorCode[] = ['write-failed', 'store-damaged']

async function closeEnvironment(environment: Environment, failure: unknown): Promise<void> {
  if (failure instanceof StorageError && CLOSES_NEVER.includes(failure.code)) return
  await environment.root.close()
}

function newIdentity(environment: Environment, options: LmdbStoreOptions): NodeId {
  for (const _ of environment.data.records.getKeys({ limit: 1 })) {
    const message = `The store in ${options.dir} has entries but does not say whose: move the data directory away; the node then starts as a new one.`
    throw new StorageError('meta-damaged', message)
  }
  if (hasAnchor(options.dir)) {
    const message = `The store in ${options.dir} was a node's and reads as empty: it is damaged. Look for what changed its files, then ${START_ANEW}`
    throw new StorageError('meta-damaged', message)
  }
  return options.newNodeId()
}

interface Parts extends LmdbStoreOptions {
  readonly meta: MetaTable
  readonly identity: Identity
}

class LmdbStore implements Store {
  readonly nodeId: NodeId
  readonly incarnation: number
  readonly #environment: Environment
  readonly #options: Parts
  readonly #data: EntryTable
  readonly #local: EntryTable
  readonly #due: DueTable
  readonly #conflicts: ConflictTable
  readonly #writer: LmdbWriter
  readonly #tally = new Tally()
  readonly #space: DiskSpace
  #stopLooking: () => void = () => {}
  #state: DurableState | undefined
  #storedHighest: Version
  #generation = 0
  #damaged = 0
  #closing: Promise<void> | undefined

  constructor(environment: Environment, options: Parts) {
    this.nodeId = options.identity.nodeId
    this.incarnation = options.identity.incarnation
    this.#environment = environment
    this.#options = options
    this.#data = new EntryTable(environment.data, (key, counted) => {
      if (counted !== undefined) this.#tally.remove(counted)
      this.#onLoss(key)
    })
    this.#local = new EntryTable(environment.local, (key) => this.#onLoss(key))
    this.#due = new DueTable(environment.due)
    const { durability, onFailure, onConflictDamage, timers } = options
    this.#conflicts = new ConflictTable(environment.conflicts, onConflictDamage)
    this.#writer = new LmdbWriter(environment.root, {
      durability,
      onFailure,
      nextTurn: timers.nextTurn,
    })
    this.#space = new DiskSpace(options.dir, {
      reusableBytes: () => reusableBytes(environment),
      underWayBytes: () => this.#writer.backlogBytes,
    })
    this.#state = options.meta.state()
    this.#storedHighest = options.meta.highest()
  }

  /** Reads everything once, and makes the new incarnation durable. */
  async start(): Promise<void> {
    // Made now, while it is empty: from here on it only changes with the entries.
    this.#tally.digest(() => [])
    this.#tally.raise(this.#storedHighest)
    for await (const rows of this.#chunks()) for (const row of rows) this.#countRow(row)
    await this.#flushIdentity()
    dropAnchor(this.#options.dir, this.nodeId)
    await this.#space.look()
    this.#stopLooking = this.#options.timers.every(SPACE_LOOK_EVERY_MS, () => {
      void this.#space.look()
    })
  }

  get keyCount(): number {
    return this.#tally.liveCount
  }

  get bytes(): number {
    return this.#tally.bytes
  }

  get isFull(): boolean {
    return this.#space.isLow || this.#tally.bytes > fullAbove(this.#options.bytesMax)
  }

  get roomBytes(): number {
    return this.#space.roomBytes
  }

  get lastRoomBytes(): number {
    return this.#space.lastRoomBytes
  }

  get highestVersion(): Version {
    return this.#tally.highest
  }

  get state(): DurableState | undefined {
    return this.#state
  }

  digest(): Uint8Array {
    return this.#tally.digest(() => []).bytes()
  }

  get(key: string): Entry | undefined {
    return this.#data.get(key)
  }

  head(key: string): StoredHead | undefined {
    return this.#data.head(key)
  }

  page(bounds: PageBounds): StorePage {
    const above = bounds.after ?? ''
    const rows = upTo(this.#data.rows(above, false), bounds.upTo)
    // Who wants no values looks at what is here, to put there what is missing.
    if (bounds.valueBytesMax >= 0) return fillPage(rows, bounds)
    const keys: string[] = []
    const page = fillPage(noting(rows, keys), bounds)
    if (page.end === undefined) this.#data.walked({ above, upTo: bounds.upTo }, keys)
    return page
  }

  isDamaged(key: string): boolean {
    return this.#data.isLost(key)
  }

  damaged(countMax: number, after: string | undefined): DamagedEntry[] {
    return this.#data.lost(countMax, after)
  }

  due(bounds: DueBounds): DuePage {
    const places = this.#due.from(bounds.kind, bounds.after)
    return fillDuePage(places, bounds, (key) => this.#data.known(keyOf(key)))
  }

  conflicts(): readonly Conflict[] {
    return this.#conflicts.all()
  }

  keys(range: KeyRange): Iterable<string> {
    return liveKeys(this.#data, range)
  }

  apply(changes: readonly StoreChange[], flushed: () => void): void {
    const generation = ++this.#generation
    const keys: string[] = []
    const bytes = changes.reduce((sum, change) => sum + changeBytes(change), 0)
    this.#space.spend(bytes)
    this.#writer.write({
      fill: () => {
        for (const change of changes) this.#change(change, { generation, keys })
        this.#storeHighest()
      },
      bytes,
      mustFlush: changes.some((change) => change.kind === 'state'),
      committed: () => this.#data.committed(generation, keys),
      flushed,
    })
  }

  getLocal(key: string): Entry | undefined {
    return this.#local.get(key)
  }

  putLocal(entry: Entry, flushed: () => void): void {
    const generation = ++this.#generation
    this.#space.spend(storedBytes(entry))
    this.#writer.write({
      fill: () => void this.#local.replace(keyOf(entry.key), entry, generation),
      bytes: storedBytes(entry),
      mustFlush: false,
      committed: () => this.#local.committed(generation, [entry.key]),
      flushed,
    })
  }

  localKeys(range: KeyRange): Iterable<string> {
    return liveKeys(this.#local, range)
  }

  async snapshot(): Promise<StoreSnapshot> {
    await this.#writer.idle()
    return openLmdbSnapshot(this.#environment)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#stopLooking()
    this.#space.stop()
    await this.#writer.idle()
    await closeEnvironment(this.#environment, this.#writer.failure)
  }

  #change(change: StoreChange, to: { generation: number; keys: string[] }): void {
    switch (change.kind) {
      case 'put':
        to.keys.push(change.entry.key)
        return this.#replace(keyOf(change.entry.key), change.entry, to.generation)
      case 'putRecord':
        to.keys.push(change.record.key)
        return this.#replace(keyOf(change.record.key), change.record, to.generation)
      case 'remove':
        to.keys.push(change.key)
        return this.#replace(keyOf(change.key), undefined, to.generation)
      case 'purge': {
        const key = keyOf(change.key)
        const held = this.#data.known(key)
        if (held === undefined || held.version > change.version) return undefined
        to.keys.push(change.key)
        return this.#replace(key, undefined, to.generation)
      }
      case 'state':
        this.#state = change.state
        return this.#options.meta.putState(change.state)
      case 'keepConflict':
        return this.#conflicts.put(change.conflict)
      case 'dropConflict':
        return this.#conflicts.remove(change.key)
      default:
        return unreachable(change)
    }
  }

  #replace(key: Key, what: Stored | undefined, generation: number): void {
    const before = this.#data.replace(key, what, generation)
    const dueBefore = before && dueOf(before)
    if (before !== undefined) this.#tally.remove(before)
    if (dueBefore !== undefined) this.#due.remove(dueBefore, key.bytes)
    if (what === undefined) return
    const now = countedStored(what, key.bytes)
    const dueNow = dueOf(now)
    this.#tally.add(now)
    if (dueNow !== undefined) this.#due.add(dueNow, key.bytes)
  }

  /** Entries that are removed must not take the highest version with them over a restart. */
  #storeHighest(): void {
    if (this.#storedHighest === this.#tally.highest) return
    this.#storedHighest = this.#tally.highest
    this.#options.meta.putHighest(this.#storedHighest)
  }

  #countRow(row: PageRow): void {
    const head = row.head()
    if (head !== undefined) this.#tally.add({ keyBytes: row.keyBytes, ...head })
  }

  /** All rows, giving up the turn now and then. Nothing is written meanwhile. */
  async *#chunks(): AsyncIterable<readonly PageRow[]> {
    let start = ''
    for (;;) {
      const rows = take(this.#data.rows(start, false), CHUNK_KEYS)
      yield rows
      const last = rows.at(-1)
      if (last === undefined || rows.length < CHUNK_KEYS) return
      start = last.key
      await new Promise<void>((resolve) => this.#options.timers.nextTurn(resolve))
    }
  }

  async #flushIdentity(): Promise<void> {
    const { meta, identity } = this.#options
    this.#writer.write({
      fill: () => meta.putIdentity(identity),
      bytes: 0,
      mustFlush: true,
      committed: () => {},
      flushed: () => {},
    })
    await this.#writer.idle()
    if (this.#writer.failure !== undefined) throw this.#writer.failure
  }

  #onLoss(key: string): void {
    this.#damaged++
    this.#options.onDamage(key)
    if (this.#damaged !== DAMAGED_MAX) return
    const message = `${DAMAGED_MAX} entries of the store in ${this.#options.dir} are damaged: check the disk and move the data directory away; the node then starts as a new one.`
    this.#writer.fail(new StorageError('too-damaged', message))
  }
}

/** Live keys in order, read in steps, so that changes between two steps do no harm. */
function liveKeys(table: EntryTable, range: KeyRange): Iterable<string> {
  return inRange(range, function* (start, isInclusive) {
    let rows = take(table.rows(start, isInclusive), CHUNK_KEYS)
    while (rows.length > 0) {
      for (const row of rows) if (row.isLive(range.liveAtMs)) yield row.key
      rows = take(table.rows(rows.at(-1)?.key ?? '', false), CHUNK_KEYS)
    }
  })
}

function changeBytes(change: StoreChange): number {
  if (change.kind === 'put') return storedBytes(change.entry)
  if (change.kind === 'putRecord') return recordBytes(change.record)
  return change.kind === 'keepConflict' ? storedBytes(change.conflict.loser) : ENTRY_OVERHEAD_BYTES
}
