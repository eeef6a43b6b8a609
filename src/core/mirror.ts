// A syncing master catching up: compares digests with the primary, then walks the buckets that
// differ in key order, while the live stream keeps everything new coming.
// Never overwrites what the stream of this view wrote; deletes what the primary does not have.
import { differingBuckets } from './digest.ts'
import {
  BATCH_BYTES_MAX,
  MIRROR_CALL_WAIT_MS,
  MIRROR_PAUSE_MS,
  PAGE_KEYS_MAX,
  PAGE_BYTES,
} from './limits.ts'
import type { Follower } from './follower.ts'
import type { Members } from './members.ts'
import type { CallAnswer, NodeRequest, TravelEntry } from './messages.ts'
import type { EntryHead, TravelRecord } from './pages.ts'
import { PAGES_FLUSHING_MAX, RECORD_FORM } from './mirror-limits.ts'
import { type Page, type Progress, startOf } from './mirror-progress.ts'
import type { Outbox } from './outbox.ts'
import type { EntryReader } from './ports.ts'
import type { Remembered } from './remembered.ts'
import { changeBytes, NO_ROOM, type Room } from './room.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { StoreChange } from './step.ts'
import { fromTravel, nameOf, recordFromTravel } from './travel.ts'
import type { Ballot, View } from './types.ts'
import { formatBallot, onlyGroup, primaryOf, sameBallot } from './view.ts'

/** The target's side. Asks for one page ahead; a view change starts over with a digest. */
export class Mirror {
  readonly #out: Outbox
  readonly #self: Self
  readonly #standing: Standing
  readonly #members: Members
  readonly #store: EntryReader
  readonly #remembered: Remembered
  readonly #follower: Follower
  readonly #room: Room
  readonly #rules: Rules
  #run: { readonly ballot: Ballot; isBusy: boolean; isDone: boolean } | undefined
  #notBeforeMs = 0
  #entriesTaken = 0
  #takenBefore = 0

  constructor(
    out: Outbox,
    parts: {
      self: Self
      standing: Standing
      members: Members
      store: EntryReader
      remembered: Remembered
      follower: Follower
      room: Room
    },
    rules: Rules,
  ) {
    this.#out = out
    this.#self = parts.self
    this.#standing = parts.standing
    this.#members = parts.members
    this.#store = parts.store
    this.#remembered = parts.remembered
    this.#follower = parts.follower
    this.#room = parts.room
    this.#rules = rules
  }

  /** Entries that mirrors brought or removed since this node started. */
  get takenTotal(): number {
    return this.#takenBefore + this.#entriesTaken
  }

  /** Starts, restarts or goes on, if this node is a syncing master that may mirror now. */
  tick(nowMs: number): void {
    const view = this.#standing.view
    const mastership = this.#standing.mastership
    const owes = this.#standing.state.owed.length > 0
    if (view === undefined || mastership === undefined || mastership.inSync || owes) return
    if (this.#standing.isFrozen || onlyGroup(view).merge.length > 0) return
    if (this.#run === undefined || !sameBallot(this.#run.ballot, view.ballot)) {
      this.#run = { ballot: view.ballot, isBusy: false, isDone: false }
    }
    if (this.#run.isBusy || nowMs < this.#notBeforeMs || this.#room.isLacking(nowMs)) return
    this.#run.isBusy = true
    if (this.#run.isDone) this.#reportDone(view)
    else this.#learn(view, 0)
  }

  /** First what the primary remembers of retried writes: it must outlive the primary too. */
  #learn(view: View, after: number): void {
    const request = { kind: 'remembered', ballot: view.ballot, after, packs: true } as const
    this.#call(view, request, (answer, nowMs) => {
      if (answer.kind !== 'response' || answer.response.kind !== 'remembered') {
        this.#pause(nowMs)
        return
      }
      const { writes, last } = answer.response
      this.#remembered.learn(writes, nowMs)
      if (last === undefined) this.#compareDigests(view)
      else this.#learn(view, last)
    })
  }

