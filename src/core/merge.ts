// The primary brings in what other sides of a split acknowledged: per lineage it compares digests
// with a holder, walks what differs in key order, and streams every entry that is newer than its own.
// What becomes of an entry is merge-entries.ts' business. Never touches the holder's store.
import type { Beginnings } from './beginnings.ts'
import type { Conflicts } from './conflicts.ts'
import { differingBuckets } from './digest.ts'
import {
  BATCH_BYTES_MAX,
  BATCH_RECORDS_MAX,
  MERGE_CALL_WAIT_MS,
  MERGE_PAUSE_MS,
  SETTLE_WAIT_MS,
} from './limits.ts'
import type { Members } from './members.ts'
import type { CallAnswer, NodeRequest, TravelEntry } from './messages.ts'
import type { EntryHead, PageItem } from './pages.ts'
import { MergeEntries } from './merge-entries.ts'
import type { Outbox } from './outbox.ts'
import type { EntryReader } from './ports.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { Stream } from './stream.ts'
import { valueBytes } from './travel.ts'
import type { Ballot, Lineage, NodeId, View } from './types.ts'
import { formatBallot, onlyGroup, sameBallot } from './view.ts'

/** How far one lineage has come. Good as long as this node's stream is not dropped. */
interface Progress {
  readonly lineage: Lineage
  readonly startedMs: number
  state: 'comparing' | 'walking' | 'draining' | 'done'
  /** Once this position of the stream is committed, everything brought in is on all masters. */
  drainSeq: number | undefined
  wanted: Uint8Array | undefined
  /** Everything up to this key is stored here or on its way. */
  after: string | undefined
  /** What is still to be fetched of the page after it. */
  batch: Batch | undefined
  isBusy: boolean
  notBeforeMs: number
  /** Holders that failed last go to the end of the queue. */
  turn: number
  entries: number
  conflicts: number
}

interface Batch {
  readonly heads: readonly EntryHead[]
  readonly end: string | undefined
}

export interface MergeParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly stream: Stream
  readonly store: EntryReader
  readonly beginnings: Beginnings
}

export class Merge {
  readonly #out: Outbox
  readonly #parts: MergeParts
  readonly #rules: Rules
  readonly #lineages = new Map<string, Progress>()
  readonly #entries: MergeEntries
  /** Grows when the stream is dropped: answers to what was asked before are not taken. */
  #run = 0
  #mergedTotal = 0
  #broughtTotal = 0

