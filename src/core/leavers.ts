// Nodes that stop in order: who of them stays a master until a successor is in sync, and who leaves
// the roster. Pure functions over promises and views.
import { MASTERS_PER_GROUP } from './limits.ts'
import type { Member } from './members.ts'
import type { NodePromise } from './messages.ts'
import type { Ballot, Master, NodeId, View } from './types.ts'
import { contains, isHolder, isSyncingMaster } from './view.ts'

/**
 * The masters that stay, of those that could: as many as there are places, in-sync ones first. One
 * that leaves has no place, and stays beside them while one of them is still syncing.
 */
export function placesFor(
  masters: readonly Master[],
  about: { me: NodeId; isLeaving: (id: NodeId) => boolean; successor: NodeId | undefined },
): Master[] {
  const { me, isLeaving, successor } = about
  const staying = masters.filter((m) => !isLeaving(m.id))
  const first = staying.filter((m) => m.id === me)
  const others = staying.filter((m) => m.id !== me)
  const ordered = [...first, ...others.filter((m) => m.inSync), ...others.filter((m) => !m.inSync)]
  const placed = ordered.slice(0, MASTERS_PER_GROUP)
  placed.push(...ordered.slice(MASTERS_PER_GROUP).filter((m) => m.id === successor))
  const isWaiting = placed.some((m) => !m.inSync)
  const kept = masters.filter(
    (m) => placed.includes(m) || m.id === me || (isWaiting && m.inSync && isLeaving(m.id)),
  )
  return kept.sort((a, b) => Number(b.id === me) - Number(a.id === me))
}

/** A promiser that stops, and of which the view has everything: the roster does without it. */
export function mayLeaveRoster(id: NodeId, promise: NodePromise, view: View): boolean {
  const { state, isLeaving, isPartEmpty } = promise
  if (!isLeaving || state.owed.length > 0) return false
  if (state.view === undefined || contains(view, state.view.ballot)) return true
  return !isHolder(state.view, id) && (isPartEmpty || !isSyncingMaster(state.view, id))
}

/** It said goodbye, and held nothing that anybody could have to fetch from it. */
export function hasDeparted(member: Member): boolean {
  // A syncing master names no lineage, and may be the last who has the writes of its view.
  const { phase, beat } = member
  return phase === 'left' && beat?.lineages.length === 0 && beat.master === undefined
}

/** Those of these members. */
export function departedOf(members: Iterable<Member>): Set<NodeId> {
  return new Set([...members].filter(hasDeparted).map((m) => m.id))
}

/**
 * A node that was given up, and holds writes that the view does not have: others may have removed
 * deletes since that these writes are older than, so nothing of it is taken back.
 */
export function mustStayOut(
  id: NodeId,
  lineages: readonly Ballot[],
  view: View | undefined,
): boolean {
  if (view === undefined || !view.forgotten.includes(id)) return false
  return lineages.some((ballot) => !contains(view, ballot))
}

export function isLeaving(member: Member | undefined): boolean {
  return member?.beat?.phase === 'leaving'
}
