// The primary takes old tombstones out of the cluster, on every master at one place of the stream.
// Only while nobody can be holding what the tombstone hides: see everybody-here.ts.
import { isEverybodyHere } from './everybody-here.ts'
import { CLEARING_PENDING_MAX, PURGE_BATCH } from './limits.ts'
import type { Members } from './members.ts'
import type { DuePlace, EntryReader } from './ports.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { Stream } from './stream.ts'
import type { WallTrust } from './wall-trust.ts'

export interface PurgeParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly stream: Stream
  readonly store: EntryReader
  readonly wallTrust: WallTrust
}

export class Purge {
  readonly #parts: PurgeParts
  readonly #rules: Rules
  readonly #tombstoneTtlMs: number
  #after: DuePlace | undefined

  constructor(parts: PurgeParts, setUp: { rules: Rules; tombstoneTtlMs: number }) {
    this.#parts = parts
    this.#rules = setUp.rules
    this.#tombstoneTtlMs = setUp.tombstoneTtlMs
  }

  tick(nowMs: number): void {
    const { standing, stream, store, self, wallTrust } = this.#parts
    const view = standing.view
    if (view === undefined || !standing.isActive) return
    if (stream.pendingCount > CLEARING_PENDING_MAX || !wallTrust.holds(nowMs)) return
    if (!isEverybodyHere(this.#parts, view) && this.#rules.purgeOnlyWhenAllPresent) return
    const { entries, end } = store.due({
      kind: 'tombstone',
      upToMs: self.wallMs(nowMs) - this.#tombstoneTtlMs,
      after: this.#after,
      entriesMax: PURGE_BATCH,
    })
    this.#after = end
    for (const { key, version } of entries) {
      if (!stream.isBusy(key)) stream.purge({ key, version })
    }
  }
}
