// What the primary does with a write: known already, allowed, stamped, or refused with a reason.
// How it becomes durable on every master is stream.ts' business.
import type { Handoff } from './handoff.ts'
import { REMEMBER_MS, WRITES_MAX, WRITE_BYTES_MAX } from './limits.ts'
import type { Members } from './members.ts'
import type { Merge } from './merge.ts'
import type { EntryReader } from './ports.ts'
import { whyNoQuorum } from './quorum.ts'
import type { Remembered } from './remembered.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { ClusterSettings } from './settings.ts'
import type { Standing } from './standing.ts'
import type { Stream, StreamEnd } from './stream.ts'
import { isLive, storedHead } from './travel.ts'
import type {
  Change,
  Condition,
  Entry,
  NodeId,
  Version,
  WriteCommand,
  WriteOutcome,
} from './types.ts'
import { minCopies, onlyGroup } from './view.ts'

type Reply = (outcome: WriteOutcome, nowMs: number) => void

/** What is known of a request id: by this master's memory, or only by the entry that is stored. */
interface Known {
  readonly version: Version
  readonly isSame: boolean
  readonly isRemembered: boolean
}

export interface WritesParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly stream: Stream
  readonly store: EntryReader
  readonly remembered: Remembered
  readonly merge: Merge
  readonly handoff: Pick<Handoff, 'isUnderWay'>
}

export class Writes {
  readonly #parts: WritesParts
  readonly #settings: ClusterSettings
  readonly #rules: Rules

  constructor(parts: WritesParts, setUp: { settings: ClusterSettings; rules: Rules }) {
    this.#parts = parts
    this.#settings = setUp.settings
    this.#rules = setUp.rules
  }

  /**
   * Takes a write as the primary. `refused` means that nothing was and nothing will be done about
   * it here; `unknown` that it was on its way when this node stopped being primary.
   */
  submit(command: WriteCommand, reply: Reply, nowMs: number): void {
    const { merge } = this.#parts
    const isJudged = command.condition.kind !== 'none' && this.#refusal(command) === undefined
    // What the other side of a split wrote counts too.
    if (isJudged && !merge.isSettled(command.key)) {
      merge.settle(command.key, (thenMs) => this.#submit(command, reply, thenMs), nowMs)
    } else this.#submit(command, reply, nowMs)
  }

  #submit(command: WriteCommand, reply: Reply, nowMs: number): void {
    const refusal = this.#refusal(command)
    if (refusal !== undefined) {
      reply({ kind: 'refused', reason: refusal }, nowMs)
      return
    }
    if (this.#rules.applyOnce && this.#isRetry(command, reply, nowMs)) return
    if (!this.#conditionHolds(command, reply, nowMs)) return
    if (command.change.kind === 'put' && this.#isFull(command.change.bytes.length, nowMs)) {
      reply({ kind: 'full' }, nowMs)
      return
    }
    this.#write(command, reply, nowMs)
  }

  /** What was promised room and has not reached the disk yet takes room too. */
  #isFull(bytes: number, nowMs: number): boolean {
    const { stream, store } = this.#parts
    return store.isFull || stream.isFull(nowMs) || stream.pendingBytes + bytes > store.roomBytes
  }

  /**
   * Judges the condition by the newest write of the key, under way or stored: this write comes right
   * after it. That it fails is said only once that write is committed, for nobody may know of it yet.
   */
  #conditionHolds(command: WriteCommand, reply: Reply, nowMs: number): boolean {
    const { stream, store, self } = this.#parts
    const { key, condition } = command
    if (condition.kind === 'none') return true
    const underWay = stream.newestOn(key)
    const head = underWay === undefined ? store.head(key) : storedHead(underWay)
    const current = isLive(head, self.wallMs(nowMs)) ? head.version : undefined
    if (holds(condition, current)) return true
    const conflict: WriteOutcome = { kind: 'conflict', current }
    if (underWay === undefined) reply(conflict, nowMs)
    else {
      stream.join(key, (end, thenMs) => {
        const dropped: WriteOutcome = { kind: 'refused', reason: 'the primary changed: try again' }
        reply(end.kind === 'committed' ? conflict : dropped, thenMs)
      })
    }
    return false
  }

