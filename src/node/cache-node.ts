// One node as the HTTP apps see it: reads answered here when the core allows, all else through it.
// The data plane: a hit touches the store or the copies, never the core's queues.
import type { Conflict } from '../core/conflicts.ts'
import type { NodeRequest, NodeResponse, Sender } from '../core/messages.ts'
import type { NodeCore } from '../core/node.ts'
import { liveEntry } from '../core/travel.ts'
import type {
  Copy,
  Entry,
  Order,
  OrderOutcome,
  ReadOutcome,
  Version,
  WriteCommand,
  WriteOutcome,
} from '../core/types.ts'
import type { NetworkReport } from '../http/network-report.ts'
import type {
  BackupAnswer,
  EventsAnswer,
  Freshness,
  HeldEntry,
  InternalNode,
  KeyList,
  NodeStatusReport,
  PublicNode,
} from '../http/node-access.ts'
import type { Copies } from '../storage/copies.ts'
import { inRange, keysFrom } from '../storage/key-order.ts'
import type { KeyRange, Store } from '../storage/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Backups } from './backup.ts'
import type { Driver } from './driver.ts'
import type { NodeCounts } from './metrics/counts.ts'
import type { Events } from './events.ts'
import type { NetworkWatch } from './network-watch.ts'

export interface CacheNodeParts {
  readonly core: NodeCore
  readonly driver: Driver
  readonly store: Store
  readonly copies: Copies
  readonly clock: Clock
  /** Stamps local entries: they have versions too, though nobody compares them. */
  readonly nextVersion: () => string
  /** What an operator should know besides what the core says. */
  readonly warnings: () => readonly string[]
  readonly watch: Pick<NetworkWatch, 'report' | 'heardBy'>
  readonly counts: NodeCounts
  readonly backups: Pick<Backups, 'begin'>
  readonly events: Pick<Events, 'subscribe'>
}

export class CacheNode implements PublicNode, InternalNode {
  readonly #parts: CacheNodeParts

  constructor(parts: CacheNodeParts) {
    this.#parts = parts
  }

  async write(command: WriteCommand): Promise<WriteOutcome> {
    const outcome = await this.#parts.driver.write(command)
    this.#parts.counts.wrote(outcome)
    return outcome
  }

  read(
    key: string,
    freshness: Freshness,
    minVersion?: Version,
  ): ReadOutcome | Promise<ReadOutcome> {
    const outcome = this.#read(key, freshness, minVersion)
    if (outcome instanceof Promise) return this.#counted(outcome)
    this.#parts.counts.read(outcome)
    return outcome
  }

