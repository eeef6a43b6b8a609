// What a proposer makes of the promises it got: a view, or why not. A pure function.
// Never looks at who is silent; only promises count.
import { FORGOTTEN_MAX, HISTORY_MAX, MASTERS_PER_GROUP, NODES_MAX } from './limits.ts'
import { mayLeaveRoster, placesFor } from './leavers.ts'
import type { NodePromise } from './messages.ts'
import {
  canHaveActed,
  founders,
  isMajority,
  tooFewVoters,
  votersAfter,
  whyNoQuorum,
} from './quorum.ts'
import type { Rules } from './rules.ts'
import type { ClusterSettings } from './settings.ts'
import type { Ballot, Master, NodeAt, NodeId, View, ViewStart } from './types.ts'
import type { Wish } from './wishes.ts'
import {
  ballotOf,
  BALLOT_ZERO,
  compareBallots,
  formatBallot,
  isHolder,
  minCopies,
  onlyGroup,
  primaryOf,
  sameBallot,
} from './view.ts'

export interface ChooseInput {
  readonly ballot: Ballot
  readonly me: NodeId
  /** From every node that promised, this one included. */
  readonly promises: ReadonlyMap<NodeId, NodePromise>
  /** Nodes that this one counts on to answer, itself included. */
  readonly heardCount: number
  /** Nodes that may fill a vacancy, best first. */
  readonly candidates: readonly NodeId[]
  /** Masters that said they had finished mirroring in the view named. */
  readonly hasSynced: (ballot: Ballot, id: NodeId) => boolean
  /** This node already gave the old primary the chance to go on. */
  readonly hasDeferred: boolean
  /** Where the view begins that is built on this one. */
  readonly startOn: (base: View | undefined) => ViewStart
  /** The primary asked this node to take over. */
  readonly isHandoff: boolean
  /** Nodes that left, and held nothing. */
  readonly departed: ReadonlySet<NodeId>
  /** What an operator wants of the view. */
  readonly wish: Wish | undefined
  readonly settings: ClusterSettings
  readonly rules: Rules
}

export type Choice =
  | {
      readonly kind: 'view'
      readonly view: View
      /** Majority mode: more than half of each of these lists must accept it. */
      readonly voterLists: readonly (readonly NodeId[])[]
    }
  /** Somebody else should propose: a holder of the newest data, or the old primary. */
  | { readonly kind: 'nudge'; readonly to: readonly NodeId[]; readonly isDeferral: boolean }
  | { readonly kind: 'wait'; readonly reason: string }

interface Reported {
  readonly view: View
  /** Up to where something may have been acknowledged in its history. */
  readonly acted: Ballot
  readonly holders: NodeId[]
}

/** Decides the view that these promises allow. */
export function chooseView(input: ChooseInput): Choice {
  // Nodes that are heard may be too busy to answer, or know a newer view: unless more than half of
  // them agree, two proposers could each found a history of their own.
  const agreed = input.promises.size
  const newest = baseOf(input)
  // In majority mode the voters of a view say which nodes must agree; only the first has none yet.
  const byVoters = input.settings.mode === 'majority' && newest !== undefined
  if (agreed * 2 <= input.heardCount && input.rules.viewNeedsMostOfHeard && !byVoters) {
    return { kind: 'wait', reason: tooFewAgree(agreed, input.heardCount) }
  }
  const reason = whyVotersDisagree(input, newest?.view)
  if (reason !== undefined) return { kind: 'wait', reason }
  if (newest === undefined) return build(input, undefined)
  // Older data must not go on without the newest: what was acknowledged there would be lost.
  if (newest.holders.length === 0) return { kind: 'wait', reason: missingHolders(newest.view) }
  if (input.rules.onlyHolderProposes) {
    if (!newest.holders.includes(input.me)) {
      return { kind: 'nudge', to: newest.holders, isDeferral: false }
    }
    const primary = primaryOf(newest.view)
    const isBack = input.promises.get(primary.id)?.incarnation === primary.incarnation
    if (
      primary.id !== input.me &&
      primary.inSync &&
      isBack &&
      !input.hasDeferred &&
      !input.isHandoff
    ) {
      return { kind: 'nudge', to: [primary.id], isDeferral: true }
    }
  }
  return build(input, newest.view)
}

/** The newest view reported. In majority mode not one that has no holder here and never acted. */
function baseOf(input: ChooseInput): Reported | undefined {
  const { promises, settings } = input
  const reported = reportedViews(input)
  if (settings.mode !== 'majority') return reported[0]
  return reported.find(({ view, holders }) => holders.length > 0 || canHaveActed(view, promises))
}