  #refusal(command: WriteCommand): string | undefined {
    const { standing, stream, members, self } = this.#parts
    const view = standing.view
    if (!standing.isActive || view === undefined) return 'this node is not the primary now'
    if (this.#parts.handoff.isUnderWay) return 'another node takes over now: try again'
    const lost = onlyGroup(view).masters.some((m) => members.isGone(m.id))
    const about = { settings: this.#settings, view, hereCount: 0 }
    const isHere = (id: NodeId) => id === self.id || members.isAlive(id)
    const noQuorum = lost ? whyNoQuorum(about, isHere) : undefined
    // The view cannot do without the lost master, so this write would wait for ever.
    if (noQuorum !== undefined) return noQuorum
    const have = onlyGroup(view).masters.filter((m) => !members.isGone(m.id)).length
    const needed = minCopies(this.#settings, view.roster)
    if (have < needed && this.#rules.acknowledgeOnlyWithMinCopies) {
      return `${have} of ${needed} masters are reachable: bring a node back, or set min-copies to 1`
    }
    if (this.#isHidden(command))
      return 'the entry is damaged on the primary and is being fetched: try again'
    const bytes = command.change.kind === 'put' ? command.change.bytes.length : 0
    const isOverCount = stream.pendingCount >= WRITES_MAX
    const isOverBytes = stream.pendingBytes > 0 && stream.pendingBytes + bytes > WRITE_BYTES_MAX
    return isOverCount || isOverBytes ? 'too many writes are under way: try again' : undefined
  }

  /** What is there cannot be read, so no condition can be judged by it. Any other write mends it. */
  #isHidden({ key, condition }: WriteCommand): boolean {
    const { store, stream } = this.#parts
    if (condition.kind === 'none' || stream.newestOn(key) !== undefined) return false
    return store.head(key) === undefined && store.isDamaged(key)
  }

  /** A write that this cluster has applied before, or is applying, is not applied again. */
  #isRetry(command: WriteCommand, reply: Reply, nowMs: number): boolean {
    const known = this.#recall(command, nowMs)
    if (known === undefined) return false
    if (!known.isSame) {
      reply({ kind: 'reused' }, nowMs)
      return true
    }
    const { stream, store, remembered } = this.#parts
    const end = (result: StreamEnd, thenMs: number) =>
      reply(outcomeOf(result, known.version), thenMs)
    const underWay = stream.newestOn(command.key)
    const newest = underWay ?? store.get(command.key)
    // Rolled back: another primary never had it. Then this is a new write.
    const isLost = newest === undefined || newest.version < known.version
    if (isLost && this.#rules.forgetRolledBack) return false
    const { requestId, fingerprint } = command
    const write = { requestId, version: known.version, fingerprint }
    const isRemembered = known.isRemembered || !this.#rules.retriesAreRemembered
    if (underWay !== undefined && isRemembered) stream.join(command.key, end)
    else if (newest !== undefined) {
      // It is here, but perhaps on no other master: it is acknowledged only once it is. And only the
      // entry may have told of it, until it is overwritten: from now on every master remembers it.
      if (!isRemembered) remembered.add(write, nowMs)
      stream.append({ entry: newest, write }, end)
    } else reply({ kind: 'applied', version: known.version, copies: 1 }, nowMs)
    return true
  }

  /** A write under this request id, and whether it was this one. */
  #recall(command: WriteCommand, nowMs: number): Known | undefined {
    const { remembered, store, stream, self } = this.#parts
    const known = remembered.get(command.requestId, nowMs)
    if (known !== undefined) {
      const { version, fingerprint } = known
      return { version, isSame: fingerprint === command.fingerprint, isRemembered: true }
    }
    // A merge may just be bringing in what its first attempt left on the other side.
    const underWay = stream.newestOn(command.key)
    const isUnderWay = underWay?.requestId === command.requestId
    const isStored = !isUnderWay && store.head(command.key)?.requestId === command.requestId
    // Read whole only now: this is rare, and a large value takes long.
    const made = isUnderWay ? underWay : isStored ? store.get(command.key) : undefined
    if (made === undefined || self.versionAgeMs(made.version, nowMs) > REMEMBER_MS) return undefined
    return {
      version: made.version,
      isSame: isWhatItMade(command.change, made),
      isRemembered: false,
    }
  }

  #write(command: WriteCommand, reply: Reply, nowMs: number): void {
    const { self, stream, remembered } = this.#parts
    const version = self.nextVersion(nowMs)
    const { key, requestId, change, fingerprint } = command
    const isPut = change.kind === 'put'
    const expiresAtMs =
      isPut && change.ttlMs !== undefined
        ? Math.round(self.wallMs(nowMs) + change.ttlMs)
        : undefined
    const entry: Entry = {
      key,
      version,
      expiresAtMs,
      requestId,
      content: isPut
        ? { kind: 'value', bytes: change.bytes, contentType: change.contentType }
        : { kind: 'tombstone' },
    }
    const write = { requestId, version, fingerprint }
    remembered.add(write, nowMs)
    stream.append({ entry, write }, (end, thenMs) => reply(outcomeOf(end, version), thenMs))
  }
}

function outcomeOf(end: StreamEnd, version: Version): WriteOutcome {
  if (end.kind === 'committed') return { kind: 'applied', version, copies: end.copies }
  return { kind: 'unknown', reason: 'the primary changed while the write was under way' }
}

/** Whether a condition allows a write over the live entry of this version. */
function holds(condition: Condition, current: Version | undefined): boolean {
  switch (condition.kind) {
    case 'none':
      return true
    case 'exists':
      return current !== undefined
    case 'absent':
      return current === undefined
    case 'oneOf':
      return current !== undefined && condition.versions.includes(current)
  }
}

/** All that the entry can tell of the write that made it. How long it was to live, it cannot. */
function isWhatItMade(change: Change, { content, expiresAtMs }: Entry): boolean {
  if (change.kind === 'delete') return content.kind === 'tombstone'
  if (content.kind === 'tombstone') return false
  const { bytes, contentType, ttlMs } = change
  const ends = (ttlMs === undefined) === (expiresAtMs === undefined)
  return ends && contentType === content.contentType && sameBytes(bytes, content.bytes)
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
