// One machine's disk: the store through all lives of its node, and what of it would survive a crash.
// Flushes in order and late, sometimes very late; never flushes what a crash took.
import type { StoreChange } from '../../src/core/step.ts'
import type { DurableState, NodeId, Version } from '../../src/core/types.ts'
import { VERSION_ZERO } from '../../src/core/version.ts'
import { MemoryStore } from '../../src/storage/memory-store.ts'
import type { Agenda } from './agenda.ts'
import type { Chance, Range } from './chance.ts'

export interface DiskOptions {
  readonly flushMs: Range
  /** Share of flushes that take `slowFlushMs`. */
  readonly slowShare: number
  readonly slowFlushMs: Range
  readonly bytesMax: number | undefined
  /** What fits on it; undefined: everything. */
  readonly sizeBytes?: number
}

/** From here on a store says that it is full; a mirror may take more. Shares of the size. */
const FULL_SHARE = 0.85
const MIRROR_SHARE = 0.9

/** What a crash leaves of writes that were not flushed: `kept` as the page cache does, or `lost`. */
export type Unflushed = 'kept' | 'lost'

export class Disk {
  readonly #agenda: Agenda
  readonly #chance: Chance
  readonly #options: DiskOptions
  readonly #versions = new Map<string, Version>()
  readonly #flushing = new Set<() => void>()
  #store: MemoryStore
  #state: DurableState | undefined
  #flushedAtMs = 0
  #slow: Range | undefined

  constructor(
    world: { readonly agenda: Agenda; readonly chance: Chance },
    options: DiskOptions & { readonly nodeId: NodeId },
  ) {
    this.#agenda = world.agenda
    this.#chance = world.chance
    this.#options = options
    const { sizeBytes } = options
    this.#store = new MemoryStore({
      nodeId: options.nodeId,
      incarnation: 1,
      state: undefined,
      bytesMax: sizeBytes === undefined ? options.bytesMax : FULL_SHARE * sizeBytes,
      diskBytes: sizeBytes === undefined ? undefined : MIRROR_SHARE * sizeBytes,
      flushLater: (done) => this.#flushLater(done),
    })
  }

  /** The store of the present life. */
  get store(): MemoryStore {
    return this.#store
  }

  /** The node's own state as a power cut would leave it. */
  get durableState(): DurableState | undefined {
    return this.#state
  }

  /** What a power cut would leave under this key; VERSION_ZERO: nothing. */
  durableVersion(key: string): Version {
    return this.#versions.get(key) ?? VERSION_ZERO
  }

  /** The versions a power cut would leave, by key. */
  get durableVersions(): ReadonlyMap<string, Version> {
    return this.#versions
  }

  /** From now on every flush takes this long; undefined: as it was made. */
  slowDown(flushMs: Range | undefined): void {
    this.#slow = flushMs
  }

  apply(changes: readonly StoreChange[], flushed: () => void): void {
    this.#store.apply(changes, () => {
      for (const change of changes) this.#settle(change)
      flushed()
    })
  }

  /** More was written than fits. */
  get hasOverflowed(): boolean {
    return this.#store.bytes > (this.#options.sizeBytes ?? Infinity)
  }

  /** Everything that was written is on the disk. */
  get isQuiet(): boolean {
    return this.#flushing.size === 0
  }

  /** Puts something on the disk before the world begins. */
  prepare(changes: readonly StoreChange[]): void {
    this.apply(changes, () => {})
    this.#flushNow()
  }

  /** Ends the present life; the store is then the next one's. */
  crash(unflushed: Unflushed): void {
    if (unflushed === 'kept') this.#flushNow()
    this.#flushing.clear()
    this.#store = this.#store.crash()
  }

  /** While no node runs: some records cannot be read any more, and count as missing. */
  damage(isLost: () => boolean): void {
    const keys = [...this.#versions.keys()].filter(isLost)
    this.prepare(keys.map((key) => ({ kind: 'remove', key })))
  }

  #settle(change: StoreChange): void {
    if (change.kind === 'put') this.#versions.set(change.entry.key, change.entry.version)
    else if (change.kind === 'putRecord')
      this.#versions.set(change.record.key, change.record.version)
    else if (change.kind === 'remove') this.#versions.delete(change.key)
    else if (change.kind === 'purge') {
      if (this.durableVersion(change.key) <= change.version) this.#versions.delete(change.key)
    } else if (change.kind === 'state') this.#state = change.state
  }

  #flushLater(done: () => void): void {
    const { flushMs, slowFlushMs, slowShare } = this.#options
    const range = this.#slow ?? (this.#chance.happens(slowShare) ? slowFlushMs : flushMs)
    const atMs = Math.max(this.#flushedAtMs, this.#agenda.nowMs + this.#chance.between(range))
    this.#flushedAtMs = atMs
    this.#flushing.add(done)
    this.#agenda.at(atMs, () => {
      if (this.#flushing.delete(done)) done()
    })
  }

  #flushNow(): void {
    const waiting = [...this.#flushing]
    this.#flushing.clear()
    for (const done of waiting) done()
  }
}
