// What a syncing master holds of a lineage: the entries that came since it began to sync. Named, and put
// as a view that can be owed and merged like any other. Pure functions; decides nothing.
import { keyHash } from './key-hash.ts'
import type { Ballot, NodeId, Part, Version, View } from './types.ts'
import { formatBallot, onlyGroup } from './view.ts'
import { VERSION_ZERO } from './version.ts'

/** The name of a node's part of a view. No node proposes under it; anybody can work it out. */
export function partName(ballot: Ballot, id: NodeId): Ballot {
  return { epoch: ballot.epoch, proposer: keyHash(`part ${formatBallot(ballot)} ${id}`) }
}

export function isPart(of: { readonly partOf: readonly Ballot[] }): boolean {
  return of.partOf.length > 0
}

/** A syncing master's part of a view, as the view that it owes. Its history is its name alone. */
export function partOfView(view: View, id: NodeId, { since }: Part): View {
  const { masters, history } = onlyGroup(view)
  const ballot = partName(view.ballot, id)
  return {
    ...view,
    ballot,
    groups: [
      {
        masters: masters.flatMap((m) => (m.id === id ? [{ ...m, inSync: true }] : [])),
        history: [ballot],
        merge: [],
      },
    ],
    start: { ...view.start, clock: since },
    partOf: history,
  }
}

/** Whether nothing of a part has come yet, where this is the highest version stored. */
export function isEmpty({ since, isWhole }: Part, highest: Version): boolean {
  return isWhole && highest <= since
}

/** What is owed of a view begins above this version: all of a view as a whole. */
export function owedSince(owed: View): Version {
  return isPart(owed) ? owed.start.clock : VERSION_ZERO
}
