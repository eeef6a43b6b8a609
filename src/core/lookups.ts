// A read that this node cannot answer itself: one lookup per key, however many clients wait for it.
// Query by multicast, take the first valid answer, else ask the masters directly, until the deadline.
import { Allowance } from './allowance.ts'
import type { Coherence } from './coherence.ts'
import {
  COPY_FRESH_MS,
  DEADLINE_MS,
  HEDGE_WAIT_MS,
  LOOKUPS_MAX,
  LOOKUP_PAUSE_MS,
  QUERIES_PER_SECOND_MAX,
  QUERY_WAIT_MS,
  READ_WAIT_MS,
} from './limits.ts'
import type { Members } from './members.ts'
import type { CallAnswer, Datagram, Sender, TravelEntry } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { CopyReader, EntryReader, Random } from './ports.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Serving } from './serving.ts'
import type { Standing } from './standing.ts'
import { fromTravel, liveEntry, transferMs } from './travel.ts'
import type { Address, Entry, NodeId, ReadQuery, Source, StreamPosition, Version } from './types.ts'
import { owners, primaryOf } from './view.ts'

type Answer = Extract<Datagram, { kind: 'answer' }>
type Absent = Extract<Datagram, { kind: 'absent' }>

interface Lookup {
  readonly name: string
  readonly key: string
  readonly strength: ReadQuery['strength']
  readonly tickets: { readonly ticket: number; readonly deadlineMs: number }[]
  nonce: number
  /** When the present round began: what an answer to it proves, it proves for this moment. */
  roundMs: number
  isResting: boolean
  /** Reads of this round that have not ended. */
  readsOpen: number
  /** Nothing older may be answered: a client says so, or a write went through this node meanwhile. */
  minVersion: Version | undefined
  lastReason: string
}

/** What ends a lookup, and what it rests on. */
type Result =
  | { entry: Entry | undefined; ageMs: number; position?: undefined }
  | {
      entry: Entry | undefined
      /** Of the entry or its tombstone; '' when nothing is stored. */
      version: Version | ''
      ageMs: number
      position: StreamPosition
    }

export interface LookupsParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly serving: Serving
  readonly store: EntryReader
  readonly copies: CopyReader
  readonly coherence: Coherence
  readonly random: Random
  readonly whyNoPrimary: (nowMs: number) => string
}

export class Lookups {
  readonly #out: Outbox
  readonly #parts: LookupsParts
  readonly #rules: Rules
  /**
   * By key; strong reads are kept apart, for they must not share an older answer, and so are those
   * that name a version, for it may not be there to be found.
   */
  readonly #lookups = new Map<string, Lookup>()
  readonly #byNonce = new Map<number, Lookup>()
  readonly #queries = new Allowance(QUERIES_PER_SECOND_MAX)

  constructor(out: Outbox, parts: LookupsParts, rules: Rules) {
    this.#out = out
    this.#parts = parts
    this.#rules = rules
  }

  get count(): number {
    return this.#lookups.size
  }

  read(ticket: number, query: ReadQuery, nowMs: number): void {
    const waiter = { ticket, deadlineMs: nowMs + DEADLINE_MS }
    const { minVersion } = query
    const name = query.strength === 'strong' ? `s${ticket}` : `k${minVersion ?? ''} ${query.key}`
    const running = this.#lookups.get(name)
    if (running !== undefined) {
      running.tickets.push(waiter)
      return
    }
    if (this.#lookups.size >= LOOKUPS_MAX) {
      const reason = 'too many keys are being looked up on this node: try again'
      this.#out.finish(ticket, { kind: 'unreachable', reason })
      return
    }
    const lookup: Lookup = {
      name,
      key: query.key,
      strength: query.strength,
      tickets: [waiter],
      nonce: 0,
      roundMs: nowMs,
      isResting: true,
      readsOpen: 0,
      minVersion,
      lastReason: '',
    }
    this.#lookups.set(name, lookup)
    this.#startRound(lookup, nowMs)
  }

