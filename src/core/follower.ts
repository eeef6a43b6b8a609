// Another master's side of the stream: applies it in order, without gaps, and acknowledges what is
// flushed. The primary's order is the truth; versions are not compared here.
import type { CommitLog } from './commit-log.ts'
import { NO_REQUEST } from './expiry.ts'
import { keyHash } from './key-hash.ts'
import type { NodeRequest, NodeResponse, StreamRecord, TravelEntry } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { EntryReader } from './ports.ts'
import type { Remembered } from './remembered.ts'
import { NO_ROOM, type Room, storedBytes } from './room.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { StoreChange } from './step.ts'
import { fromTravel } from './travel.ts'
import type { Ballot, StreamId, StreamPosition, Version, View } from './types.ts'
import { BALLOT_ZERO, ballotOf, onlyGroup, primaryOf, sameBallot } from './view.ts'

type Replicate = Extract<NodeRequest, { kind: 'replicate' }>

export interface FollowerParts {
  readonly self: Self
  readonly standing: Standing
  readonly store: EntryReader
  readonly remembered: Remembered
  readonly commits: CommitLog
  readonly room: Room
}

export class Follower {
  readonly #out: Outbox
  readonly #parts: FollowerParts
  readonly #rules: Rules
  #ballot: Ballot = BALLOT_ZERO
  #stream: StreamId = BALLOT_ZERO
  #appliedSeq = 0
  #committedSeq = 0
  /** Keys with writes that the primary had not committed when it last told. */
  readonly #uncommitted = new Map<string, number>()
  /** While syncing: keys that the stream brought with versions from before this view. */
  readonly #oldFromStream = new Set<string>()
  /** While syncing: keys that the stream purged, and up to which version. */
  readonly #purged = new Map<string, Version>()

  constructor(out: Outbox, parts: FollowerParts, rules: Rules) {
    this.#out = out
    this.#parts = parts
    this.#rules = rules
  }

  /** The last position of the primary's stream applied in this view. */
  get appliedSeq(): number {
    return this.#appliedSeq
  }

