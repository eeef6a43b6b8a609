// Who belongs to the cluster after a view: who promised, who is kept, who leaves or is given up.
// Pure functions over promises and views.
import { mayLeaveRoster } from './leavers.ts'
import { FORGOTTEN_MAX, NODES_MAX } from './limits.ts'
import type { NodePromise } from './messages.ts'
import type { NodeAt, NodeId, View } from './types.ts'
import { onlyGroup } from './view.ts'
import type { Wish } from './wishes.ts'

type Promises = ReadonlyMap<NodeId, NodePromise>

/** A node with a new id at an old address has taken the place of the one that was there. */
export function joinRosters(old: readonly NodeAt[], promises: Promises): readonly NodeAt[] {
  const taken = new Set([...promises.values()].map((promise) => promise.address))
  const kept = old.filter((node) => promises.has(node.id) || !taken.has(node.address))
  const roster = new Map(kept.map((node) => [node.id, node]))
  for (const [id, { address, isWitness }] of promises) {
    if (roster.has(id) || roster.size < NODES_MAX) roster.set(id, { id, address, isWitness })
  }
  return [...roster.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** The roster of a view without those who stop in order, have left or are given up; never a master. */
export function rosterOf(
  view: View,
  about: {
    readonly promises: Promises
    readonly departed: ReadonlySet<NodeId>
    readonly wish: Wish | undefined
  },
): readonly NodeAt[] {
  const { promises, departed, wish } = about
  const isDropped = (id: NodeId): boolean => {
    if (onlyGroup(view).masters.some((m) => m.id === id)) return false
    const promise = promises.get(id)
    if (promise !== undefined) return mayLeaveRoster(id, promise, view)
    return departed.has(id) || (wish?.kind === 'forget' && wish.id === id)
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
