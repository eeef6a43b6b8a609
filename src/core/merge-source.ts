// A holder's side of a merge: digest, pages and entries of what it owes the cluster.
// Answers only for a lineage that it owes, to the primary of the view that it follows.
import { BATCH_RECORDS_MAX, PAGE_BYTES, PAGE_KEYS_MAX } from './limits.ts'
import type { NodeRequest } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { EntryReader } from './ports.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import { owedSince } from './syncing-part.ts'
import { toTravel } from './travel.ts'
import type { Version } from './types.ts'
import { VERSION_ZERO } from './version.ts'
import { ballotOf, sameBallot } from './view.ts'

type HeldRequest = Extract<NodeRequest, { kind: 'heldDigest' | 'heldPage' | 'heldFetch' }>

export class MergeSource {
  readonly #out: Outbox
  readonly #self: Self
  readonly #standing: Standing
  readonly #store: EntryReader
  readonly #rules: Rules

  constructor(
    out: Outbox,
    parts: { self: Self; standing: Standing; store: EntryReader },
    rules: Rules,
  ) {
    this.#out = out
    this.#self = parts.self
    this.#standing = parts.standing
    this.#store = parts.store
    this.#rules = rules
  }

  take(request: HeldRequest, ticket: number, nowMs: number): void {
    const { view, promised } = this.#standing
    const isOurs = sameBallot(ballotOf(view), request.ballot)
    // A lineage that is owed is closed: no write is acknowledged in it any more.
    const owed = this.#standing.owed(request.lineage)
    if (!isOurs || owed === undefined) {
      this.#out.respond(ticket, { kind: 'fenced', promised, ballot: ballotOf(view) })
      return
    }
    // What is older than a part was here before it, may have been deleted since, and is not given.
    const since = this.#rules.partsLeaveOutOldEntries ? owedSince(owed) : VERSION_ZERO
    if (request.kind === 'heldDigest') {
      this.#out.respond(ticket, { kind: 'digest', digest: this.#store.digest() })
    } else if (request.kind === 'heldPage') this.#page(request, since, ticket)
    else this.#fetch({ keys: request.keys, since }, ticket, nowMs)
  }

  #page(request: Extract<HeldRequest, { kind: 'heldPage' }>, since: Version, ticket: number): void {
    const { items, end } = this.#store.page({
      after: request.after,
      upTo: undefined,
      wanted: request.wanted,
      valueBytesMax: -1,
      bytesMax: PAGE_BYTES.max,
      keysMax: PAGE_KEYS_MAX,
    })
    const heads = items.filter((item) => item.kind === 'head')
    const given = heads.filter(({ head }) => head.version > since)
    this.#out.respond(ticket, { kind: 'page', items: given, end })
  }

  #fetch(of: { keys: readonly string[]; since: Version }, ticket: number, nowMs: number): void {
    const wallMs = this.#self.wallMs(nowMs)
    const entries = of.keys.slice(0, BATCH_RECORDS_MAX).flatMap((key) => {
      const entry = this.#store.get(key)
      return entry === undefined || entry.version <= of.since ? [] : [toTravel(entry, wallMs)]
    })
    this.#out.respond(ticket, { kind: 'entries', entries })
  }
}
