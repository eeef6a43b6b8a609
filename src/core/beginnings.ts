// Where the views that this node has accepted begin, and so where two sides of a split parted.
// What a side stamped after its own first view, the other side cannot have had.
import { isInLineage } from './lineages.ts'
import type { Ballot, Lineage, Version, View } from './types.ts'
import { formatBallot, onlyGroup, sameBallot } from './view.ts'

export class Beginnings {
  readonly #starts = new Map<string, Version>()
  /** By lineage of the present view's merge list: where it parted from ours, as its holder knows it. */
  readonly #told = new Map<string, Version>()
  #view: View | undefined

  /** A view that this node has accepted, and what it owes then. A restart forgets those between. */
  follow(view: View, owed: readonly View[]): void {
    const held = [view, ...owed]
    const isKnown = new Set(held.flatMap((it) => onlyGroup(it).history).map(formatBallot))
    for (const name of this.#starts.keys()) if (!isKnown.has(name)) this.#starts.delete(name)
    for (const it of held) this.#starts.set(formatBallot(it.ballot), it.start.clock)
    const isListed = new Set(onlyGroup(view).merge.map((it) => formatBallot(it.ballot)))
    for (const name of this.#told.keys()) if (!isListed.has(name)) this.#told.delete(name)
    this.#view = view
  }

  /** What a holder says of its lineage. */
  tell(lineage: Ballot, begun: Version): void {
    this.#told.set(formatBallot(lineage), begun)
  }

  /** Where the owed lineage begins to differ from the view that this node follows. */
  ofOwed(owed: View): Version {
    const ours = this.#view === undefined ? [] : onlyGroup(this.#view).history
    const apart = onlyGroup(owed).history.filter((b) => !ours.some((it) => sameBallot(it, b)))
    return this.#earliest(apart) ?? owed.start.clock
  }

  /** The earliest start, on either side, of a view that the other one does not have. */
  splitFrom(lineage: Lineage): Version | undefined {
    const ours = this.#view === undefined ? [] : onlyGroup(this.#view).history
    const apart = ours.filter((b) => !isInLineage(lineage, b) && !isPast(lineage, b))
    const [mine, theirs] = [this.#earliest(apart), this.#told.get(formatBallot(lineage.ballot))]
    return mine === undefined || (theirs !== undefined && theirs < mine) ? theirs : mine
  }

  #earliest(ballots: readonly Ballot[]): Version | undefined {
    const starts = ballots.flatMap((ballot) => this.#starts.get(formatBallot(ballot)) ?? [])
    return starts.reduce<Version | undefined>(
      (a, b) => (a !== undefined && a < b ? a : b),
      undefined,
    )
  }
}

/** Whether a part began after this view, and so not without it. */
function isPast({ partOf }: Lineage, ballot: Ballot): boolean {
  return partOf.some((earlier) => sameBallot(earlier, ballot))
}