/** More than half of the voters of the base, and of the view that this node accepted, must promise. */
function whyVotersDisagree(input: ChooseInput, base: View | undefined): string | undefined {
  const { settings, promises, rules, me } = input
  if (!rules.votersPromise) return undefined
  const about = { settings, hereCount: promises.size }
  const isHere = (id: NodeId) => promises.has(id)
  return (
    whyNoQuorum({ ...about, view: base }, isHere) ??
    whyNoQuorum({ ...about, view: promises.get(me)?.state.view ?? base }, isHere)
  )
}

/** Every view that somebody accepted or still owes, newest first, with those who hold its data. */
function reportedViews({ promises, rules, settings }: ChooseInput): Reported[] {
  const byActs = rules.onlyActedViewsCount && settings.mode === 'available'
  const byBallot = new Map<string, Reported>()
  const report = (view: View, holder: NodeId | undefined) => {
    const name = formatBallot(view.ballot)
    const acted = byActs ? actedUpTo(view, promises) : view.ballot
    const entry = byBallot.get(name) ?? { view, acted, holders: [] }
    byBallot.set(name, entry)
    if (holder !== undefined) entry.holders.push(holder)
  }
  for (const [id, { state, isWitness }] of promises) {
    // A witness may hold data from the time before it was one; it can never lead with it.
    const holder = isWitness ? undefined : id
    if (state.view !== undefined) report(state.view, isHolder(state.view, id) ? holder : undefined)
    for (const owed of state.owed) report(owed, holder)
  }
  return [...byBallot.values()].sort(
    (a, b) => compareBallots(b.acted, a.acted) || compareBallots(b.view.ballot, a.view.ballot),
  )
}

/**
 * The last ballot of a view's history that may have acknowledged anything. A proposer knows which
 * of its own views never became active; having promised a newer ballot, it will not activate them.
 */
function actedUpTo(view: View, promises: ReadonlyMap<NodeId, NodePromise>): Ballot {
  const mayHaveActed = (ballot: Ballot): boolean => {
    const proposer = promises.get(ballot.proposer)
    return proposer === undefined || compareBallots(ballot, proposer.state.activated) <= 0
  }
  return onlyGroup(view).history.findLast(mayHaveActed) ?? BALLOT_ZERO
}

function build(input: ChooseInput, base: View | undefined): Choice {
  const masters = chooseMasters(input, base)
  const view = buildView(input, base, masters)
  const { roster } = view
  const needed = minCopies(input.settings, roster)
  // A side that could acknowledge nothing must not make a view: it would only have to be healed.
  if (masters.length < needed) {
    const here = input.promises.size
    const counts = { here, known: Math.max(here, roster.length), needed }
    return { kind: 'wait', reason: tooFewNodes(counts) }
  }
  const lists = [view.voters, base?.voters ?? []]
  const voterLists = input.rules.bothVoterListsAgree ? lists : lists.slice(0, 1)
  const isHere = (id: NodeId) => input.promises.has(id)
  const short = voterLists.find((list) => !isMajority(list, isHere))
  if (short !== undefined && input.rules.votersPromise) {
    return { kind: 'wait', reason: tooFewVoters(short, roster, isHere) }
  }
  return { kind: 'view', view, voterLists }
}

function votersOf(input: ChooseInput, base: View | undefined): readonly NodeId[] {
  const { settings, me, promises, candidates, wish } = input
  if (settings.mode !== 'majority') return []
  if (base === undefined) return founders({ me, promises, candidates, count: settings.voters })
  // Only the primary of an active view changes the list: two changes are never under way at once.
  const isMine = sameBallot(ballotOf(promises.get(me)?.state.view), base.ballot)
  return isMine ? votersAfter(base.voters, wish) : base.voters
}

function buildView(input: ChooseInput, base: View | undefined, masters: readonly Master[]): View {
  const view: View = {
    ballot: input.ballot,
    roster: joinRosters(base?.roster ?? [], input.promises),
    forgotten: forgottenBy(input, base),
    voters: votersOf(input, base),
    groups: [
      {
        masters,
        history: [...(base === undefined ? [] : onlyGroup(base).history), input.ballot].slice(
          -HISTORY_MAX,
        ),
        merge: base === undefined ? [] : onlyGroup(base).merge,
      },
    ],
    start: input.startOn(base),
    isUnclean: base?.isUnclean ?? false,
  }
  return { ...view, roster: view.roster.filter(({ id }) => !isDropped(id, input, view)) }
}

/** Who stops in order, has left or is given up; never a master. */
function isDropped(id: NodeId, input: ChooseInput, view: View): boolean {
  if (onlyGroup(view).masters.some((m) => m.id === id)) return false
  const promise = input.promises.get(id)
  if (promise !== undefined) return mayLeaveRoster(id, promise, view)
  return input.departed.has(id) || (input.wish?.kind === 'forget' && input.wish.id === id)
}

