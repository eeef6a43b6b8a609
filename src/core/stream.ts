// The primary's stream: numbers the writes, hands them to its own disk and to the other masters in
// order, and calls a write committed once every master of the view has flushed it.
// Never decides whether a write is allowed; that is writes.ts' business.
import {
  BATCH_BYTES_MAX,
  BATCH_RECORDS_MAX,
  BEAT_EVERY_MS,
  FORWARD_PAUSE_MS,
  LOCAL_BATCHES_MAX,
  REPLICATE_WAIT_MS,
  UNANSWERED_MS,
} from './limits.ts'
import type { Members } from './members.ts'
import type { Announcer } from './announcer.ts'
import type { AppliedWrite, CallAnswer, StreamRecord } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { ClusterSettings } from './settings.ts'
import type { Standing } from './standing.ts'
import type { CommittedChange, StoreChange } from './step.ts'
import { toTravel, transferMs, valueBytes } from './travel.ts'
import type { Ballot, Entry, NodeId, StreamId, Version, View, ViewStart } from './types.ts'
import { compareBallots, minCopies, onlyGroup, sameBallot } from './view.ts'

export type StreamEnd =
  | { readonly kind: 'committed'; readonly copies: number }
  /** This node stopped being primary first: the write may or may not survive. */
  | { readonly kind: 'dropped' }

/** What a record of the stream does, as its primary keeps it: see StreamRecord. */
type Item =
  | { readonly kind: 'entry'; readonly entry: Entry; readonly write: AppliedWrite | undefined }
  | { readonly kind: 'purge'; readonly key: string; readonly version: Version }

interface Pending {
  readonly item: Item
  readonly bytes: number
  readonly ends: ((end: StreamEnd, nowMs: number) => void)[]
}

/** Another master of the view, as a place that the stream flows to. */
interface Sink {
  readonly id: NodeId
  ackedSeq: number
  isCalling: boolean
  retryAtMs: number
  /** When what is under way must have been answered; undefined: nothing is. */
  answerByMs: number | undefined
  /** It said so in its last answer; its heartbeats tell when there is room again. */
  fullUntilMs: number
}

export class Stream {
  readonly #out: Outbox
  readonly #self: Self
  readonly #standing: Standing
  readonly #members: Members
  readonly #announcer: Announcer
  readonly #settings: ClusterSettings
  readonly #rules: Rules
  readonly #pending = new Map<number, Pending>()
  readonly #newestOf = new Map<string, number>()
  readonly #purging = new Set<string>()
  #sinks: Sink[] = []
  /** The stream that this node numbers; undefined once it was dropped. */
  #id: StreamId | undefined
  #seq = { last: 0, committed: 0, taken: 0, flushed: 0 }
  #localBatches = 0
  #bytes = 0
  #isPumpDue = false
  /** Grows when the tail is dropped: answers about the old tail are then ignored. */
  #run = 0

  constructor(
    out: Outbox,
    parts: { self: Self; standing: Standing; members: Members; announcer: Announcer },
    setUp: { settings: ClusterSettings; rules: Rules },
  ) {
    this.#out = out
    this.#self = parts.self
    this.#standing = parts.standing
    this.#members = parts.members
    this.#announcer = parts.announcer
    this.#settings = setUp.settings
    this.#rules = setUp.rules
  }

  /** Whether this is the stream that this node is still numbering. */
  isOwn(stream: StreamId): boolean {
    return this.#id !== undefined && sameBallot(this.#id, stream)
  }

  get committedSeq(): number {
    return this.#seq.committed
  }

  /** The number of the last record put into the stream. */
  get lastSeq(): number {
    return this.#seq.last
  }

  get pendingCount(): number {
    return this.#pending.size
  }

  get pendingBytes(): number {
    return this.#bytes
  }

  /** Another master has no room for more values. */
  isFull(nowMs: number): boolean {
    return this.#sinks.some(
      ({ id, fullUntilMs }) =>
        nowMs < fullUntilMs || (this.#members.get(id)?.beat?.isFull ?? false),
    )
  }

  /** Another master answers nothing, whatever its heartbeats say. */
  isUnanswered(id: NodeId, nowMs: number): boolean {
    const sink = this.#sinks.find((each) => each.id === id)
    return sink?.answerByMs !== undefined && nowMs >= sink.answerByMs
  }

  /** How far another master of the view has flushed the stream; undefined if it is none now. */
  ackedBy(id: NodeId): number | undefined {
    return this.#sinks.find((each) => each.id === id)?.ackedSeq
  }

