// Majority mode: whose promises and acceptances a view needs. Pure arithmetic over lists of voters.
// Any two majorities of a list share a node; so do those of two lists that differ by one node.
import type { NodePromise } from './messages.ts'
import type { ClusterSettings } from './settings.ts'
import type { NodeAt, NodeId, View } from './types.ts'
import { ballotOf, compareBallots, onlyGroup } from './view.ts'
import type { Wish } from './wishes.ts'

type Promises = ReadonlyMap<NodeId, NodePromise>

/** More than half of the list. A list without anybody asks for nothing. */
export function isMajority(voters: readonly NodeId[], agrees: (id: NodeId) => boolean): boolean {
  return voters.length === 0 || 2 * voters.filter(agrees).length > voters.length
}

/** The fewest that are more than half. */
export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1
}

/**
 * Whether a view may ever have been active, by what these nodes have promised: each of its masters,
 * and more than half of its voters, must have accepted it, and whoever promised later never will.
 */
export function canHaveActed(view: View, promises: Promises): boolean {
  const refused = (id: NodeId): boolean => {
    const promise = promises.get(id)
    return promise !== undefined && compareBallots(ballotOf(promise.state.view), view.ballot) < 0
  }
  if (onlyGroup(view).masters.some((m) => refused(m.id))) return false
  return isMajority(view.voters, (id) => !refused(id))
}

/** The voters of a cluster that is founded: its proposer, then witnesses, then the best candidates. */
export function founders(about: {
  me: NodeId
  promises: Promises
  candidates: readonly NodeId[]
  count: number
}): readonly NodeId[] {
  const { me, promises, candidates, count } = about
  const here = [...promises.keys()].sort()
  const witnesses = here.filter((id) => promises.get(id)?.isWitness === true)
  const best = candidates.filter((id) => promises.has(id))
  return [...new Set([me, ...witnesses, ...best, ...here])].slice(0, count).sort()
}

/** The list after an operator's wish: one node more, or one less. */
export function votersAfter(voters: readonly NodeId[], wish: Wish | undefined): readonly NodeId[] {
  if (wish?.kind === 'addVoter' && !voters.includes(wish.id)) return [...voters, wish.id].sort()
  if (wish?.kind === 'removeVoter') return voters.filter((id) => id !== wish.id)
  return voters
}

/** Why nothing can be agreed on while only these nodes are here; undefined: it can. */
export function whyNoQuorum(
  about: { settings: ClusterSettings; view: View | undefined; hereCount: number },
  isHere: (id: NodeId) => boolean,
): string | undefined {
  const { settings, view, hereCount } = about
  if (settings.mode !== 'majority') return undefined
  if (view === undefined) {
    const { voters } = settings
    if (hereCount >= voters) return undefined
    return `${hereCount} of ${voters} voters ${are(hereCount)} here: start the others`
  }
  if (isMajority(view.voters, isHere)) return undefined
  return tooFewVoters(view.voters, view.roster, isHere)
}

/** What to do when too few voters are here. */
export function tooFewVoters(
  voters: readonly NodeId[],
  roster: readonly NodeAt[],
  isHere: (id: NodeId) => boolean,
): string {
  const count = voters.filter(isHere).length
  const nameOf = (id: NodeId) => roster.find((n) => n.id === id)?.address ?? id
  const missing = voters.filter((id) => !isHere(id)).map(nameOf)
  return (
    `${count} of ${voters.length} voters ${are(count)} here, and ${majorityOf(voters.length)} must ` +
    `agree: bring back ${missing.join(' or ')}`
  )
}

function are(count: number): string {
  return count === 1 ? 'is' : 'are'
}