  /** A write went through this node: a lookup under way must not bring back what was before it. */
  wrote(key: string, version: Version): void {
    const lookup = this.#lookups.get(`k ${key}`)
    if (lookup === undefined) return
    if (lookup.minVersion === undefined || version > lookup.minVersion) lookup.minVersion = version
  }

  tick(nowMs: number): void {
    for (const lookup of this.#lookups.values()) {
      this.#expire(lookup, nowMs)
      if (lookup.tickets.length === 0) this.#remove(lookup)
      else if (lookup.isResting && nowMs - lookup.roundMs >= LOOKUP_PAUSE_MS) {
        this.#startRound(lookup, nowMs)
      }
    }
  }

  answered(from: Address, answer: Answer, nowMs: number): void {
    const lookup = this.#byNonce.get(answer.nonce)
    if (lookup === undefined || lookup.isResting) return
    if (lookup.minVersion !== undefined && answer.version < lookup.minVersion) return
    const { ageMs, position, version } = answer
    const word = { key: lookup.key, version, isAbsent: false, position }
    if (this.#parts.coherence.isOutdated(word, nowMs)) return
    // After a split another side may be in sight that lacks what this side has acknowledged.
    if (!this.#isOfOwnSide(position)) return
    if (answer.inline !== undefined) {
      this.#found(lookup, { ...answer, entry: { ...answer.inline, key: lookup.key } }, nowMs)
      return
    }
    const mine = this.#held(lookup.key)
    if (mine !== undefined && mine.version === version) {
      this.#complete(lookup, { entry: mine, version, ageMs, position }, nowMs)
      return
    }
    // The first answer wins; a large value is not fetched twice.
    if (lookup.readsOpen === 0) this.#ask(lookup, from, answer.valueBytes)
  }

  absent(sender: Sender, answer: Absent, nowMs: number): void {
    const lookup = this.#byNonce.get(answer.nonce)
    if (lookup === undefined || lookup.isResting || !this.#mayVouch(sender, lookup.key)) return
    if (lookup.minVersion !== undefined && answer.tombstone < lookup.minVersion) return
    const { tombstone: version, ageMs, position } = answer
    const word = { key: lookup.key, version, isAbsent: true, position }
    if (this.#parts.coherence.isOutdated(word, nowMs)) return
    this.#complete(lookup, { entry: undefined, version, ageMs, position }, nowMs)
  }

  /** Only an in-sync master of the view that this node knows may say that there is no such key. */
  #mayVouch(sender: Sender, key: string): boolean {
    if (!this.#rules.onlyMastersSayAbsent) return true
    const view = this.#parts.standing.route
    if (view === undefined) return false
    return owners(view, key).some(
      (m) => m.id === sender.id && m.incarnation === sender.incarnation && m.inSync,
    )
  }

  /** Since the question left, either node may have gone over to another primary. */
  #isOfOwnSide(position: StreamPosition | undefined): boolean {
    if (position === undefined || !this.#rules.answersFromOwnSide) return true
    return this.#parts.standing.routesTo(position.stream)
  }

  #startRound(lookup: Lookup, nowMs: number): void {
    lookup.roundMs = nowMs
    lookup.isResting = false
    lookup.readsOpen = 0
    const view = this.#parts.standing.route
    if (view === undefined) {
      this.#rest(lookup, this.#parts.whyNoPrimary(nowMs))
      return
    }
    this.#byNonce.delete(lookup.nonce)
    lookup.nonce = Math.floor(this.#parts.random() * 2 ** 32)
    this.#byNonce.set(lookup.nonce, lookup)
    if (this.#parts.standing.isActive) this.#readAsPrimary(lookup, nowMs)
    else if (lookup.strength === 'strong') this.#askMaster(lookup, primaryOf(view).id, nowMs)
    else this.#query(lookup, nowMs)
  }

  /** This node is the primary: a write on the key is under way, or the read must be strong. */
  #readAsPrimary(lookup: Lookup, nowMs: number): void {
    const { nonce } = lookup
    this.#parts.serving.asPrimary(lookup, nowMs, (word, thenMs) => {
      if (lookup.nonce !== nonce || lookup.isResting) return
      lookup.roundMs = thenMs
      if (word.kind === 'unable') this.#rest(lookup, word.reason)
      else this.#complete(lookup, { entry: word.entry, ageMs: word.ageMs }, thenMs)
    })
  }

  #query(lookup: Lookup, nowMs: number): void {
    const { key, nonce } = lookup
    const word = this.#parts.serving.wordOf(key, lookup.minVersion, nowMs)
    if (word.kind === 'master') {
      this.#complete(lookup, { entry: word.entry, ageMs: word.ageMs }, nowMs)
      return
    }
    // A storm of misses is the masters' business: it must not keep every node of the group busy.
    if (!this.#queries.take(nowMs)) {
      this.#askDirectly(lookup, nonce, nowMs)
      return
    }
    this.#out.send('everyone', {
      kind: 'query',
      nonce,
      key,
      minVersion: lookup.minVersion ?? '',
      knownVersion: this.#held(key)?.version ?? '',
      mastersOnly: false,
    })
    this.#out.wake(QUERY_WAIT_MS, (thenMs) => this.#askDirectly(lookup, nonce, thenMs))
  }

  /** No answer came: the datagrams may be lost. The primary is asked, a moment later the others. */
  #askDirectly(lookup: Lookup, nonce: number, nowMs: number): void {
    if (lookup.nonce !== nonce || lookup.isResting || lookup.readsOpen > 0) return
    const view = this.#parts.standing.route
    if (view === undefined) {
      this.#rest(lookup, this.#parts.whyNoPrimary(nowMs))
      return
    }
    const others = owners(view, lookup.key).filter((m) => m.id !== this.#parts.self.id)
    const [first, ...rest] = others.filter((m) => m.inSync)
    if (first === undefined) {
      this.#rest(lookup, this.#parts.whyNoPrimary(nowMs))
      return
    }
    this.#askMaster(lookup, first.id, nowMs)
    for (const master of rest) {
      this.#out.wake(HEDGE_WAIT_MS, (thenMs) => {
        if (lookup.nonce !== nonce || lookup.isResting) return
        this.#askMaster(lookup, master.id, thenMs)
      })
    }
  }

  #askMaster(lookup: Lookup, id: NodeId, nowMs: number): void {
    const address =
      this.#parts.members.get(id)?.address ??
      this.#parts.standing.route?.roster.find((node) => node.id === id)?.address
    if (address === undefined || id === this.#parts.self.id) {
      this.#rest(lookup, this.#parts.whyNoPrimary(nowMs))
      return
    }
    this.#ask(lookup, address)
  }

  #ask(lookup: Lookup, address: Address, valueBytes = 0): void {
    const { key, strength, nonce, minVersion } = lookup
    lookup.readsOpen++
    // "Unchanged" will speak of this entry, whatever this node holds by then.
    const known = this.#held(key)
    const knownVersion = known?.version
    this.#out.call(
      address,
      { kind: 'read', key, minVersion, knownVersion, strength },
      {
        timeoutMs: READ_WAIT_MS + transferMs(valueBytes),
        onAnswer: (answer, thenMs) => {
          if (lookup.nonce !== nonce || lookup.isResting) return
          lookup.readsOpen--
          // A write was acknowledged here since the question left: the answer may be from before.
          if (lookup.minVersion === minVersion) this.#readEnded(lookup, { answer, known }, thenMs)
          else this.#rest(lookup, 'the key was written meanwhile')
        },
      },
    )
  }

  #readEnded(
    lookup: Lookup,
    end: { answer: CallAnswer; known: Entry | undefined },
    nowMs: number,
  ): void {
    const { answer, known } = end
    if (answer.kind === 'response') {
      const { response, sender } = answer
      if (response.kind === 'found') {
        this.#found(lookup, response, nowMs)
        return
      }
      if (response.kind === 'unchanged' && known !== undefined) {
        this.#complete(lookup, { ...response, entry: known, version: known.version }, nowMs)
        return
      }
      if (response.kind === 'absent' && this.#mayVouch(sender, lookup.key)) {
        this.#complete(
          lookup,
          { ...response, entry: undefined, version: response.tombstone },
          nowMs,
        )
        return
      }
      if (response.kind === 'unable') lookup.lastReason = response.reason
    } else if (answer.kind !== 'late') {
      const view = this.#parts.standing.route
      if (view !== undefined) this.#parts.members.suspect(primaryOf(view).id, nowMs)
    }
    if (lookup.readsOpen === 0) {
      this.#rest(lookup, lookup.lastReason || 'no master answered')
    }
  }

  #found(
    lookup: Lookup,
    found: { entry: TravelEntry; ageMs: number; position: StreamPosition },
    nowMs: number,
  ): void {
    const { version } = found.entry
    this.#parts.self.follow(version, nowMs)
    const entry = fromTravel(found.entry, this.#parts.self.wallMs(nowMs))
    this.#complete(lookup, { ...found, entry, version }, nowMs)
  }

  /** An answer with its proof: kept as a copy, and given to all who wait. */
  #complete(lookup: Lookup, result: Result, nowMs: number): void {
    const { key } = lookup
    const entry = liveEntry(result.entry, this.#parts.self.wallMs(nowMs))
    const provenAtMs = lookup.roundMs - result.ageMs
    const isTooOld = nowMs - provenAtMs > COPY_FRESH_MS && this.#rules.copyNeedsProof
    // What this node itself says as a master needs no comparison with what it has heard of.
    const word = result.position && {
      key,
      version: result.version,
      isAbsent: entry === undefined,
      position: result.position,
    }
    const isOutdated = word !== undefined && this.#parts.coherence.isOutdated(word, nowMs)
    if (isTooOld || isOutdated || !this.#isOfOwnSide(word?.position)) {
      this.#rest(lookup, 'the answer came too late to be trusted')
      return
    }
    const isMaster = this.#parts.standing.mastership !== undefined
    const source: Source = word === undefined ? 'local' : 'fetched'
    // A master's store is its copy. A strong read may overtake a write that it knows nothing of.
    if (!isMaster && lookup.strength === 'fresh') {
      const known =
        entry === undefined ? { kind: 'absent' as const } : { kind: 'entry' as const, entry }
      const run = word === undefined ? 0 : this.#parts.coherence.runFor(word)
      this.#out.keep({ key, known, provenAtMs, run })
    }
    const ageMs = Math.max(0, nowMs - provenAtMs)
    const found = entry && ({ kind: 'found', entry, ageMs, source } as const)
    const outcome = found ?? ({ kind: 'absent', ageMs, source } as const)
    for (const { ticket } of lookup.tickets) this.#out.finish(ticket, outcome)
    lookup.tickets.length = 0
    this.#remove(lookup)
  }

  /** This round came to nothing; the next one starts after a pause. */
  #rest(lookup: Lookup, reason: string): void {
    lookup.isResting = true
    lookup.lastReason = reason
  }

  #expire(lookup: Lookup, nowMs: number): void {
    while (lookup.tickets[0] !== undefined && lookup.tickets[0].deadlineMs <= nowMs) {
      const waiter = lookup.tickets.shift()
      const reason = lookup.lastReason || this.#parts.whyNoPrimary(nowMs)
      if (waiter !== undefined) this.#out.finish(waiter.ticket, { kind: 'unreachable', reason })
    }
  }

  #remove(lookup: Lookup): void {
    this.#lookups.delete(lookup.name)
    this.#byNonce.delete(lookup.nonce)
    lookup.isResting = true
  }

  /** What this node holds of the key, proven or not: a copy, or an entry from its time as master. */
  #held(key: string): Entry | undefined {
    const copy = this.#parts.copies.get(key)
    if (copy?.known.kind === 'entry') return copy.known.entry
    const stored = this.#parts.store.get(key)
    return stored?.content.kind === 'value' ? stored : undefined
  }
}