  /** Where this master is in its primary's stream. */
  get position(): StreamPosition {
    return { stream: this.#stream, seq: this.#appliedSeq }
  }

  isUncommitted(key: string): boolean {
    return this.#uncommitted.has(key)
  }

  /**
   * Whether the stream of this view brought what is stored under the key. Versions stamped in the
   * view are above its start; the tail of the view before, sent again, is remembered by key.
   */
  cameByStream(key: string, version: Version): boolean {
    const view = this.#parts.standing.view
    if (view === undefined) return false
    return version > view.start.clock || this.#oldFromStream.has(key)
  }

  /** Whether the stream of this view removed this version of the key: a page may still bring it. */
  wasPurged(key: string, version: Version): boolean {
    return (this.#purged.get(key) ?? '') >= version
  }

  get uncommittedCount(): number {
    return this.#uncommitted.size
  }

  get oldFromStreamCount(): number {
    return this.#oldFromStream.size
  }

  /** A new view begins at the position it names; everything before is settled by it. */
  follow(view: View): void {
    this.#ballot = view.ballot
    this.#appliedSeq = view.start.seq
    this.#committedSeq = view.start.seq
    // The same primary sends its tail again; until then nobody may know what it says.
    const isSame = sameBallot(view.start.stream, this.#stream)
    for (const [key, seq] of this.#uncommitted) {
      if (!isSame || seq <= view.start.seq) this.#uncommitted.delete(key)
    }
    this.#stream = view.start.stream
    this.#oldFromStream.clear()
    this.#purged.clear()
  }

  /** The primary says that everything up to here is committed. */
  committed(ballot: Ballot, seq: number): void {
    if (!sameBallot(ballot, this.#ballot) || seq <= this.#committedSeq) return
    this.#committedSeq = seq
    for (const [key, keySeq] of this.#uncommitted) {
      if (keySeq <= seq) this.#uncommitted.delete(key)
    }
  }

  replicate(request: Replicate, ticket: number, nowMs: number): void {
    const refusal = this.#refusal(request.ballot)
    if (refusal !== undefined) {
      this.#out.respond(ticket, refusal)
      return
    }
    const isGap = request.firstSeq > this.#appliedSeq + 1
    if (isGap && this.#rules.replicateInOrder) {
      // The primary starts again from where this node is.
      this.#acknowledgeWhenFlushed(request.ballot, ticket)
      return
    }
    if (!this.#hasRoom(request, nowMs)) {
      this.#out.respond(ticket, { kind: 'unable', reason: NO_ROOM })
      return
    }
    this.#apply(request, nowMs)
    this.committed(request.ballot, request.committedSeq)
    this.#acknowledgeWhenFlushed(request.ballot, ticket)
  }

  /**
   * A write is admitted by the room of the masters of then. One that has joined since may have less:
   * as long as it is syncing it can leave the view instead.
   */
  #hasRoom({ records }: Replicate, nowMs: number): boolean {
    const { standing, room } = this.#parts
    if (standing.mastership?.inSync === true || !this.#rules.mirrorHeedsRoom) return true
    const bytes = records.reduce(
      (sum, record) => sum + (record.kind === 'entry' ? storedBytes(record.entry) : 0),
      0,
    )
    const isRoom = room.takes(bytes)
    if (!isRoom && !room.isLacking(nowMs)) room.lacks(nowMs)
    return isRoom
  }

  #apply(request: Replicate, nowMs: number): void {
    const again = Math.max(0, this.#appliedSeq + 1 - request.firstSeq)
    const known = this.#rules.replicateOnce ? again : 0
    const records = request.records.slice(known)
    const changes = records.flatMap((record, i) =>
      this.#changeOf(record, request.firstSeq + known + i, nowMs),
    )
    if (records.length === 0) return
    this.#appliedSeq = request.firstSeq + request.records.length - 1
    this.#out.store(changes, () => {})
  }

  #changeOf(record: StreamRecord, seq: number, nowMs: number): StoreChange[] {
    const { self, standing, remembered, commits } = this.#parts
    const { key, version } = record.kind === 'entry' ? record.entry : record
    commits.append(seq, { keyHash: keyHash(key), version })
    const isSyncing = standing.mastership?.inSync === false
    if (record.kind === 'purge') return [this.#purge(record, isSyncing)]
    const { entry, write } = record
    self.stored(entry.version)
    const startClock = standing.view?.start.clock ?? ''
    // Nobody mirrors while lineages are being merged.
    const isMerging = standing.view !== undefined && onlyGroup(standing.view).merge.length > 0
    const isOld = isSyncing && !isMerging && entry.version <= startClock
    if (isOld) this.#oldFromStream.add(entry.key)
    this.#checkPart(entry)
    if (write !== undefined) remembered.add(write, nowMs)
    this.#uncommitted.set(entry.key, seq)
    if (this.#owesNewer(entry)) return []
    return [{ kind: 'put', entry: fromTravel(entry, self.wallMs(nowMs)) }]
  }

  /**
   * What is gone reads as the tombstone did: the key is not uncommitted for that. A syncing master
   * may still hold what was rolled back, newer than the tombstone: that goes as well.
   */
  #purge(
    { key, version }: Extract<StreamRecord, { kind: 'purge' }>,
    isSyncing: boolean,
  ): StoreChange {
    const held = this.#parts.store.head(key)?.version
    if (isSyncing) {
      this.#purged.set(key, version)
      if (held !== undefined && !this.cameByStream(key, held)) return { kind: 'remove', key }
    }
    // Without the rule older versions stay; a change that does nothing stands in for the record.
    const isKept = held !== version && !this.#rules.purgeRemovesOlder
    return { kind: 'purge', key, version: isKept ? '' : version }
  }

  /**
   * A syncing master tells by version what came by the stream. What is not above its mark can no
   * longer be told. The end of an entry by time is known wherever that entry is.
   */
  #checkPart({ version, requestId, content }: TravelEntry): void {
    const { standing } = this.#parts
    const isEnd = content.kind === 'tombstone' && requestId === NO_REQUEST
    const { part } = standing.state
    if (part !== undefined && version <= part.since && !isEnd) standing.partIsBroken()
  }

  /**
   * What this node owes the cluster is merged from its store: the stream must not take it away. The
   * primary will find the newer version there.
   */
  #owesNewer(theirs: { readonly key: string; readonly version: Version }): boolean {
    const { standing, store } = this.#parts
    if (standing.state.owed.length === 0 || !this.#rules.owingMasterKeepsNewer) return false
    const mine = store.head(theirs.key)
    return mine !== undefined && mine.version > theirs.version
  }

  /** Stores complete in order: an empty one tells when all before it are durable. */
  #acknowledgeWhenFlushed(ballot: Ballot, ticket: number): void {
    const appliedSeq = this.#appliedSeq
    this.#out.store([], () => {
      const response: NodeResponse = this.#refusal(ballot) ?? {
        kind: 'replicated',
        appliedSeq,
        isFull: this.#parts.store.isFull,
      }
      this.#out.respond(ticket, response)
    })
  }

  /** Only the primary of the view that this node has accepted, and not promised away, is followed. */
  #refusal(ballot: Ballot): NodeResponse | undefined {
    const { standing, self } = this.#parts
    const view = standing.view
    const isMine =
      view !== undefined &&
      standing.mastership !== undefined &&
      primaryOf(view).id !== self.id &&
      sameBallot(view.ballot, ballot) &&
      !(this.#rules.promiseFreezes && standing.isFrozen)
    if (isMine) return undefined
    return { kind: 'fenced', promised: standing.promised, ballot: ballotOf(view) }
  }
}
