// Who belongs to the cluster after a view: who promised, who is kept, who leaves or is given up.
// Pure functions over promises and views.
import { mayLeaveRoster } from './leavers.ts'
import { FORGOTTEN_MAX, NODES_MAX } from './limits.ts'
import { isInHistory, reportedViews, type Told } from './lineages.ts'
import type { NodePromise } from './messages.ts'
import { isGivenUp } from './remains.ts'
import type { NodeAt, NodeId, View } from './types.ts'
import { isHolder, onlyGroup } from './view.ts'
import type { Wish } from './wishes.ts'

type Promises = ReadonlyMap<NodeId, NodePromise>

/** A node with a new id at an old address has taken the place of the one that was there. */
export function joinRosters(old: readonly NodeAt[], promises: Promises): readonly NodeAt[] {
  const taken = new Set([...promises.values()].map((promise) => promise.address))
  const kept = old.filter((node) => promises.has(node.id) || !taken.has(node.address))
  const roster = new Map(kept.slice(0, NODES_MAX).map((node) => [node.id, node]))
  for (const [id, { address, isWitness }] of promises) {
    if (roster.has(id) || roster.size < NODES_MAX) roster.set(id, { id, address, isWitness })
  }
  return [...roster.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/**
 * Holders, none of whom is here, of what another side acknowledged. They may be in no roster of this side:
 * one that left it came back on the other. As members they are known to be away with something.
 */
export function holdersAway(base: View, told: Told): readonly NodeAt[] {
  if (!told.rules.holdersAwayAreMembers) return []
  const { history } = onlyGroup(base)
  return reportedViews(told.promises)
    .filter(({ view, holders }) => holders.length === 0 && !isGivenUp(view, base))
    .filter(({ view }) => !isInHistory(view, history, told))
    .flatMap(({ view }) => view.roster.filter(({ id }) => isHolder(view, id)))
    .filter(({ id }) => !base.forgotten.includes(id))
}

/** The roster of a view without those who stop in order, have left or are given up; never a master. */
export function rosterOf(
  view: View,
  about: {
    readonly promises: Promises
    readonly departed: ReadonlySet<NodeId>
    /** Whoever said goodbye came to hold this afterwards, elsewhere. */
    readonly away: readonly NodeAt[]
    readonly wish: Wish | undefined
  },
): readonly NodeAt[] {
  const { promises, departed, away, wish } = about
  const isDropped = (id: NodeId): boolean => {
    if (onlyGroup(view).masters.some((m) => m.id === id)) return false
    const promise = promises.get(id)
    if (promise !== undefined) return mayLeaveRoster(id, promise, view)
    if (wish?.kind === 'forget' && wish.id === id) return true
    return departed.has(id) && !away.some((node) => node.id === id)
  }
  return view.roster.filter(({ id }) => !isDropped(id))
}

/** Nodes that were given up, the last of them. */
export function forgottenAfter(
  before: readonly NodeId[],
  wish: Wish | undefined,
): readonly NodeId[] {
  if (wish?.kind !== 'forget' || before.includes(wish.id)) return before
  return [...before, wish.id].slice(-FORGOTTEN_MAX)
}
