// What a node has left when every holder of the newest data is lost: its whole store, under a name of
// its own, owed to the view that was forced. Pure functions over views.
import { HISTORY_MAX } from './limits.ts'
import type { NodePromise } from './messages.ts'
import type { Rules } from './rules.ts'
import { VERSION_ZERO } from './version.ts'
import type { Ballot, Lineage, NodeId, View } from './types.ts'
import { contains, onlyGroup, sameBallot } from './view.ts'

/** A view that an operator forced: a new beginning, of which nothing is known but itself. */
export function isForcedBeginning(view: View): boolean {
  return view.isUnclean && onlyGroup(view).history.length === 1
}

/** Names what a node had when a view was forced. No node has an id that would give such a ballot. */
export function remainsName(forced: Ballot, id: NodeId): Ballot {
  const mixed = BigInt(`0x${forced.proposer}`) ^ BigInt(`0x${id}`)
  return { epoch: forced.epoch, proposer: mixed.toString(16).padStart(16, '0') }
}

/** What the proposer of a forced view has to bring in: all that the others who promised have. */
function remainsOf(forced: Ballot, promises: ReadonlyMap<NodeId, NodePromise>): readonly Lineage[] {
  return [...promises.keys()]
    .filter((id) => id !== forced.proposer)
    .map((id) => {
      const ballot = remainsName(forced, id)
      return { ballot, holders: [id], history: [ballot] }
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

/** What this node owes once it accepts the view, if the view asks for its remains. */
export function remainsOwed(view: View, me: NodeId): View | undefined {
  const lineage = onlyGroup(view).merge.find(({ ballot, holders }) => {
    // Mixed twice, the name gives the ballot of the forced view.
    return holders.includes(me) && contains(view, remainsName(ballot, me))
  })
  if (lineage === undefined) return undefined
  const { ballot } = lineage
  return {
    ...view,
    ballot,
    groups: [{ masters: [{ id: me, incarnation: 0, inSync: true }], history: [ballot], merge: [] }],
    start: { ...view.start, clock: VERSION_ZERO },
  }
}

/** Whether an owed view is a node's whole store: one of them says what all of them would. */
export function isRemains(owed: View): boolean {
  const { history } = onlyGroup(owed)
  return owed.start.clock === VERSION_ZERO && history.every((b) => sameBallot(b, owed.ballot))
}
