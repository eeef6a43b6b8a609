// What this node may answer from what it holds: as a master under its lease, or from a proven copy.
// Answers other nodes' queries and reads; a read sent here is never sent on.
import type { Coherence } from './coherence.ts'
import { COPY_ANSWERS, INLINE_VALUE_MAX, READ_WAIT_MS } from './limits.ts'
import type { Follower } from './follower.ts'
import type { Leases } from './leases.ts'
import type { Members } from './members.ts'
import type { CallAnswer, Datagram, NodeRequest, NodeResponse } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { CopyReader, EntryReader } from './ports.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import { type Session, TOO_OLD_REASON } from './session.ts'
import type { Standing } from './standing.ts'
import type { Stream } from './stream.ts'
import { liveEntry, toTravel, valueBytes } from './travel.ts'
import type { Address, Entry, NodeId, ReadQuery, StreamPosition, Version } from './types.ts'
import { BALLOT_ZERO, onlyGroup } from './view.ts'

type Query = Extract<Datagram, { kind: 'query' }>
type Read = Extract<NodeRequest, { kind: 'read' }>

export interface ServingParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly leases: Leases
  readonly stream: Stream
  readonly follower: Follower
  readonly store: EntryReader
  readonly copies: CopyReader
  readonly coherence: Coherence
  readonly session: Session
}

/** The position of somebody who follows no stream: comparable with none. */
const NOWHERE: StreamPosition = { stream: BALLOT_ZERO, seq: 0 }

export class Serving {
  readonly #out: Outbox
  readonly #parts: ServingParts
  readonly #rules: Rules

  constructor(out: Outbox, parts: ServingParts, rules: Rules) {
    this.#out = out
    this.#parts = parts
    this.#rules = rules
  }

