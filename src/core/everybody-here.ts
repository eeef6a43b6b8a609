// Whether nobody can be holding acknowledged writes that this view's masters lack. A pure function over
// what this node has heard; decides nothing.
import type { Members } from './members.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { View } from './types.ts'
import { compareBallots, contains, onlyGroup, sameBallot } from './view.ts'

export interface EverybodyParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
}

/**
 * Whoever could hold what was acknowledged before this view, and is not in it, would be a node that is
 * away, that follows another view, or that owes. There is none: every node of the roster says now
 * that it is in this view, all masters are in sync, nobody owes anything.
 */
export function isEverybodyHere({ self, standing, members }: EverybodyParts, view: View): boolean {
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
