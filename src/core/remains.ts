// What a node has left when every holder of the newest data is lost: its whole store, under a name of
// its own, owed to the view that was forced. Pure functions over views.
import { keyHash } from './key-hash.ts'
import { HISTORY_MAX } from './limits.ts'
import type { NodePromise } from './messages.ts'
import type { Rules } from './rules.ts'
import { VERSION_ZERO } from './version.ts'
import type { Ballot, Lineage, NodeId, View } from './types.ts'
import { contains, formatBallot, onlyGroup, sameBallot } from './view.ts'

/** A view that an operator forced: a new beginning, of which nothing is known but itself. */
export function isForcedBeginning(view: View): boolean {
  return view.isUnclean && onlyGroup(view).history.length === 1
}

/** Names what a node had left when a view was forced. No node proposes under it. */
export function remainsName(forced: Ballot, id: NodeId): Ballot {
  return { epoch: forced.epoch, proposer: keyHash(`remains ${formatBallot(forced)} ${id}`) }
}

/** What the proposer of a forced view has to bring in: all that the others who promised have. */
function remainsOf(forced: Ballot, promises: ReadonlyMap<NodeId, NodePromise>): readonly Lineage[] {
  return [...promises.keys()]
    .filter((id) => id !== forced.proposer)
    .map((id) => {
      const ballot = remainsName(forced, id)
      return { ballot, holders: [id], history: [ballot], partOf: [ballot] }
    })
}

/**
 * A founding view made to follow one whose holders are lost. Its history claims nothing of what was
 * before: a lost holder that returns after all is another side of a split, and is merged.
 */
export function forcedView(
  founding: View,
  about: { lost: View; promises: ReadonlyMap<NodeId, NodePromise>; rules: Rules },
): View {
  const { lost, promises, rules } = about
  const { masters, history } = onlyGroup(founding)
  const claimed = rules.uncleanDoesNotClaimTheDead ? [] : onlyGroup(lost).history
  const merge = rules.remainsAreMerged ? remainsOf(founding.ballot, promises) : []
  return {
    ...founding,
    forgotten: lost.forgotten,
    groups: [{ masters, history: [...claimed, ...history].slice(-HISTORY_MAX), merge }],
    isUnclean: true,
  }
}

/** What this node owes once it accepts the view, if the view asks for what it has left. */
export function remainsOwed(view: View, me: NodeId): View | undefined {
  const { history, merge } = onlyGroup(view)
  const asked = merge.filter((lineage) => isRemains(lineage) && lineage.holders.includes(me))
  const isMine = (ballot: Ballot): boolean =>
    history.some((forced) => sameBallot(remainsName(forced, me), ballot))
  const ballot = asked.map((lineage) => lineage.ballot).find(isMine)
  if (ballot === undefined) return undefined
  return {
    ...view,
    ballot,
    groups: [{ masters: [{ id: me, incarnation: 0, inSync: true }], history: [ballot], merge: [] }],
    // All that is stored here.
    start: { ...view.start, clock: VERSION_ZERO },
    partOf: [ballot],
  }
}

/** A part of nothing but itself: what a node had left. */
export function isRemains({ ballot, partOf }: Pick<Lineage, 'ballot' | 'partOf'>): boolean {
  return partOf.some((whole) => sameBallot(whole, ballot))
}

/**
 * An operator had the cluster go on without it: it has nothing in common with what was begun then. Such
 * a beginning may have been accepted here and there only, and views built on it too.
 */
export function isGivenUp(view: View, base: View | undefined): boolean {
  if (base === undefined || !base.isUnclean) return false
  return !onlyGroup(base).history.some((ballot) => contains(view, ballot))
}
