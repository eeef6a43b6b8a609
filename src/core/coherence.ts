// Keeps copies coherent: follows the primary's numbered invalidations, asks for those that were
// missed, and knows since when nothing can have been missed. Copies are dropped, never changed.
import { InvalidatedKeys, type Word } from './invalidated-keys.ts'
import {
  COPY_FRESH_MS,
  FORWARD_PAUSE_MS,
  INVALIDATIONS_AHEAD_MAX,
  MISSED_PAGE_MAX,
  MISSED_RUNS_MAX,
  PROOFS_WAITING_MAX,
  READ_WAIT_MS,
} from './limits.ts'
import type { Leases } from './leases.ts'
import type { Members } from './members.ts'
import type { Beat, CallAnswer, Datagram, Invalidation, InvalidationRun } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { CopyReader } from './ports.ts'
import type { Rules } from './rules.ts'
import type { Standing } from './standing.ts'
import type { Copy, StreamId, StreamPosition, Version, View } from './types.ts'
import { ballotOf, primaryOf, sameBallot } from './view.ts'

export interface CoherenceParts {
  readonly standing: Standing
  readonly members: Members
  readonly leases: Leases
  readonly copies: CopyReader
}

export class Coherence {
  readonly #out: Outbox
  readonly #parts: CoherenceParts
  readonly #rules: Rules
  /** Every commit of this stream up to here has been heard. Undefined: the place was lost. */
  #at: { readonly stream: StreamId; seq: number } | undefined
  /** Names the time since the place was last lost; copies of another run are nobody's. */
  #run = 1
  /** At this moment of our clock everything that was committed had been heard of here. */
  #provenAtMs = -Infinity
  /** Proofs that hold once the commits up to `seq` have been heard. */
  #proofs: { readonly seq: number; readonly atMs: number }[] = []
  /** Commits heard before one that comes first. */
  readonly #ahead = new Map<number, Invalidation>()
  readonly #invalidated = new InvalidatedKeys()
  #isAsking = false
  #askNotBeforeMs = 0

  constructor(out: Outbox, parts: CoherenceParts, rules: Rules) {
    this.#out = out
    this.#parts = parts
    this.#rules = rules
  }

