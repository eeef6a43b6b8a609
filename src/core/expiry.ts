// The primary turns expired entries into deletes, which go through the stream like any write: so
// masters agree at every position, and no master removes anything by its own clock.
// Never decides what a read may see: an expired entry reads as absent at once (travel.ts).
import { CLEARING_PENDING_MAX, EXPIRY_BATCH } from './limits.ts'
import type { Outbox } from './outbox.ts'
import type { DuePlace, EntryReader } from './ports.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { Stream } from './stream.ts'
import type { Entry, RequestId } from './types.ts'
import type { WallTrust } from './wall-trust.ts'

/** In place of a request id where no client asked. No client's key gives this one. */
export const NO_REQUEST: RequestId = '0'.repeat(32)

export interface ExpiryParts {
  readonly self: Self
  readonly standing: Standing
  readonly stream: Stream
  readonly store: EntryReader
  readonly wallTrust: WallTrust
}

export class Expiry {
  readonly #out: Outbox
  readonly #parts: ExpiryParts
  readonly #rules: Rules
  /** Where the next tick goes on; what cannot go now must not keep others from going. */
  #after: DuePlace | undefined

  constructor(out: Outbox, parts: ExpiryParts, rules: Rules) {
    this.#out = out
    this.#parts = parts
    this.#rules = rules
  }

  tick(nowMs: number): void {
    const { standing, stream, wallTrust } = this.#parts
    if (!this.#rules.expiryThroughStream) {
      this.#removeAlone(nowMs)
      return
    }
    if (!standing.isActive || stream.pendingCount > CLEARING_PENDING_MAX) return
    if (!wallTrust.holds(nowMs)) return
    for (const key of this.#expired(nowMs)) {
      // A newer write is on its way: this entry is over anyway, or about to be.
      if (stream.newestOn(key) === undefined) this.#delete(key, nowMs)
    }
  }

  #delete(key: string, nowMs: number): void {
    const entry: Entry = {
      key,
      version: this.#parts.self.nextVersion(nowMs),
      expiresAtMs: undefined,
      requestId: NO_REQUEST,
      content: { kind: 'tombstone' },
    }
    // If this node stops being primary first, the entry is still due at the next one.
    this.#parts.stream.append({ entry, write: undefined }, () => {}, nowMs)
  }

  /** Entries that are stored and expired, the next few of them. */
  #expired(nowMs: number): string[] {
    const { store, self } = this.#parts
    const { entries, end } = store.due({
      kind: 'expiring',
      upToMs: self.wallMs(nowMs),
      after: this.#after,
      entriesMax: EXPIRY_BATCH,
    })
    this.#after = end
    return entries.map(({ key }) => key)
  }

  /** The code without the rule. */
  #removeAlone(nowMs: number): void {
    if (this.#parts.standing.mastership === undefined) return
    const changes = this.#expired(nowMs).map((key) => ({ kind: 'remove', key }) as const)
    if (changes.length > 0) this.#out.store(changes, () => {})
  }
}
