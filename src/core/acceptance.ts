// Whether a proposed view has been accepted by all it needs, so that its proposer may act by it.
// A pure function; sends nothing.
import { isMajority } from './quorum.ts'
import type { NodePromise } from './messages.ts'
import { isForcedBeginning } from './remains.ts'
import type { Rules } from './rules.ts'
import type { ClusterSettings } from './settings.ts'
import type { NodeId, View } from './types.ts'
import { inRoster, onlyGroup } from './view.ts'

export interface Proposed {
  readonly promises: ReadonlyMap<NodeId, NodePromise>
  readonly accepted: ReadonlySet<NodeId>
  /** Nodes that the proposer counts on to answer, itself included. */
  readonly heardCount: number
  /** Majority mode: more than half of each of these lists. */
  readonly voterLists: readonly (readonly NodeId[])[]
}

export function isAccepted(
  proposed: Proposed,
  view: View,
  setUp: { settings: ClusterSettings; rules: Rules },
): boolean {
  const { accepted } = proposed
  if (!onlyGroup(view).masters.every((m) => accepted.has(m.id))) return false
  if (setUp.rules.leaverAcceptsFirst && !haveLeaversAccepted(proposed, view)) return false
  // What they have left is owed once they have accepted: nobody is to be overlooked.
  if (isForcedBeginning(view) && !haveAllAccepted(proposed)) return false
  if (setUp.settings.mode === 'available')
    return !setUp.rules.mostOfHeardAccept || haveMost(proposed)
  return !setUp.rules.votersAccept || haveVotersAccepted(proposed, view)
}

/**
 * More than half promised, and then perhaps to a higher proposal as well, which knows nothing of this
 * view: only one of the two is accepted by more than half.
 */
function haveMost({ accepted, heardCount }: Proposed): boolean {
  return 2 * accepted.size > heardCount
}

/** Who leaves must know the view without it, or it could go on from the one before. */
function haveLeaversAccepted({ promises, accepted }: Proposed, view: View): boolean {
  return [...promises].every(
    ([id, promise]) => !promise.isLeaving || accepted.has(id) || inRoster(view, id),
  )
}

/** The first view needs everybody who promised: nobody else may found another one beside it. */
function haveVotersAccepted(proposed: Proposed, view: View): boolean {
  const { accepted, voterLists } = proposed
  if (onlyGroup(view).history.length === 1) return haveAllAccepted(proposed)
  return voterLists.every((list) => isMajority(list, (id) => accepted.has(id)))
}

function haveAllAccepted({ promises, accepted }: Proposed): boolean {
  return [...promises.keys()].every((id) => accepted.has(id))
}