  invalidated(from: Extract<Datagram, { kind: 'invalidation' }>, nowMs: number): void {
    if (this.#at === undefined || !sameBallot(this.#at.stream, from.stream)) return
    this.#hear(from)
    if (this.#ahead.size > 0) this.#ask(nowMs)
  }

  /** A heartbeat of the primary that this node follows. */
  heard(beat: Beat, nowMs: number): void {
    const view = this.#parts.standing.route
    const { master } = beat
    if (view === undefined || master === undefined) return
    if (!beat.isActive || !sameBallot(beat.ballot, view.ballot)) return
    // A master has the stream itself, and keeps no copies.
    if (this.#parts.standing.mastership !== undefined) {
      if (this.#at !== undefined) this.#lose()
      return
    }
    const { committed, holdsLease } = master
    this.#follow(view, nowMs)
    // No copy is of this run yet: what came before this moment is of no concern.
    if (this.#at === undefined) this.#begin(committed)
    const { stream, seq } = this.#at ?? committed
    if (!sameBallot(stream, committed.stream)) {
      this.#ask(nowMs)
      return
    }
    // Not the moment of its arrival: it may have waited on the way, or here.
    const echoAtMs = this.#parts.leases.echoedAtMs(beat)
    const atMs = this.#rules.proofIsTheEcho ? echoAtMs : nowMs
    if (holdsLease && atMs !== undefined) {
      this.#proofs.push({ seq: committed.seq, atMs })
      if (this.#proofs.length > PROOFS_WAITING_MAX) this.#proofs.shift()
      this.#settleProofs()
    }
    if (committed.seq > seq && this.#rules.proofNeedsNoGap) this.#ask(nowMs)
  }

  /** A copy is served while it was proven right within its time. */
  mayServe(copy: Copy, nowMs: number): boolean {
    return !this.#rules.copyNeedsProof || this.ageMs(copy, nowMs) <= COPY_FRESH_MS
  }

  /** How long ago a copy was last proven right. Unit: ms. */
  ageMs(copy: Copy, nowMs: number): number {
    const isWatched = copy.run === this.#run
    const atMs = isWatched ? Math.max(copy.provenAtMs, this.#provenAtMs) : copy.provenAtMs
    return Math.max(0, nowMs - atMs)
  }

  /** Where this node is in the primary's stream; undefined while it has lost its place. */
  get position(): StreamPosition | undefined {
    return this.#at && { ...this.#at }
  }

  /** When everything committed had last been heard of here; undefined: never. Own clock, ms. */
  get provenAtMs(): number | undefined {
    return this.#at === undefined || this.#provenAtMs === -Infinity ? undefined : this.#provenAtMs
  }

  /** How much a copy of this run vouches for: everything up to here. */
  positionOf(copy: Copy): StreamPosition | undefined {
    return copy.run === this.#run ? this.position : undefined
  }

  /** A write was acknowledged through this node: nothing older is accepted as an answer. */
  wrote(key: string, version: Version, nowMs: number): void {
    this.#invalidated.wrote(key, version, nowMs)
  }

  /** Whether an answer may be older than what this node has heard of. */
  isOutdated(word: Word, nowMs: number): boolean {
    if (!this.#rules.noLateFills) return false
    const stream = this.#parts.standing.route?.start.stream
    return this.#invalidated.supersedes(word, { at: this.#at, stream, nowMs })
  }

  /** The run under which an answer may be kept: invalidations after it will reach it. 0: none. */
  runFor(word: Word): number {
    const at = this.#at
    if (at === undefined || !sameBallot(at.stream, word.position.stream)) return 0
    if (!this.#rules.noLateFills) return this.#run
    return this.#invalidated.remembersSince(word.position.seq) ? this.#run : 0
  }

  /** Sizes that grow with load. */
  get load(): { readonly ahead: number; readonly invalidated: number } {
    return { ahead: this.#ahead.size, invalidated: this.#invalidated.size }
  }

  /** The primary acts in this view: its stream is followed from where it continues the one before. */
  #follow(view: View, nowMs: number): void {
    const at = this.#at
    const { stream, continues } = view.start
    if (at === undefined || sameBallot(at.stream, stream)) return
    if (!this.#rules.followOnlyKnownStreams) {
      this.#goOnIn(stream, 0)
      return
    }
    if (continues === undefined || !sameBallot(continues.stream, at.stream)) {
      // Perhaps a view in between was missed: its primary can tell.
      this.#ask(nowMs)
    } else if (at.seq === continues.seq) this.#goOnIn(stream, 0)
    else if (at.seq < continues.seq) this.#ask(nowMs)
    // This node heard of commits that the new primary never had: another history.
    else this.#lose()
  }

  /** Takes up the stream here. Copies from before are of another run. */
  #begin(position: StreamPosition): void {
    this.#at = { ...position }
    this.#invalidated.startAt(position.seq)
  }

  /** Something may have been missed for good: no copy kept until now is watched over any more. */
  #lose(): void {
    this.#at = undefined
    this.#run++
    this.#provenAtMs = -Infinity
    this.#proofs = []
    this.#ahead.clear()
    this.#invalidated.startAt(0)
  }

  /** The next stream begins exactly where this node is: copies and their proof go on. */
  #goOnIn(stream: StreamId, seq: number): void {
    this.#at = { stream, seq }
    this.#proofs = []
    this.#ahead.clear()
    this.#invalidated.startNextStream()
  }

  #hear(run: InvalidationRun): void {
    const at = this.#at
    if (at === undefined) return
    if (!this.#rules.proofNeedsNoGap) at.seq = Math.max(at.seq, run.firstSeq - 1)
    run.items.forEach((item, i) => {
      const seq = run.firstSeq + i
      if (seq === at.seq + 1) this.#pass(at, item)
      else if (seq > at.seq && this.#ahead.size < INVALIDATIONS_AHEAD_MAX)
        this.#ahead.set(seq, item)
    })
    let next = this.#ahead.get(at.seq + 1)
    while (next !== undefined) {
      this.#pass(at, next)
      next = this.#ahead.get(at.seq + 1)
    }
    this.#settleProofs()
  }

  /** The next commit of the stream. */
  #pass(at: { seq: number }, item: Invalidation): void {
    at.seq++
    this.#ahead.delete(at.seq)
    this.#drop(item)
    this.#invalidated.add(item, at.seq)
  }

  #drop({ keyHash, version }: Invalidation): void {
    const copy = this.#parts.copies.byHash(keyHash)
    if (copy === undefined) return
    const isAsNew = copy.known.kind === 'entry' && copy.known.entry.version >= version
    if (!isAsNew) this.#out.drop(keyHash)
  }

  #settleProofs(): void {
    const seq = this.#at?.seq ?? 0
    const isReached = (proof: { seq: number }) => proof.seq <= seq || !this.#rules.proofNeedsNoGap
    for (const proof of this.#proofs.filter(isReached)) {
      this.#provenAtMs = Math.max(this.#provenAtMs, proof.atMs)
    }
    this.#proofs = this.#proofs.filter((proof) => !isReached(proof))
  }

  /** Asks the primary for what came after the place where this node is. One question at a time. */
  #ask(nowMs: number): void {
    const after = this.position
    const view = this.#parts.standing.route
    if (this.#isAsking || nowMs < this.#askNotBeforeMs) return
    if (after === undefined || view === undefined) return
    const address = this.#parts.members.get(primaryOf(view).id)?.address
    if (address === undefined) return
    this.#isAsking = true
    this.#out.call(
      address,
      { kind: 'missed', after },
      {
        timeoutMs: READ_WAIT_MS,
        onAnswer: (answer, thenMs) => {
          this.#isAsking = false
          // The answer of an old primary must not lead into its stream.
          const isStill = sameBallot(ballotOf(this.#parts.standing.route), view.ballot)
          if (isStill) this.#take(answer, after, thenMs)
        },
      },
    )
  }

  #take(answer: CallAnswer, after: StreamPosition, nowMs: number): void {
    const response = answer.kind === 'response' ? answer.response : undefined
    const isSameStream = this.#at !== undefined && sameBallot(this.#at.stream, after.stream)
    if (response?.kind === 'missed') {
      if (isSameStream) this.#catchUp(response.runs, nowMs)
    } else if (response?.kind === 'forgotten') {
      if (isSameStream) this.#lose()
    } else this.#askNotBeforeMs = nowMs + FORWARD_PAUSE_MS
  }

  #catchUp(runs: readonly InvalidationRun[], nowMs: number): void {
    runs.forEach((run, i) => {
      const at = this.#at
      if (at === undefined) return
      // Every run goes on where the one before it ended, and that is where this node is now.
      if (i > 0 && !sameBallot(at.stream, run.stream)) this.#goOnIn(run.stream, run.firstSeq - 1)
      // A commit numbered in another stream than this node's would corrupt its place.
      if (this.#at !== undefined && sameBallot(this.#at.stream, run.stream)) this.#hear(run)
    })
    const items = runs.reduce((sum, run) => sum + run.items.length, 0)
    if (items >= MISSED_PAGE_MAX || runs.length >= MISSED_RUNS_MAX) this.#ask(nowMs)
  }
}
