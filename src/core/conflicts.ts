// Keys that both sides of a split wrote: which write lost, kept for whoever wants it back.
// Bounded, and kept in the store by whoever is told of the changes; the data itself is not its business.
import { CONFLICTS_MAX } from './limits.ts'
import { isInLineage } from './lineages.ts'
import type { StoreChange } from './step.ts'
import { valueBytes } from './travel.ts'
import type { Ballot, Entry, Lineage, Version, View } from './types.ts'
import { formatBallot, onlyGroup, sameBallot } from './view.ts'

/** A write that lost against one of another side. */
export interface Conflict {
  readonly key: string
  readonly winner: Version
  readonly loser: Entry
  /** The view of the other side whose data was being merged. */
  readonly lineage: Ballot
  /** Wall clock of the primary that merged. */
  readonly atMs: number
}

export class Conflicts {
  readonly #byKey = new Map<string, Conflict>()
  /** Where the views that this node has accepted begin. */
  readonly #starts = new Map<string, Version>()
  #view: View | undefined
  #bytes = 0
  #total = 0
  readonly #onChange: (changes: readonly StoreChange[]) => void

  /** `kept`: as the store has them, oldest first. `onChange` is told what the store must follow. */
  constructor(kept: readonly Conflict[], onChange: (changes: readonly StoreChange[]) => void) {
    this.#onChange = onChange
    for (const conflict of kept) {
      this.#byKey.set(conflict.key, conflict)
      this.#bytes += valueBytes(conflict.loser)
    }
    this.#total = this.#byKey.size
  }

  /** Conflicts seen since the start, and those kept from before; also what is no longer kept. */
  get total(): number {
    return this.#total
  }

  /** Those kept, oldest first; of each key the last. */
  list(): Conflict[] {
    return [...this.#byKey.values()]
  }

  get(key: string): Conflict | undefined {
    return this.#byKey.get(key)
  }

  /** A view that this node has accepted: what is stamped from here on is newer than it. */
  follow(view: View): void {
    const inHistory = new Set(onlyGroup(view).history.map(formatBallot))
    for (const name of this.#starts.keys()) if (!inHistory.has(name)) this.#starts.delete(name)
    this.#starts.set(formatBallot(view.ballot), view.start.clock)
    this.#view = view
  }

  /** Whether a version was written after this side and a lineage parted, as far as is known here. */
  isSince(version: Version, lineage: Lineage): boolean {
    const split = this.#splitFrom(lineage)
    return split !== undefined && version > split
  }

  /** Counts and keeps a lost write, if both were written since the split. Returns whether they were. */
  add(about: { lineage: Lineage; winner: Version; loser: Entry; wallMs: number }): boolean {
    const { lineage, winner, loser, wallMs } = about
    if (!this.isSince(loser.version, lineage)) return false
    const { key } = loser
    const known = this.#byKey.get(key)
    if (known?.loser.version === loser.version) return false
    this.#total++
    this.#forget(key)
    const bytes = valueBytes(loser)
    if (bytes > CONFLICTS_MAX.bytes) {
      this.#onChange([{ kind: 'dropConflict', key }])
      return true
    }
    const conflict = { key, winner, loser, lineage: lineage.ballot, atMs: wallMs }
    this.#byKey.set(key, conflict)
    this.#bytes += bytes
    const changes: StoreChange[] = [{ kind: 'keepConflict', conflict }]
    for (const oldest of this.#byKey.keys()) {
      if (this.#byKey.size <= CONFLICTS_MAX.count && this.#bytes <= CONFLICTS_MAX.bytes) break
      this.#forget(oldest)
      changes.push({ kind: 'dropConflict', key: oldest })
    }
    this.#onChange(changes)
    return true
  }

  #forget(key: string): void {
    const known = this.#byKey.get(key)
    if (known === undefined) return
    this.#bytes -= valueBytes(known.loser)
    this.#byKey.delete(key)
  }

  /** The earliest start of a view of this side that the other one does not have. */
  #splitFrom(lineage: Lineage): Version | undefined {
    const own = this.#view === undefined ? [] : onlyGroup(this.#view).history
    const starts = own.flatMap((ballot) =>
      isInLineage(lineage, ballot) || isPast(lineage, ballot)
        ? []
        : (this.#starts.get(formatBallot(ballot)) ?? []),
    )
    return starts.reduce<Version | undefined>(
      (a, b) => (a === undefined || b < a ? b : a),
      undefined,
    )
  }
}

/** Whether a part began after this view, and so not without it. */
function isPast({ partOf }: Lineage, ballot: Ballot): boolean {
  return partOf.some((earlier) => sameBallot(earlier, ballot))
}
