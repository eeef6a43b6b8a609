// The primary turns expired entries into deletes, which go through the stream like any write: so
// masters agree at every position, and no master removes anything by its own clock.
// Never decides what a read may see: an expired entry reads as absent at once (travel.ts).
import { CLEARING_PENDING_MAX, EXPIRY_BATCH, EXPIRY_SYNCING_MAX } from './limits.ts'
import type { Outbox } from './outbox.ts'
import type { DuePlace, EntryReader } from './ports.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { Stream } from './stream.ts'
import type { Entry, RequestId, Version, View } from './types.ts'
import { versionJustAbove } from './version.ts'
import { onlyGroup } from './view.ts'
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
  /** How many deletes this view has had while a master was syncing. */
  #syncing: { readonly view: View; deletes: number } | undefined

  constructor(out: Outbox, parts: ExpiryParts, rules: Rules) {
    this.#out = out
    this.#parts = parts
    this.#rules = rules
  }

  tick(nowMs: number): void {
    const { standing, stream, wallTrust } = this.#parts
    const { view } = standing
    if (!this.#rules.expiryThroughStream) {
      this.#removeAlone(nowMs)
      return
    }
    if (!standing.isActive || stream.pendingCount > CLEARING_PENDING_MAX) return
    if (!wallTrust.holds(nowMs)) return
    // Until the other side's entries are here, this side's may be the older ones.
    if (view === undefined || onlyGroup(view).merge.length > 0) return
    const isSyncing = onlyGroup(view).masters.some(({ inSync }) => !inSync)
    if (this.#syncing?.view !== view) this.#syncing = { view, deletes: 0 }
    const { deletes } = this.#syncing
    const countMax = isSyncing ? Math.min(EXPIRY_BATCH, EXPIRY_SYNCING_MAX - deletes) : EXPIRY_BATCH
    if (countMax <= 0) return
    for (const due of this.#expired(countMax, nowMs)) {
      // A newer write is on its way: this entry is over anyway, or about to be.
      if (stream.newestOn(due.key) !== undefined) continue
      if (isSyncing) this.#syncing.deletes++
      this.#delete(due, nowMs)
    }
  }

  /**
   * The end of an entry is no write. Its delete is newer than that entry and than nothing else: what
   * another side of a split wrote since is not lost to it, and all sides end it by the same version.
   */
  #delete(ended: { key: string; version: Version }, nowMs: number): void {
    const { key } = ended
    const entry: Entry = {
      key,
      version: this.#rules.expiryYieldsToWrites
        ? versionJustAbove(ended.version)
        : this.#parts.self.nextVersion(nowMs),
      expiresAtMs: undefined,
      requestId: NO_REQUEST,
      content: { kind: 'tombstone' },
    }
    // If this node stops being primary first, the entry is still due at the next one.
    this.#parts.stream.append({ entry, write: undefined }, () => {})
  }

  /** Entries that are stored and expired, the next few of them. */
  #expired(countMax: number, nowMs: number): readonly { key: string; version: Version }[] {
    const { store, self } = this.#parts
    const { entries, end } = store.due({
      kind: 'expiring',
      upToMs: self.wallMs(nowMs),
      after: this.#after,
      entriesMax: countMax,
    })
    this.#after = end
    return entries
  }

  /** The code without the rule. */
  #removeAlone(nowMs: number): void {
    if (this.#parts.standing.mastership === undefined) return
    const changes = this.#expired(EXPIRY_BATCH, nowMs).map(
      ({ key }) => ({ kind: 'remove', key }) as const,
    )
    if (changes.length > 0) this.#out.store(changes, () => {})
  }
}
