// Why no view can come of a proposal, by whom this node has in sight: too few voters, too few nodes for
// the copies a write needs, or only nodes of a release too far from its own. Looks only; a promise for
// nothing would fence this node.
import type { Candidates } from './candidates.ts'
import { tooFewNodes } from './no-view.ts'
import type { Members } from './members.ts'
import { whyNoQuorum } from './quorum.ts'
import type { Self } from './self.ts'
import type { ClusterSettings } from './settings.ts'
import type { Standing } from './standing.ts'
import type { Rules } from './rules.ts'
import { minCopies, onlyGroup } from './view.ts'

export function whyHopeless(
  parts: { self: Self; members: Members; standing: Standing; candidates: Candidates },
  settings: ClusterSettings,
): string | undefined {
  return whyAlone(parts) ?? whyTooFew(parts, settings)
}

/**
 * A node whose own release is nowhere in sight founds nothing beside a cluster of another release:
 * clients of that cluster would write into two. That cluster need not act: between two views nobody does.
 * Of those that are about to found their first cluster the greater number goes on. Whoever acts already
 * goes on too.
 */
function whyAlone(parts: {
  members: Members
  standing: Standing
  candidates: Candidates
}): string | undefined {
  const { members, standing, candidates } = parts
  const alive = members.alive()
  if (standing.isActive) return undefined
  const far = alive.filter((m) => candidates.isTooFar(m))
  const near = alive.length - far.length + 1
  if (standing.view === undefined && far.length > near) {
    return (
      `${far.length} nodes in sight run a release that is too far from the one of this node, more than ` +
      `the ${near} of its own: give all nodes the same release`
    )
  }
  const member = far.find((m) => m.beat?.phase === 'member')
  if (near > 1 || member === undefined) return undefined
  return `the cluster at ${member.address} runs a release that is too far from the one of this node: upgrade in smaller steps`
}

function whyTooFew(
  parts: { self: Self; members: Members; standing: Standing },
  settings: ClusterSettings,
): string | undefined {
  const { self, members, standing } = parts
  const view = standing.route
  const alive = members.alive()
  const about = { settings, view, hereCount: alive.length + 1 }
  const reason = whyNoQuorum(about, (id) => id === self.id || members.isAlive(id))
  if (reason !== undefined) return reason
  const roster = view?.roster ?? []
  const here = 1 + alive.filter((m) => m.beat?.isWitness !== true).length
  const needed = minCopies(settings, roster)
  if (here >= needed) return undefined
  return tooFewNodes({ here, known: Math.max(here, roster.length), needed })
}

/**
 * Whether this node, as primary, lost another master and cannot have a view without it. Others may
 * hear it all the same, over a cable that carries one way only: they have to do without it.
 */
export function isStranded(
  parts: { self: Self; members: Members; standing: Standing },
  settings: ClusterSettings,
  rules: Rules,
): boolean {
  const { view } = parts.standing
  if (!rules.strandedPrimarySaysSo || view === undefined) return false
  const isShort = onlyGroup(view).masters.some((master) => parts.members.isAway(master.id))
  return isShort && whyTooFew(parts, settings) !== undefined
}