  constructor(out: Outbox, parts: MergeParts, rules: Rules) {
    this.#out = out
    this.#parts = parts
    this.#rules = rules
    this.#entries = new MergeEntries(out, parts, {
      rules,
      onRoom: (nowMs) => this.tick(nowMs),
    })
  }

  get conflicts(): Conflicts {
    return this.#entries.conflicts
  }

  /** Lineages still to be merged into the view that this node follows. */
  get due(): number {
    const { view } = this.#parts.standing
    return view === undefined ? 0 : onlyGroup(view).merge.length
  }

  /** Lineages that this node merged as primary since it started. */
  get mergedTotal(): number {
    return this.#mergedTotal
  }

  /** Entries that this node, as primary, brought in from other sides since it started. */
  get broughtTotal(): number {
    return this.#broughtTotal
  }

  /** Entries brought in and not committed yet. */
  get underWayCount(): number {
    return this.#entries.underWayCount
  }

  /** Lineages of the present view that are merged: the next view's history may contain them. */
  merged(): Ballot[] {
    const { view } = this.#parts.standing
    if (view === undefined) return []
    return onlyGroup(view)
      .merge.map((lineage) => lineage.ballot)
      .filter((ballot) => this.#lineages.get(formatBallot(ballot))?.state === 'done')
  }

  /** Whether this view has lineages, and some of them are ready to be left out of the next one. */
  hasMerged(): boolean {
    return this.due > 0 && this.merged().length === this.due
  }

  /** Another view: progress with lineages that it does not list has no meaning any more. */
  viewChanged(view: View): void {
    const listed = new Set(onlyGroup(view).merge.map((it) => formatBallot(it.ballot)))
    for (const name of this.#lineages.keys()) if (!listed.has(name)) this.#lineages.delete(name)
  }

  /** The stream was dropped, and with it what was on its way. */
  dropped(): void {
    this.#lineages.clear()
    this.#entries.dropped()
    this.#run++
  }

  tick(nowMs: number): void {
    const { standing } = this.#parts
    const { view } = standing
    if (view === undefined || !standing.isActive) return
    // One after the other: the second finds what the first has brought.
    for (const lineage of onlyGroup(view).merge) {
      const progress = this.#progress(lineage, nowMs)
      if (progress.state === 'done') continue
      this.#goOn(view, progress, nowMs)
      return
    }
  }

  /**
   * Whether this primary's word on a key is the word of all sides: nothing is due, or the key was
   * written in this view, above all that the others have.
   */
  isSettled(key: string): boolean {
    const { standing, stream, store } = this.#parts
    const { view } = standing
    if (view === undefined || this.due === 0 || !this.#rules.askOtherSide) return true
    if (this.merged().length === this.due) return true
    const mine = stream.newestOn(key) ?? store.head(key)
    return mine !== undefined && mine.version > view.start.clock
  }

  /** Asks a holder of every unmerged lineage for one key; what is newer goes into the stream. */
  settle(key: string, then: (nowMs: number) => void, nowMs: number): void {
    const { standing, self } = this.#parts
    const { view } = standing
    const lineages = view === undefined ? [] : this.#unmerged(view)
    const asked = lineages.flatMap((lineage) => {
      const address = this.#holders(lineage).find((it) => it.id !== self.id)?.address
      return address === undefined ? [] : [{ lineage, address }]
    })
    let missing = asked.length
    if (view === undefined || missing === 0) {
      then(nowMs)
      return
    }
    for (const { lineage, address } of asked) {
      const { ballot } = view
      const request = { kind: 'heldFetch', ballot, lineage: lineage.ballot, keys: [key] } as const
      this.#out.call(address, request, {
        timeoutMs: SETTLE_WAIT_MS,
        onAnswer: (answer, thenMs) => {
          missing--
          const isOurs = standing.isActive && standing.view === view
          if (isOurs && answer.kind === 'response' && answer.response.kind === 'entries') {
            const progress = this.#progress(lineage, thenMs)
            for (const entry of answer.response.entries) this.#bring(progress, entry, thenMs)
          }
          if (missing === 0) then(thenMs)
        },
      })
    }
  }

  #unmerged(view: View): Lineage[] {
    const done = this.merged()
    return onlyGroup(view).merge.filter((it) => !done.some((b) => sameBallot(b, it.ballot)))
  }

  #progress(lineage: Lineage, nowMs: number): Progress {
    const name = formatBallot(lineage.ballot)
    const known = this.#lineages.get(name)
    if (known !== undefined) return known
    const progress: Progress = {
      lineage,
      startedMs: nowMs,
      state: 'comparing',
      drainSeq: undefined,
      wanted: undefined,
      after: undefined,
      batch: undefined,
      isBusy: false,
      notBeforeMs: 0,
      turn: 0,
      entries: 0,
      conflicts: 0,
    }
    this.#lineages.set(name, progress)
    return progress
  }

  /** Holders that may be asked now, in the order they are listed. */
  #holders(lineage: Lineage): { id: NodeId; address: string }[] {
    const { members, self } = this.#parts
    return lineage.holders.flatMap((id) => {
      if (id === self.id) return [{ id, address: self.address }]
      const address = members.get(id)?.address
      return address === undefined || !members.isAlive(id) ? [] : [{ id, address }]
    })
  }

  #goOn(view: View, progress: Progress, nowMs: number): void {
    if (progress.state === 'draining') this.#finishWhenCommitted(progress, nowMs)
    if (progress.isBusy || nowMs < progress.notBeforeMs) return
    if (this.#entries.isFull) return
    if (progress.state === 'comparing') this.#compare(view, progress, nowMs)
    else if (progress.state !== 'walking') return
    else if (progress.batch === undefined) this.#page(view, progress, nowMs)
    else this.#fetch(view, progress, progress.batch, nowMs)
  }

  #compare(view: View, progress: Progress, nowMs: number): void {
    const { ballot } = view
    const lineage = progress.lineage.ballot
    if (progress.lineage.holders.includes(this.#parts.self.id)) {
      // What it holds of that lineage is in the primary's own store.
      progress.state = 'draining'
      return
    }
    this.#call(view, progress, { kind: 'heldDigest', ballot, lineage }, nowMs, (answer, thenMs) => {
      if (answer.kind !== 'response' || answer.response.kind !== 'heldDigest') return false
      this.#parts.beginnings.tell(lineage, answer.response.begun)
      const { buckets, count } = differingBuckets(
        this.#parts.store.digest(),
        answer.response.digest,
      )
      this.#out.log('info', 'merge-started', {
        lineage: formatBallot(lineage),
        holders: progress.lineage.holders.length,
        buckets: count,
      })
      progress.wanted = buckets
      progress.state = count === 0 ? 'draining' : 'walking'
      this.#goOn(view, progress, thenMs)
      return true
    })
  }

  #page(view: View, progress: Progress, nowMs: number): void {
    const { ballot } = view
    const { after, wanted } = progress
    const lineage = progress.lineage.ballot
    const request = { kind: 'heldPage', ballot, lineage, after, wanted } as const
    this.#call(view, progress, request, nowMs, (answer, thenMs) => {
      if (answer.kind !== 'response' || answer.response.kind !== 'page') return false
      const { items, end } = answer.response
      const heads = items
        .map(headOf)
        .filter((head) => this.#entries.concerns(progress.lineage, head))
      if (!this.#rules.absenceIsNoDelete) {
        const keys = new Set(items.map((item) => headOf(item).key))
        this.#entries.deleteMissing({ after, end, wanted, keys }, thenMs)
      }
      progress.batch = { heads, end }
      this.#goOn(view, progress, thenMs)
      return true
    })
  }

  /** Fetches the values of one page, a bounded batch at a time, and puts them into the stream. */
  #fetch(view: View, progress: Progress, batch: Batch, nowMs: number): void {
    let upTo = 0
    let bytes = 0
    const { heads } = batch
    while (upTo < heads.length && upTo < BATCH_RECORDS_MAX && bytes < BATCH_BYTES_MAX) {
      bytes += heads[upTo]?.valueBytes ?? 0
      upTo++
    }
    if (upTo === 0) {
      progress.batch = undefined
      progress.after = batch.end
      if (batch.end === undefined) progress.state = 'draining'
      this.#goOn(view, progress, nowMs)
      return
    }
    const keys = heads.slice(0, upTo).map((head) => head.key)
    const lineage = progress.lineage.ballot
    const request = { kind: 'heldFetch', ballot: view.ballot, lineage, keys } as const
    this.#call(view, progress, request, nowMs, (answer, thenMs) => {
      if (answer.kind !== 'response' || answer.response.kind !== 'entries') return false
      for (const entry of answer.response.entries) this.#bring(progress, entry, thenMs)
      progress.batch = { heads: heads.slice(upTo), end: batch.end }
      this.#goOn(view, progress, thenMs)
      return true
    })
  }

  #bring(progress: Progress, travel: TravelEntry, nowMs: number): void {
    const what = this.#entries.bring(progress.lineage, travel, nowMs)
    if (what.isTaken) {
      progress.entries++
      this.#broughtTotal++
    }
    if (what.isConflict) progress.conflicts++
  }

  /** What is equal here may still be under way to the other masters: everything up to now must be. */
  #finishWhenCommitted(progress: Progress, nowMs: number): void {
    const { stream } = this.#parts
    progress.drainSeq ??= stream.lastSeq
    if (stream.committedSeq < progress.drainSeq) return
    progress.state = 'done'
    this.#mergedTotal++
    this.#out.log('info', 'merge-done', {
      lineage: formatBallot(progress.lineage.ballot),
      entries: progress.entries,
      conflicts: progress.conflicts,
      tookMs: Math.round(nowMs - progress.startedMs),
    })
  }

  /** One question to a holder. `take` says whether the answer was of use; else another one is asked. */
  #call(
    view: View,
    progress: Progress,
    request: NodeRequest,
    nowMs: number,
    take: (answer: CallAnswer, nowMs: number) => boolean,
  ): void {
    const holders = this.#holders(progress.lineage)
    const holder = holders[progress.turn % Math.max(1, holders.length)]
    if (holder === undefined) {
      progress.isBusy = false
      progress.notBeforeMs = nowMs + MERGE_PAUSE_MS
      return
    }
    const run = this.#run
    progress.isBusy = true
    this.#out.call(holder.address, request, {
      timeoutMs: MERGE_CALL_WAIT_MS,
      onAnswer: (answer, thenMs) => {
        if (run !== this.#run) return
        progress.isBusy = false
        const { standing } = this.#parts
        const isOurs = standing.isActive && standing.view === view
        if (isOurs && take(answer, thenMs)) return
        progress.turn++
        progress.notBeforeMs = thenMs + MERGE_PAUSE_MS
      },
    })
  }
}

function headOf(item: PageItem): EntryHead {
  if (item.kind === 'head') return item.head
  if (item.kind === 'record') return { ...item.record, isTombstone: false }
  const { key, version, content } = item.entry
  const isTombstone = content.kind === 'tombstone'
  return { key, version, isTombstone, valueBytes: valueBytes(item.entry) }
}