  /** The newest write under way on this key. */
  newestOn(key: string): Entry | undefined {
    const seq = this.#newestOf.get(key)
    const item = seq === undefined ? undefined : this.#pending.get(seq)?.item
    return item?.kind === 'entry' ? item.entry : undefined
  }

  /** Anything under way on this key: a write, or a purge. */
  isBusy(key: string): boolean {
    return this.#newestOf.has(key) || this.#purging.has(key)
  }

  /** Puts a write at the end of the stream; `end` is called once, in a later step. */
  append(
    record: { entry: Entry; write: AppliedWrite | undefined },
    end: (end: StreamEnd, nowMs: number) => void,
  ): void {
    const bytes = valueBytes(record.entry)
    const seq = this.#number({ item: { kind: 'entry', ...record }, bytes, ends: [end] })
    this.#newestOf.set(record.entry.key, seq)
    this.#bytes += bytes
    this.#pumpSoon()
  }

  /**
   * Puts the removal of an old tombstone at the end of the stream. Nobody reads another thing
   * before it than after it, so it is no write under way on its key.
   */
  purge(old: { key: string; version: Version }): void {
    this.#number({ item: { kind: 'purge', ...old }, bytes: 0, ends: [] })
    this.#purging.add(old.key)
    this.#pumpSoon()
  }

