// Questions about ballots and views. Pure functions over plain data; decides nothing.
import type { Ballot, DurableState, Group, Master, NodeAt, NodeId, View } from './types.ts'
import type { ClusterSettings } from './settings.ts'

/** Below every ballot: "no view yet". */
export const BALLOT_ZERO: Ballot = { epoch: 0, proposer: '0'.repeat(16) }

/** What a node knows that never saw a cluster. */
export const STATE_ZERO: DurableState = {
  promised: BALLOT_ZERO,
  view: undefined,
  activated: BALLOT_ZERO,
  owed: [],
  part: undefined,
}

/** Negative, zero or positive, as a is below, equal to or above b. */
export function compareBallots(a: Ballot, b: Ballot): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch
  return a.proposer < b.proposer ? -1 : a.proposer > b.proposer ? 1 : 0
}

export function sameBallot(a: Ballot, b: Ballot): boolean {
  return a.epoch === b.epoch && a.proposer === b.proposer
}

/** `"<epoch>.<node id>"`. */
export function formatBallot(ballot: Ballot): string {
  return `${ballot.epoch}.${ballot.proposer}`
}

export function ballotOf(view: View | undefined): Ballot {
  return view?.ballot ?? BALLOT_ZERO
}

/** The group that owns a key. Ring mode will have many; today one group owns every key. */
export function groupOf(view: View, _key: string): Group {
  return onlyGroup(view)
}

/** The masters of a key, primary first. */
export function owners(view: View, key: string): readonly Master[] {
  return groupOf(view, key).masters
}

/** The group of a view that has one. */
export function onlyGroup(view: View): Group {
  const group = view.groups[0]
  if (group === undefined) throw new Error('bug: a view has at least one group')
  return group
}

/** The primary of a view with one group. */
export function primaryOf(view: View): Master {
  const master = onlyGroup(view).masters[0]
  if (master === undefined) throw new Error('bug: a view has at least one master')
  return master
}

/** A node's mastership in a view, in this life of the node. */
export function mastershipOf(
  view: View | undefined,
  node: { readonly id: NodeId; readonly incarnation: number },
): Master | undefined {
  if (view === undefined) return undefined
  return onlyGroup(view).masters.find((m) => m.id === node.id && m.incarnation === node.incarnation)
}

/** A holder of a view has every write acknowledged in it on its disk, whatever life it is in now. */
export function isHolder(view: View, id: NodeId): boolean {
  return onlyGroup(view).masters.some((m) => m.id === id && m.inSync)
}

/** A syncing master of a view, whatever life it is in now: the stream brought it every write of it. */
export function isSyncingMaster(view: View, id: NodeId): boolean {
  return onlyGroup(view).masters.some((m) => m.id === id && !m.inSync)
}

/** Whether a view's in-sync masters hold everything acknowledged under another ballot. */
export function contains(view: View, ballot: Ballot): boolean {
  return onlyGroup(view).history.some((b) => sameBallot(b, ballot))
}

/** The masters of a view for people: addresses, the primary first. */
export function describeMasters(view: View): string[] {
  return onlyGroup(view).masters.map(({ id, inSync }) => {
    const address = view.roster.find((node) => node.id === id)?.address ?? id
    return inSync ? address : `${address} (syncing)`
  })
}

export function inRoster(view: View | undefined, id: NodeId): boolean {
  return view?.roster.some((n) => n.id === id) ?? false
}

/** Copies that a write needs before it is acknowledged, in a cluster of these known nodes. */
export function minCopies(settings: ClusterSettings, roster: readonly NodeAt[]): 1 | 2 {
  if (settings.minCopies !== 'auto') return settings.minCopies
  return roster.filter((node) => !node.isWitness).length >= 3 ? 2 : 1
}