function forgottenBy({ wish }: ChooseInput, base: View | undefined): readonly NodeId[] {
  const before = base?.forgotten ?? []
  if (wish?.kind !== 'forget' || before.includes(wish.id)) return before
  return [...before, wish.id].slice(-FORGOTTEN_MAX)
}

function chooseMasters(input: ChooseInput, base: View | undefined): Master[] {
  const { me, promises, rules } = input
  const mine = promises.get(me)
  if (mine === undefined) throw new Error('bug: a proposer promises to itself first')
  const masters: Master[] = [{ id: me, incarnation: mine.incarnation, inSync: true }]
  for (const old of base === undefined ? [] : onlyGroup(base).masters) {
    const promise = promises.get(old.id)
    if (old.id === me || promise === undefined || promise.isWitness) continue
    const inSync = base !== undefined && staysInSync(input, { base, old, promise })
    if (inSync || mayMirror(promise)) {
      masters.push({
        id: old.id,
        incarnation: promise.incarnation,
        inSync: inSync || !rules.newMasterIsSyncing,
      })
    }
  }
  const isLeaving = (id: NodeId) => promises.get(id)?.isLeaving === true
  const successor = input.wish?.kind === 'successor' ? input.wish.id : undefined
  const isFull = () => masters.filter((m) => !isLeaving(m.id)).length >= MASTERS_PER_GROUP
  for (const id of input.candidates) {
    const promise = promises.get(id)
    if (isFull() && id !== successor) continue
    if (promise === undefined || masters.some((m) => m.id === id) || !mayMirror(promise)) continue
    masters.push({ id, incarnation: promise.incarnation, inSync: !rules.newMasterIsSyncing })
  }
  return placesFor(masters, { me, isLeaving, successor })
}

/**
 * Only the primary of the base view knows that another master missed nothing in it, and only in the
 * same life of both.
 */
function staysInSync(
  input: ChooseInput,
  about: { base: View; old: Master; promise: NodePromise },
): boolean {
  const { base, old, promise } = about
  const mine = input.promises.get(input.me)
  const primary = primaryOf(base)
  const wasPrimary = primary.id === input.me && primary.incarnation === mine?.incarnation
  const isOwnView =
    mine?.state.view !== undefined && sameBallot(mine.state.view.ballot, base.ballot)
  const isVouchedFor = (wasPrimary && isOwnView) || isVouchedByPrimary(input, base)
  if (input.rules.carryInSyncOnlyFromOwnView && !isVouchedFor) return false
  if (old.incarnation !== promise.incarnation) return false
  return old.inSync || input.hasSynced(base.ballot, old.id)
}

/**
 * The primary of the base view has promised while nothing was under way: every in-sync master has
 * all that it wrote, and it writes no more.
 */
function isVouchedByPrimary(input: ChooseInput, base: View): boolean {
  const primary = primaryOf(base)
  const promise = input.promises.get(primary.id)
  return (
    promise !== undefined &&
    promise.isIdle &&
    promise.incarnation === primary.incarnation &&
    sameBallot(ballotOf(promise.state.view), base.ballot)
  )
}

/** Mirroring deletes what the source lacks: a node that still owes data to the cluster must not. */
function mayMirror(promise: NodePromise): boolean {
  return promise.state.owed.length === 0 && !promise.isWitness
}

/** A node with a new id at an old address has taken the place of the one that was there. */
function joinRosters(
  old: readonly NodeAt[],
  promises: ReadonlyMap<NodeId, NodePromise>,
): readonly NodeAt[] {
  const taken = new Set([...promises.values()].map((promise) => promise.address))
  const kept = old.filter((node) => promises.has(node.id) || !taken.has(node.address))
  const roster = new Map(kept.map((node) => [node.id, node]))
  for (const [id, { address, isWitness }] of promises) {
    if (roster.has(id) || roster.size < NODES_MAX) roster.set(id, { id, address, isWitness })
  }
  return [...roster.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function tooFewAgree(agreed: number, heard: number): string {
  return `${agreed} of ${heard} nodes in sight have agreed on masters so far: try again`
}

/** What to do when fewer nodes than copies are there. */
export function tooFewNodes(counts: { here: number; known: number; needed: number }): string {
  const { here, known, needed } = counts
  return (
    `${here} of ${known} known nodes ${here === 1 ? 'is' : 'are'} reachable; a write needs ` +
    `${needed} copies: bring a node back, or set min-copies to 1`
  )
}

function missingHolders(view: View): string {
  const at = (id: NodeId) => view.roster.find((n) => n.id === id)?.address ?? id
  const names = onlyGroup(view)
    .masters.filter((m) => m.inSync)
    .map((m) => at(m.id))
  return `the newest data is on ${names.join(' and ')}, which cannot be reached: bring it back`
}
