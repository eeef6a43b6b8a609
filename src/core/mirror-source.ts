// The primary's side of a mirror: digests and pages of its store, smaller while its loop is late.
// Keeps nothing between two requests: where the target stands is the target's business.
import { PAGE_BYTES, PAGE_KEYS_MAX, PAGE_LAG_MS, PAGE_VALUE_MAX } from './limits.ts'
import type { NodeRequest } from './messages.ts'
import { RECORD_FORM } from './mirror-limits.ts'
import type { Outbox } from './outbox.ts'
import type { EntryReader } from './ports.ts'
import type { Remembered } from './remembered.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import { itemToTravel, toTravel } from './travel.ts'
import type { Ballot } from './types.ts'
import { ballotOf, sameBallot } from './view.ts'

type PageRequest = Extract<NodeRequest, { kind: 'page' }>

export class MirrorSource {
  readonly #out: Outbox
  readonly #self: Self
  readonly #standing: Standing
  readonly #store: EntryReader
  readonly #remembered: Remembered
  #pageBytes: number = PAGE_BYTES.max

  constructor(
    out: Outbox,
    parts: { self: Self; standing: Standing; store: EntryReader; remembered: Remembered },
  ) {
    this.#out = out
    this.#self = parts.self
    this.#standing = parts.standing
    this.#store = parts.store
    this.#remembered = parts.remembered
  }

  /** How late the last tick was. */
  lagged(lagMs: number): void {
    const next = lagMs > PAGE_LAG_MS ? this.#pageBytes / 2 : this.#pageBytes * 2
    this.#pageBytes = Math.min(PAGE_BYTES.max, Math.max(PAGE_BYTES.min, next))
  }

  remembered(about: { ballot: Ballot; after: number }, ticket: number, nowMs: number): void {
    if (this.#isFenced(about.ballot, ticket)) return
    const page = this.#remembered.page(about.after, nowMs)
    this.#out.respond(ticket, { kind: 'remembered', ...page })
  }

  digest(ballot: Ballot, ticket: number): void {
    if (this.#isFenced(ballot, ticket)) return
    this.#out.respond(ticket, { kind: 'digest', digest: this.#store.digest() })
  }

  page(request: PageRequest, ticket: number, nowMs: number): void {
    if (this.#isFenced(request.ballot, ticket)) return
    const { items, damaged, end } = this.#store.page({
      after: request.after,
      upTo: undefined,
      wanted: request.wanted,
      valueBytesMax: request.withValues ? PAGE_VALUE_MAX : -1,
      asRecords: request.packs === true && request.records === RECORD_FORM,
      bytesMax: this.#pageBytes,
      keysMax: Math.ceil((PAGE_KEYS_MAX * this.#pageBytes) / PAGE_BYTES.max),
    })
    const wallMs = this.#self.wallMs(nowMs)
    this.#out.respond(ticket, {
      kind: 'page',
      end,
      ...(damaged.length === 0 ? {} : { damaged }),
      items: items.map((item) => itemToTravel(item, wallMs)),
    })
  }

  fetch(about: { ballot: Ballot; keys: readonly string[] }, ticket: number, nowMs: number): void {
    if (this.#isFenced(about.ballot, ticket)) return
    const wallMs = this.#self.wallMs(nowMs)
    const entries = about.keys.flatMap((key) => {
      const entry = this.#store.get(key)
      return entry === undefined ? [] : [toTravel(entry, wallMs)]
    })
    this.#out.respond(ticket, { kind: 'entries', entries })
  }

  /** Only the active primary of the view named is a source. */
  #isFenced(ballot: Ballot, ticket: number): boolean {
    const standing = this.#standing
    if (standing.isActive && sameBallot(ballotOf(standing.view), ballot)) return false
    this.#out.respond(ticket, {
      kind: 'fenced',
      promised: standing.promised,
      ballot: ballotOf(standing.view),
    })
    return true
  }
}