  #compareDigests(view: View): void {
    this.#call(view, { kind: 'digest', ballot: view.ballot }, (answer, nowMs) => {
      if (answer.kind !== 'response' || answer.response.kind !== 'digest') {
        this.#pause(nowMs)
        return
      }
      const { buckets, count } = differingBuckets(this.#store.digest(), answer.response.digest)
      if (count === 0) {
        this.#finish(view, nowMs)
        return
      }
      this.#out.log('info', 'mirror-started', { ballot: formatBallot(view.ballot), buckets: count })
      const primary = this.#members.get(primaryOf(view).id)
      // With little of its own, a target takes the values along; else only those that differ.
      const withValues = this.#store.keyCount * 2 < (primary?.beat?.keyCount ?? 0)
      const { ballot } = view
      this.#nextPage(view, startOf({ ballot, wanted: buckets, withValues }))
    })
  }

  #nextPage(view: View, progress: Progress): void {
    const { ballot, asked: after, wanted, withValues } = progress
    progress.isAsking = true
    const request = {
      kind: 'page',
      ballot,
      after,
      wanted,
      withValues,
      packs: true,
      records: RECORD_FORM,
    } as const
    this.#call(view, request, (answer, nowMs) => {
      progress.isAsking = false
      if (progress.isOver) return
      if (answer.kind !== 'response' || answer.response.kind !== 'page') {
        progress.isOver = true
        this.#pause(nowMs)
        return
      }
      progress.asked = answer.response.end
      progress.waiting.push(answer.response)
      this.#goOn(view, progress, nowMs)
    })
  }

  /** Takes the page that waits, and meanwhile has the source make the next one. */
  #goOn(view: View, progress: Progress, nowMs: number): void {
    if (progress.isOver) return
    const page = progress.isTaking ? undefined : progress.waiting.shift()
    const isLast = progress.asked === undefined
    if (!isLast && !progress.isAsking && progress.waiting.length === 0) {
      this.#nextPage(view, progress)
    }
    if (page !== undefined) {
      progress.isTaking = true
      // In a turn of its own: the question for the next page leaves before.
      this.#out.wake(0, (thenMs) => {
        const isOver = progress.isOver || !this.#isCurrent(view)
        if (!isOver) this.#takePage(view, { progress, page }, thenMs)
      })
    } else if (isLast && !progress.isTaking && progress.waiting.length === 0) {
      progress.isOver = true
      this.#finish(view, nowMs)
    }
  }

  /** The disk sets the pace: goes on at once while few parts wait for it, else when one of them is durable. */
  #paced(view: View, progress: Progress, nowMs: number, then: (nowMs: number) => void): void {
    progress.flushing++
    this.#out.store([], (thenMs) => {
      progress.flushing--
      const { held } = progress
      progress.held = undefined
      if (held !== undefined && this.#isCurrent(view) && !progress.isOver) held(thenMs)
    })
    if (progress.flushing < PAGES_FLUSHING_MAX) then(nowMs)
    else progress.held = then
  }

  #takePage(view: View, got: { progress: Progress; page: Page }, nowMs: number): void {
    const { progress } = got
    this.#sweep(view, { ...got, after: progress.after }, nowMs, (thenMs) =>
      this.#takeItems(view, got, thenMs),
    )
  }

  #takeItems(view: View, got: { progress: Progress; page: Page }, nowMs: number): void {
    const { progress, page } = got
    const changes: StoreChange[] = []
    const missing: EntryHead[] = []
    for (const item of page.items) {
      const head = nameOf(item)
      if (!this.#needs(head)) continue
      if (item.kind === 'head') missing.push(item.head)
      else if (item.kind === 'record') changes.push(this.#putRecord(item.record, nowMs))
      else changes.push(this.#put(item.entry, nowMs))
    }
    if (!this.#storePuts(progress, changes, nowMs)) return
    this.#fetchMissing(view, { progress, missing, from: 0 }, nowMs, (fetchedMs) =>
      this.#paced(view, progress, fetchedMs, (thenMs) => {
        progress.after = page.end
        progress.isTaking = false
        this.#goOn(view, progress, thenMs)
      }),
    )
  }

  /** Entries that came without their value are fetched by name, a bounded batch at a time. */
  #fetchMissing(
    view: View,
    job: { progress: Progress; missing: readonly EntryHead[]; from: number },
    nowMs: number,
    then: (nowMs: number) => void,
  ): void {
    const { progress, missing, from } = job
    let upTo = from
    let bytes = 0
    while (upTo < missing.length && (upTo === from || bytes < BATCH_BYTES_MAX)) {
      bytes += missing[upTo]?.valueBytes ?? 0
      upTo++
    }
    if (upTo === from) {
      then(nowMs)
      return
    }
    const keys = missing.slice(from, upTo).map((head) => head.key)
    this.#call(view, { kind: 'fetch', ballot: view.ballot, keys }, (answer, thenMs) => {
      if (progress.isOver) return
      if (answer.kind !== 'response' || answer.response.kind !== 'entries') {
        progress.isOver = true
        this.#pause(thenMs)
        return
      }
      const changes = answer.response.entries
        .filter((travel) => this.#needs(travel))
        .map((travel) => this.#put(travel, thenMs))
      if (!this.#storePuts(progress, changes, thenMs)) return
      this.#paced(view, progress, thenMs, (nextMs) =>
        this.#fetchMissing(view, { progress, missing, from: upTo }, nextMs, then),
      )
    })
  }

  /** False: the disk has no room for them, and this mirror is over. A disk that overflows ends the node. */
  #storePuts(progress: Progress, changes: readonly StoreChange[], nowMs: number): boolean {
    const bytes = changes.reduce((sum, change) => sum + changeBytes(change), 0)
    if (this.#rules.mirrorHeedsRoom && changes.length > 0 && !this.#room.takes(bytes)) {
      progress.isOver = true
      this.#room.lacks(nowMs)
      this.#out.log('warn', 'mirror-no-room', { reason: NO_ROOM, entries: this.#entriesTaken })
      this.#entriesTaken = 0
      this.#pause(nowMs)
      return false
    }
    this.#entriesTaken += changes.length
    if (changes.length > 0) this.#out.store(changes, () => {})
    return true
  }

  #put(travel: TravelEntry, nowMs: number): StoreChange {
    this.#self.stored(travel.version)
    return { kind: 'put', entry: fromTravel(travel, this.#self.wallMs(nowMs)) }
  }

  #putRecord(travel: TravelRecord, nowMs: number): StoreChange {
    this.#self.stored(travel.version)
    return { kind: 'putRecord', record: recordFromTravel(travel, this.#self.wallMs(nowMs)) }
  }

  /**
   * What is here in this stretch of keys and not at the primary was never acknowledged. Where the
   * primary has few keys the stretch may be all that is here: it is swept a bounded part at a time.
   */
  #sweep(
    view: View,
    job: { progress: Progress; page: Page; after: string | undefined },
    nowMs: number,
    then: (nowMs: number) => void,
  ): void {
    if (!this.#rules.mirrorRemovesSurplus) {
      then(nowMs)
      return
    }
    const { progress, page, after } = job
    // What the primary holds and cannot read may be whole here: it stays.
    const theirs = new Set([...page.items.map((item) => nameOf(item).key), ...(page.damaged ?? [])])
    const mine = this.#store.page({
      after,
      upTo: page.end,
      wanted: progress.wanted,
      valueBytesMax: -1,
      bytesMax: PAGE_BYTES.max,
      keysMax: PAGE_KEYS_MAX,
    })
    const changes: StoreChange[] = []
    for (const item of mine.items) {
      const head = nameOf(item)
      if (theirs.has(head.key) || this.#isFromStream(head.key, head.version)) continue
      changes.push({ kind: 'remove', key: head.key })
    }
    this.#entriesTaken += changes.length
    const isLast = mine.end === undefined || mine.end === page.end
    if (isLast) {
      if (changes.length > 0) this.#out.store(changes, () => {})
      then(nowMs)
      return
    }
    this.#out.store(changes, (thenMs) => {
      if (this.#isCurrent(view)) this.#sweep(view, { ...job, after: mine.end }, thenMs, then)
    })
  }

  #needs(theirs: { readonly key: string; readonly version: string }): boolean {
    const mine = this.#store.get(theirs.key)
    if (mine === undefined) return !this.#isPurged(theirs)
    return mine.version !== theirs.version && !this.#isFromStream(theirs.key, mine.version)
  }

  /** What the live stream brought is newer than any page, or as new. */
  #isFromStream(key: string, version: string): boolean {
    return this.#rules.mirrorYieldsToStream && this.#follower.cameByStream(key, version)
  }

  /** The stream removed it while the page was on its way. */
  #isPurged(theirs: { readonly key: string; readonly version: string }): boolean {
    const { key, version } = theirs
    return this.#rules.mirrorYieldsToStream && this.#follower.wasPurged(key, version)
  }

  #finish(view: View, nowMs: number): void {
    if (!this.#isCurrent(view) || this.#run === undefined) return
    this.#run.isDone = true
    this.#out.log('info', 'mirror-done', {
      ballot: formatBallot(view.ballot),
      entries: this.#entriesTaken,
    })
    this.#takenBefore += this.#entriesTaken
    this.#entriesTaken = 0
    this.#out.store([], () => {
      if (this.#isCurrent(view)) this.#reportDone(view)
    })
    this.#notBeforeMs = nowMs
  }

  /** Repeated until a view says that this node is in sync. */
  #reportDone(view: View): void {
    this.#call(view, { kind: 'synced', ballot: view.ballot }, (_answer, nowMs) =>
      this.#pause(nowMs),
    )
  }

  #pause(nowMs: number): void {
    this.#notBeforeMs = nowMs + MIRROR_PAUSE_MS
    if (this.#run !== undefined) this.#run.isBusy = false
  }

  #call(view: View, request: NodeRequest, then: (answer: CallAnswer, nowMs: number) => void): void {
    const run = this.#run
    const address = this.#members.get(primaryOf(view).id)?.address ?? ''
    this.#out.call(address, request, {
      timeoutMs: MIRROR_CALL_WAIT_MS,
      onAnswer: (answer, nowMs) => {
        // An answer for an older view would mix two histories.
        if (this.#run === run && this.#isCurrent(view)) then(answer, nowMs)
      },
    })
  }

  #isCurrent(view: View): boolean {
    return this.#standing.view === view && !this.#standing.isFrozen
  }
}
