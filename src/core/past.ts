// What a view says of the past: which views' acknowledged writes it has, and which it must bring in.
// Pure functions over promises. Which view goes on is choose.ts' business.
import type { ChooseInput } from './choose.ts'
import { HISTORY_CLAIMS_MAX, HISTORY_MAX, MERGE_MAX } from './limits.ts'
import { isInHistory, isInLineage, lineageOf, type Reported } from './lineages.ts'
import { isPart } from './syncing-part.ts'
import type { Ballot, Lineage, View } from './types.ts'
import { formatBallot, onlyGroup, sameBallot } from './view.ts'

export interface Past {
  /** Without the ballot of the view to come. */
  readonly history: readonly Ballot[]
  readonly merge: readonly Lineage[]
}

/** Whose acknowledged writes the new view has, and whose it must still bring in. */
export function pastOf(
  input: ChooseInput,
  base: View | undefined,
  others: readonly Reported[],
): Past {
  if (base === undefined) return { history: [], merge: [] }
  const { history: own, merge: listed } = onlyGroup(base)
  const isMerged = (lineage: Lineage): boolean =>
    input.merged.some((ballot) => sameBallot(ballot, lineage.ballot))
  const brought = [
    ...listed.filter(isMerged),
    // Without the rule the other side's writes count as brought in, and nobody looks for them.
    ...(input.rules.mergeForks ? [] : others.map(lineageOf)),
  ].flatMap((lineage) => lineage.history)
  const history = withClaims(own, [...brought, ...emptyDebts(input, own)])
  const isForgotten = (it: Reported): boolean =>
    it.holders.every((id) => base.forgotten.includes(id))
  const here = others
    .filter((it) => !isInHistory(it.view, history, input) && !(isPart(it.view) && isForgotten(it)))
    .map(lineageOf)
  const isHere = (lineage: Lineage): boolean => here.some((it) => isInLineage(it, lineage.ballot))
  const kept = listed.filter(
    (lineage) => !isMerged(lineage) && !isHere(lineage) && !lineage.holders.every(input.isGone),
  )
  const isIn = (lineage: Lineage): boolean =>
    history.some((ballot) => sameBallot(ballot, lineage.ballot))
  return {
    history,
    merge: [...here, ...kept.filter((lineage) => !isIn(lineage))].slice(
      0,
      // A forced view may list more.
      Math.max(MERGE_MAX, listed.length),
    ),
  }
}

/**
 * What is claimed stands before the chain of views that this one ends: the last ballots of a history
 * tell whose data a node holds when its own last views never acted. The oldest views make room.
 */
function withClaims(own: readonly Ballot[], claimed: readonly Ballot[]): readonly Ballot[] {
  const fresh = new Map(claimed.map((ballot) => [formatBallot(ballot), ballot]))
  for (const ballot of own) fresh.delete(formatBallot(ballot))
  const added = [...fresh.values()].slice(-HISTORY_CLAIMS_MAX)
  return [...added, ...own.slice(-(HISTORY_MAX - 1 - added.length))]
}

/**
 * Debts with nothing in them: views that never acted, on top of what the base has. Their holder
 * cannot know that, and is told by the history.
 */
function emptyDebts(input: ChooseInput, own: readonly Ballot[]): Ballot[] {
  const owed = [...input.promises.values()].flatMap(({ state }) => state.owed)
  return owed.filter((view) => isInHistory(view, own, input)).map((view) => view.ballot)
}