  /** Whether the store's word on this key, "absent" included, is the cluster's word now. */
  mayServe(key: string, nowMs: number): boolean {
    const { standing, stream, follower } = this.#parts
    if (!this.holdsLease(nowMs)) return false
    if (!this.#rules.noDirtyReads) return true
    return standing.isActive ? stream.newestOn(key) === undefined : !follower.isUncommitted(key)
  }

  /** Whether this node is a master that may answer reads at all. */
  holdsLease(nowMs: number): boolean {
    const { standing, leases } = this.#parts
    if (!standing.isServingMaster) return false
    if (!this.#rules.primaryNeedsLease) return true
    return standing.isActive ? leases.primaryHoldsLease(nowMs) : leases.masterHoldsLease(nowMs)
  }

  /** Age of the word that a master's answer rests on. The primary's own lease is not counted. */
  masterAgeMs(nowMs: number): number {
    const { standing, leases } = this.#parts
    return standing.isActive ? 0 : Math.max(0, nowMs - leases.masterProvenAtMs())
  }

  /** What is in the store, if its word on the key is the cluster's and is not older than asked. */
  wordOf(key: string, min: Version | undefined, nowMs: number): MasterWord {
    if (!this.mayServe(key, nowMs)) return unable('this node cannot vouch for the key now')
    const entry = this.#parts.store.get(key)
    if (entry === undefined && this.#parts.store.isDamaged(key)) return unable(DAMAGED_REASON)
    if (!this.#parts.session.isEnough(entry, min)) return unable(TOO_OLD_REASON)
    return { kind: 'master', entry, ageMs: this.masterAgeMs(nowMs), position: this.position() }
  }

  /** Where this node stands in the primary's stream. */
  position(): StreamPosition {
    const { standing, stream, follower, coherence } = this.#parts
    if (standing.isActive && standing.view !== undefined) {
      return { stream: standing.view.start.stream, seq: stream.committedSeq }
    }
    if (standing.mastership !== undefined) return follower.position
    return coherence.position ?? NOWHERE
  }

  /** A multicast query: masters answer it, and about two of the nodes that hold a proven copy. */
  answerQuery(from: Address, query: Query, nowMs: number): void {
    const { key, nonce } = query
    const min = query.minVersion === '' ? undefined : query.minVersion
    const word = this.wordOf(key, min, nowMs)
    if (word.kind === 'master') {
      this.#answerAsMaster(from, { query, word }, nowMs)
      return
    }
    const copy = this.#parts.copies.get(key)
    const { coherence } = this.#parts
    if (copy === undefined || query.mastersOnly || !coherence.mayServe(copy, nowMs)) {
      if (!this.#rules.onlyMastersSayAbsent) this.#sendAbsent(from, { nonce, ageMs: 0 }, '')
      return
    }
    if (copy.known.kind !== 'entry' || !this.#isChosen(nonce)) return
    if (!this.#parts.session.isCopyEnough(copy.known.entry, min)) return
    const entry = liveEntry(copy.known.entry, this.#parts.self.wallMs(nowMs))
    if (entry === undefined) return
    const ageMs = coherence.ageMs(copy, nowMs)
    const position = coherence.positionOf(copy) ?? NOWHERE
    this.#sendAnswer(from, { query, entry, ageMs, isMaster: false, position }, nowMs)
  }

  /** Another node's read. */
  read(request: Read, ticket: number, nowMs: number): void {
    const respond = (word: MasterWord, thenMs: number) =>
      this.#out.respond(ticket, this.#responseTo(request, word, thenMs))
    if (this.#parts.standing.isActive) this.asPrimary(request, nowMs, respond)
    else if (request.strength === 'strong') respond(unable('this node is not the primary'), nowMs)
    else respond(this.#wordOnHand(request, nowMs), nowMs)
  }

  /**
   * The primary's word on a key: what is stored, or once the writes under way now are committed,
   * what the newest of them says. Later writes are not waited for.
   */
  asPrimary(query: ReadQuery, nowMs: number, then: Then): void {
    const { stream, store } = this.#parts
    const newest = this.#rules.noDirtyReads ? stream.newestOn(query.key) : undefined
    if (newest === undefined) {
      const entry = store.get(query.key)
      if (entry === undefined && store.isDamaged(query.key)) then(unable(DAMAGED_REASON), nowMs)
      else this.#confirm({ query, entry }, nowMs, then)
      return
    }
    stream.join(query.key, (end, thenMs) => {
      if (end.kind === 'committed') this.#confirm({ query, entry: newest }, thenMs, then)
      else then(unable('the primary changed while the key was being written'), thenMs)
    })
  }

  /** As a second master under its lease, or from a proven copy. */
  #wordOnHand({ key, minVersion }: Read, nowMs: number): MasterWord {
    const word = this.wordOf(key, minVersion, nowMs)
    if (word.kind === 'master') return word
    const { copies, coherence, session } = this.#parts
    const copy = copies.get(key)
    if (copy?.known.kind !== 'entry' || !coherence.mayServe(copy, nowMs)) return word
    const { entry } = copy.known
    if (!session.isCopyEnough(entry, minVersion)) return unable(TOO_OLD_REASON)
    const position = coherence.positionOf(copy) ?? NOWHERE
    return { kind: 'copy', entry, ageMs: coherence.ageMs(copy, nowMs), position }
  }

  /** Gives a committed entry if this primary may: by its lease, or for a strong read by asking. */
  #confirm(about: { query: ReadQuery; entry: Entry | undefined }, nowMs: number, then: Then): void {
    const { query, entry } = about
    const word = { kind: 'master', entry, ageMs: 0, position: this.position() } as const
    if (!this.#parts.session.isEnough(entry, query.minVersion)) then(unable(TOO_OLD_REASON), nowMs)
    else if (query.strength === 'strong') this.#askMasters(word, nowMs, then)
    else if (this.holdsLease(nowMs)) then(word, nowMs)
    else then(unable('this primary has lost touch with the other master'), nowMs)
  }

  /**
   * Every other in-sync master must confirm that this view still holds. The entry was taken before
   * they are asked, so it was the newest at that moment.
   */
  #askMasters(word: Extract<MasterWord, { kind: 'master' }>, nowMs: number, then: Then): void {
    const { standing, self, members } = this.#parts
    const view = standing.view
    if (view === undefined || !standing.isActive) {
      then(unable('this node is not the primary now'), nowMs)
      return
    }
    const others = onlyGroup(view).masters.filter((m) => m.inSync && m.id !== self.id)
    let missing = this.#rules.strongReadAsksMasters ? others.length : 0
    if (missing === 0) {
      then(word, nowMs)
      return
    }
    const onAnswer = (answer: CallAnswer, thenMs: number) => {
      if (missing === 0) return
      const holds = answer.kind === 'response' && answer.response.kind === 'holds'
      const isRefused = !holds || !standing.isActive || standing.view !== view
      missing = isRefused ? 0 : missing - 1
      if (isRefused) then(unable('another master could not confirm that this view holds'), thenMs)
      // The entry was taken before they were asked: it was proven for that moment.
      else if (missing === 0) then({ ...word, ageMs: thenMs - nowMs }, thenMs)
    }
    for (const { id } of others) {
      const request = { kind: 'barrier', ballot: view.ballot } as const
      const address = members.get(id)?.address ?? ''
      this.#out.call(address, request, { timeoutMs: READ_WAIT_MS, onAnswer })
    }
  }

  #answerAsMaster(
    from: Address,
    about: { query: Query; word: Extract<MasterWord, { kind: 'master' }> },
    nowMs: number,
  ): void {
    const { query, word } = about
    const { ageMs, position } = word
    const entry = liveEntry(word.entry, this.#parts.self.wallMs(nowMs))
    if (entry === undefined) {
      // An entry that has expired is as good a tombstone as the one that will replace it.
      this.#sendAbsent(from, { nonce: query.nonce, ageMs }, word.entry?.version ?? '')
      return
    }
    this.#sendAnswer(from, { query, entry, ageMs, isMaster: true, position }, nowMs)
  }

  #sendAbsent(
    from: Address,
    about: { nonce: number; ageMs: number },
    tombstone: Version | '',
  ): void {
    this.#out.send(from, { kind: 'absent', ...about, position: this.position(), tombstone })
  }

  #sendAnswer(
    from: Address,
    about: {
      query: Query
      entry: Entry
      ageMs: number
      isMaster: boolean
      position: StreamPosition
    },
    nowMs: number,
  ): void {
    const { query, entry, ageMs, isMaster, position } = about
    const bytes = valueBytes(entry)
    const isKnown = query.knownVersion === entry.version
    const inline =
      isKnown || bytes > INLINE_VALUE_MAX
        ? undefined
        : toTravel(entry, this.#parts.self.wallMs(nowMs))
    this.#out.send(from, {
      kind: 'answer',
      nonce: query.nonce,
      version: entry.version,
      isMaster,
      position,
      ageMs,
      valueBytes: bytes,
      inline,
    })
  }

  #responseTo(request: Read, word: MasterWord, nowMs: number): NodeResponse {
    if (word.kind === 'unable') return word
    const { ageMs, position } = word
    const isMaster = word.kind === 'master'
    const entry = liveEntry(word.entry, this.#parts.self.wallMs(nowMs))
    if (entry === undefined) {
      // A copy that has expired says nothing about what the masters hold now.
      if (!isMaster) return unable('the copy has expired')
      return { kind: 'absent', tombstone: word.entry?.version ?? '', ageMs, position }
    }
    if (entry.version === request.knownVersion) return { kind: 'unchanged', ageMs, position }
    const wallMs = this.#parts.self.wallMs(nowMs)
    return { kind: 'found', entry: toTravel(entry, wallMs), ageMs, isMaster, position }
  }

  /** About two of all nodes with copies answer one query, without having to talk about it. */
  #isChosen(nonce: number): boolean {
    const view = this.#parts.standing.route
    if (view === undefined) return false
    const holders = Math.max(1, view.roster.length - onlyGroup(view).masters.length)
    return share(nonce, this.#parts.self.id) < COPY_ANSWERS / holders
  }
}

/** Why a master has no word on a key that it holds. */
const DAMAGED_REASON =
  'the entry is damaged on this node and is being fetched from the other master'

type Then = (word: MasterWord, nowMs: number) => void

/** What a node says about a key: a master's word, tombstones included, a copy, or nothing. */
export type MasterWord =
  | {
      readonly kind: 'master'
      readonly entry: Entry | undefined
      readonly ageMs: number
      /** Everything up to here is in it. */
      readonly position: StreamPosition
    }
  | {
      readonly kind: 'copy'
      readonly entry: Entry
      readonly ageMs: number
      readonly position: StreamPosition
    }
  | { readonly kind: 'unable'; readonly reason: string }

function unable(reason: string): { kind: 'unable'; reason: string } {
  return { kind: 'unable', reason }
}

/** A number in [0, 1) that depends on both; good enough to draw lots. */
function share(nonce: number, id: NodeId): number {
  let hash = nonce >>> 0
  for (let i = 0; i < id.length; i++) {
    hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0
    hash ^= hash >>> 15
  }
  return (Math.imul(hash, 0x9e3779b1) >>> 0) / 2 ** 32
}
