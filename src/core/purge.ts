// The primary takes old tombstones out of the cluster, on every master at one place of the stream.
// Only while nobody can be holding what the tombstone hides: see #isEverybodyHere.
import { CLEARING_PENDING_MAX, PURGE_BATCH } from './limits.ts'
import type { Members } from './members.ts'
import type { DuePlace, EntryReader } from './ports.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { Stream } from './stream.ts'
import type { View } from './types.ts'
import { compareBallots, contains, onlyGroup, sameBallot } from './view.ts'
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
    if (!this.#isEverybodyHere(view) && this.#rules.purgeOnlyWhenAllPresent) return
    const { entries, end } = store.due({
      kind: 'tombstone',
      upToMs: self.wallMs(nowMs) - this.#tombstoneTtlMs,
      after: this.#after,
      entriesMax: PURGE_BATCH,
    })
    this.#after = end
    for (const { key, version } of entries) {
      if (!stream.isBusy(key)) stream.purge({ key, version }, nowMs)
    }
  }

  /**
   * Whoever could bring back what a tombstone hides would be a node that is away, that follows
   * another view, or that holds writes which this view does not contain. There is none: every node
   * of the roster says now that it is in this view, all masters are in sync, nobody owes anything.
   */
  #isEverybodyHere(view: View): boolean {
    const { standing, members, self } = this.#parts
    const { masters, merge } = onlyGroup(view)
    if (merge.length > 0 || standing.state.owed.length > 0) return false
    if (!masters.every(({ inSync }) => inSync)) return false
    const isHere = view.roster.every(({ id }) => {
      const member = members.get(id)
      if (id === self.id) return true
      if (member?.beat === undefined || member.phase !== 'alive') return false
      const { ballot, promised } = member.beat
      return sameBallot(ballot, view.ballot) && compareBallots(promised, ballot) <= 0
    })
    // Also those who are outside the roster, as far as they are heard.
    const all = [...members.all()]
    return isHere && all.every((m) => m.beat?.lineages.every((b) => contains(view, b)) ?? true)
  }
}