  #number(pending: Pending): number {
    const seq = ++this.#seq.last
    this.#pending.set(seq, pending)
    return seq
  }

  /** Joins the newest write under way on this key: a retry of it, or a read that waits for it. */
  join(key: string, end: (end: StreamEnd, nowMs: number) => void): void {
    const seq = this.#newestOf.get(key)
    if (seq !== undefined) this.#pending.get(seq)?.ends.push(end)
  }

  /** This node accepted a view of its own: its stream goes on, or a new one begins. */
  enter(start: ViewStart, nowMs: number): void {
    if (this.isOwn(start.stream)) return
    this.drop(nowMs)
    this.#id = start.stream
  }

  /** This node acts in a new view: what was not acknowledged goes out again, in the same order. */
  start(view: View, nowMs: number): void {
    const others = onlyGroup(view).masters.filter((m) => m.id !== this.#self.id)
    const ackedSeq = this.#rules.sendTailAgain ? this.#seq.committed : this.#seq.last
    this.#sinks = others.map(({ id }) => ({
      id,
      ackedSeq,
      isCalling: false,
      retryAtMs: 0,
      answerByMs: undefined,
      fullUntilMs: 0,
    }))
    this.#pump(nowMs)
    this.#settle(nowMs)
  }

  /** Another node is primary now: whatever was under way is no longer this node's to answer. */
  drop(nowMs: number): void {
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    this.#newestOf.clear()
    this.#purging.clear()
    this.#sinks = []
    this.#bytes = 0
    this.#run++
    this.#localBatches = 0
    this.#id = undefined
    this.#seq = { last: 0, committed: 0, taken: 0, flushed: 0 }
    for (const { ends } of pending) for (const end of ends) end({ kind: 'dropped' }, nowMs)
  }

  tick(nowMs: number): void {
    if (!this.#standing.isActive) return
    this.#pump(nowMs)
    this.#settle(nowMs)
  }

  /**
   * What is appended before the sockets have been read goes to the disk and to the other masters together:
   * else the first one would go alone, and all others wait for it.
   */
  #pumpSoon(): void {
    if (this.#isPumpDue) return
    this.#isPumpDue = true
    this.#out.wake(0, (nowMs) => {
      this.#isPumpDue = false
      this.#pump(nowMs)
    })
  }

  #pump(nowMs: number): void {
    this.#pumpLocal()
    if (!this.#standing.isActive) return
    for (const sink of this.#sinks) this.#pumpSink(sink, nowMs)
  }

  #pumpLocal(): void {
    while (this.#localBatches < LOCAL_BATCHES_MAX && this.#seq.taken < this.#seq.last) {
      const batch = this.#batchAfter(this.#seq.taken)
      const upTo = this.#seq.taken + batch.length
      this.#seq.taken = upTo
      this.#localBatches++
      const run = this.#run
      this.#out.store(
        batch.map(({ item }) => changeOf(item)),
        (nowMs) => {
          if (run !== this.#run) return
          this.#localBatches--
          this.#seq.flushed = Math.max(this.#seq.flushed, upTo)
          this.#settle(nowMs)
          this.#pumpLocal()
        },
      )
    }
  }

  #pumpSink(sink: Sink, nowMs: number): void {
    const view = this.#standing.view
    const address = this.#members.get(sink.id)?.address
    if (sink.isCalling || nowMs < sink.retryAtMs || view === undefined || address === undefined) {
      return
    }
    if (sink.ackedSeq >= this.#seq.last) return
    const batch = this.#batchAfter(sink.ackedSeq)
    const wallMs = this.#self.wallMs(nowMs)
    const records = batch.map(({ item }) => recordOf(item, wallMs))
    sink.isCalling = true
    const tripMs = transferMs(batch.reduce((bytes, pending) => bytes + pending.bytes, 0))
    sink.answerByMs ??= nowMs + UNANSWERED_MS + tripMs
    this.#out.call(
      address,
      {
        kind: 'replicate',
        ballot: view.ballot,
        firstSeq: sink.ackedSeq + 1,
        records,
        committedSeq: this.#seq.committed,
      },
      {
        timeoutMs: REPLICATE_WAIT_MS + tripMs,
        onAnswer: (answer, thenMs) => {
          if (!this.#sinks.includes(sink)) return
          sink.isCalling = false
          this.#replicated(sink, { answer, ballot: view.ballot }, thenMs)
        },
      },
    )
  }

  #replicated(sink: Sink, about: { answer: CallAnswer; ballot: Ballot }, nowMs: number): void {
    const { answer, ballot } = about
    if (answer.kind === 'response') sink.answerByMs = undefined
    if (answer.kind === 'response' && answer.response.kind === 'replicated') {
      sink.ackedSeq = Math.max(sink.ackedSeq, Math.min(answer.response.appliedSeq, this.#seq.last))
      if (answer.response.isFull) sink.fullUntilMs = nowMs + 2 * BEAT_EVERY_MS
      this.#settle(nowMs)
      this.#pump(nowMs)
      return
    }
    sink.retryAtMs = nowMs + FORWARD_PAUSE_MS
    if (answer.kind === 'refused' || answer.kind === 'broken') {
      this.#members.suspect(sink.id, nowMs)
    } else if (answer.kind === 'response' && answer.response.kind === 'fenced') {
      const { promised } = answer.response
      this.#standing.sawEpoch(promised.epoch)
      if (compareBallots(promised, ballot) > 0) this.#standing.fencedBy(promised)
    }
  }

  /** Up to one batch of records after this position, and at least one if there is any. */
  #batchAfter(seq: number): Pending[] {
    const batch: Pending[] = []
    let bytes = 0
    for (let next = seq + 1; next <= this.#seq.last; next++) {
      const pending = this.#pending.get(next)
      if (pending === undefined || batch.length >= BATCH_RECORDS_MAX) break
      if (batch.length > 0 && bytes + pending.bytes > BATCH_BYTES_MAX) break
      batch.push(pending)
      bytes += pending.bytes
    }
    return batch
  }

  /** Commits what every master of the view has on disk, while this node is still its primary. */
  #settle(nowMs: number): void {
    const view = this.#standing.view
    if (view === undefined || !this.#standing.isActive) return
    const copies = onlyGroup(view).masters.length
    const needed = minCopies(this.#settings, view.roster)
    if (copies < needed && this.#rules.acknowledgeOnlyWithMinCopies) return
    const reached = [
      this.#rules.acknowledgeAfterOwnFlush ? this.#seq.flushed : this.#seq.taken,
      ...(this.#rules.acknowledgeAfterEveryMaster ? this.#sinks.map((s) => s.ackedSeq) : []),
    ]
    const upTo = Math.min(...reached)
    while (this.#seq.committed < upTo) this.#commit(++this.#seq.committed, copies, nowMs)
  }

  #commit(seq: number, copies: number, nowMs: number): void {
    const pending = this.#pending.get(seq)
    if (pending === undefined) throw new Error('bug: a committed write was not under way')
    this.#pending.delete(seq)
    this.#bytes -= pending.bytes
    const { item } = pending
    const what = item.kind === 'entry' ? item.entry : item
    const { key } = what
    if (item.kind === 'purge') this.#purging.delete(key)
    if (this.#newestOf.get(key) === seq) this.#newestOf.delete(key)
    if (this.#id !== undefined) this.#announcer.committed({ stream: this.#id, seq }, what)
    if (item.kind === 'entry') this.#out.committed(committedChange(item.entry))
    for (const end of pending.ends) end({ kind: 'committed', copies }, nowMs)
  }
}

function committedChange({ key, version, content }: Entry): CommittedChange {
  return { key, version, isDeleted: content.kind === 'tombstone' }
}

function changeOf(item: Item): StoreChange {
  return item.kind === 'entry' ? { kind: 'put', entry: item.entry } : item
}

function recordOf(item: Item, wallMs: number): StreamRecord {
  if (item.kind === 'purge') return item
  return { kind: 'entry', entry: toTravel(item.entry, wallMs), write: item.write }
}