  async #counted(later: Promise<ReadOutcome>): Promise<ReadOutcome> {
    const outcome = await later
    this.#parts.counts.read(outcome)
    return outcome
  }

  #read(
    key: string,
    freshness: Freshness,
    minVersion: Version | undefined,
  ): ReadOutcome | Promise<ReadOutcome> {
    const { driver } = this.#parts
    if (freshness.kind === 'strong') return driver.read({ key, strength: 'strong', minVersion })
    const here = this.#readHere(key, minVersion)
    if (here !== undefined) return here
    if (freshness.kind === 'onlyHere') {
      return { kind: 'unreachable', reason: 'this node does not hold a proven copy of the key' }
    }
    const fetched = driver.read({ key, strength: 'fresh', minVersion })
    if (freshness.kind !== 'stale') return fetched
    return this.#orStale({ key, minVersion, ageMsMax: freshness.ageMsMax }, fetched)
  }

  copiesOf(_key: string): number {
    return this.#parts.core.copiesOf()
  }

  putLocal(command: WriteCommand): Promise<WriteOutcome> {
    const { store, nextVersion } = this.#parts
    const { change, key, requestId } = command
    if (change.kind === 'put' && (store.isFull || change.bytes.length > store.roomBytes)) {
      return Promise.resolve({ kind: 'full' })
    }
    const version = nextVersion()
    const expiresAtMs =
      change.kind === 'put' && change.ttlMs !== undefined ? this.wallMs() + change.ttlMs : undefined
    const content: Entry['content'] =
      change.kind === 'put'
        ? { kind: 'value', bytes: change.bytes, contentType: change.contentType }
        : { kind: 'tombstone' }
    return new Promise((resolve) => {
      store.putLocal({ key, version, requestId, expiresAtMs, content }, () =>
        resolve({ kind: 'applied', version, copies: 1 }),
      )
    })
  }

  getLocal(key: string): HeldEntry | undefined {
    const { store, copies, core, clock } = this.#parts
    const local = this.#localEntry(key)
    if (local !== undefined) return { entry: local, ageMs: 0, source: 'local' }
    const nowMs = clock.monotonicMs()
    if (core.isMaster) {
      const stored = store.get(key)
      // Nobody has proven what a syncing master holds, or one that lost touch.
      const ageMs = core.mayServe(key, nowMs) ? core.storeAgeMs(nowMs) : undefined
      return stored === undefined ? undefined : { entry: stored, ageMs, source: 'local' }
    }
    const copy = copies.get(key)
    const entry = copyOf(copy)
    if (copy === undefined || entry === undefined) return undefined
    return { entry, ageMs: core.copyAgeMs(copy, nowMs), source: 'copy' }
  }

  list(range: KeyList): Iterable<string> {
    const { store, core } = this.#parts
    const from = { ...range, liveAtMs: this.wallMs() }
    if (range.scope === 'local') return limited(store.localKeys(from), range.limit)
    return limited(core.isMaster ? store.keys(from) : this.#copiedKeys(from), range.limit)
  }

  status(): NodeStatusReport {
    const { core, clock, copies, warnings, watch } = this.#parts
    const status = core.status(clock.monotonicMs())
    return {
      ...status,
      nodes: status.nodes.map((node) => ({ ...node, heardBy: watch.heardBy(node.id) })),
      warnings: [...status.warnings, ...warnings()],
      copies: copies.count,
    }
  }

  network(): NetworkReport {
    return this.#parts.watch.report()
  }

  backup(): BackupAnswer {
    return this.#parts.backups.begin()
  }

  events(prefix: string): EventsAnswer {
    return this.#parts.events.subscribe(prefix)
  }

  conflicts(): readonly Conflict[] {
    return this.#parts.core.conflicts()
  }

  audit(): void {
    this.#parts.driver.step({ kind: 'audit' })
  }

  order(order: Order): Promise<OrderOutcome> {
    return this.#parts.driver.order(order)
  }

  isReady(): boolean {
    return this.#parts.core.isReady()
  }

  wallMs(): number {
    return this.#parts.clock.wallMs()
  }

  answer(sender: Sender, request: NodeRequest): Promise<NodeResponse> {
    this.#parts.counts.requestsIn.of(request.kind).value++
    return this.#parts.driver.answer(sender, request)
  }

  sender(): Sender {
    return this.#parts.core.sender()
  }

  /** What this node can answer itself: a local entry, as a master, or a proven copy. */
  #readHere(key: string, min: Version | undefined): ReadOutcome | undefined {
    const { core, store, copies, clock } = this.#parts
    const nowMs = clock.monotonicMs()
    const local = this.#localEntry(key)
    if (local !== undefined && (min === undefined || local.version >= min)) {
      return { kind: 'found', entry: local, ageMs: 0, source: 'local' }
    }
    if (core.mayServe(key, nowMs)) {
      const held = store.get(key)
      const isUnknown = held === undefined && store.isDamaged(key)
      if (isUnknown || !core.isEnough(held, min)) return undefined
      return outcome(liveEntry(held, clock.wallMs()), core.storeAgeMs(nowMs), 'local')
    }
    const copy = copies.get(key)
    if (copy === undefined || !core.mayServeCopy(copy, nowMs)) return undefined
    if (!core.isCopyEnough(copy, min)) return undefined
    const entry = liveEntry(copyOf(copy), clock.wallMs())
    return outcome(entry, core.copyAgeMs(copy, nowMs), 'copy')
  }

  async #orStale(
    asked: { key: string; minVersion: Version | undefined; ageMsMax: number },
    fetched: Promise<ReadOutcome>,
  ): Promise<ReadOutcome> {
    const { key, minVersion, ageMsMax } = asked
    const result = await fetched
    const copy = this.#parts.copies.get(key)
    if (result.kind !== 'unreachable' || copy === undefined) return result
    const { core, clock } = this.#parts
    if (!core.isCopyEnough(copy, minVersion)) return result
    const ageMs = core.copyAgeMs(copy, clock.monotonicMs())
    if (ageMs > ageMsMax) return result
    const entry = liveEntry(copyOf(copy), this.wallMs())
    // A copy that has expired says nothing about what the masters hold now.
    return entry === undefined && copy.known.kind === 'entry'
      ? result
      : outcome(entry, ageMs, 'copy')
  }

  /** Keys of the copies that this node would answer from. */
  *#copiedKeys(range: KeyRange & { liveAtMs: number }): Iterable<string> {
    const { copies, core, clock } = this.#parts
    const nowMs = clock.monotonicMs()
    const keys = copies.keys()
    for (const key of inRange(range, (start, isInclusive) => keysFrom(keys, start, isInclusive))) {
      const copy = copies.get(key)
      if (copy === undefined || !core.mayServeCopy(copy, nowMs)) continue
      if (liveEntry(copyOf(copy), range.liveAtMs) !== undefined) yield key
    }
  }

  #localEntry(key: string): Entry | undefined {
    return liveEntry(this.#parts.store.getLocal(key), this.wallMs())
  }
}

function copyOf(copy: Copy | undefined): Entry | undefined {
  return copy?.known.kind === 'entry' ? copy.known.entry : undefined
}

function outcome(entry: Entry | undefined, ageMs: number, source: 'local' | 'copy'): ReadOutcome {
  return entry === undefined
    ? { kind: 'absent', ageMs, source }
    : { kind: 'found', entry, ageMs, source }
}

function* limited(keys: Iterable<string>, limit: number | undefined): Iterable<string> {
  let left = limit ?? Number.POSITIVE_INFINITY
  if (left === 0) return
  for (const key of keys) {
    yield key
    if (--left <= 0) return
  }
}
