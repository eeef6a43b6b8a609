// What a proposer makes of the promises it got: a view, or why not. A pure function.
// Never looks at who is silent; only promises count.
import { placesFor } from './leavers.ts'
import { MASTERS_PER_GROUP, OWED_MAX } from './limits.ts'
import {
  type Glimpse,
  isInHistory,
  type Reported,
  reportedViews,
  type Survey,
  surveyLineages,
} from './lineages.ts'
import type { NodePromise } from './messages.ts'
import { missingHolders, tooFewAgree, tooFewNodes } from './no-view.ts'
import {
  canHaveActed,
  founders,
  isMajority,
  tooFewVoters,
  votersAfter,
  whyNoQuorum,
} from './quorum.ts'
import { forcedView, isForcedBeginning, isGivenUp } from './remains.ts'
import { holds, orderThere } from './unneeded.ts'
import { pastOf } from './past.ts'
import { forgottenAfter, holdersAway, joinRosters, rosterOf } from './roster.ts'
import type { Rules } from './rules.ts'
import type { ClusterSettings } from './settings.ts'
import type { Ballot, Master, NodeId, View, ViewStart } from './types.ts'
import type { Wish } from './wishes.ts'
import {
  ballotOf,
  isHolder,
  isSyncingMaster,
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
  /** A node without room for all that a master must hold. */
  readonly isTooSmall: (id: NodeId) => boolean
  /** Masters that said they had finished mirroring in the view named. */
  readonly hasSynced: (ballot: Ballot, id: NodeId) => boolean
  /** This node already gave the old primary, or a master that did not restart, the chance to go on. */
  readonly hasDeferred: boolean
  /** Where the view begins that is built on this one. */
  readonly startOn: (base: View | undefined) => ViewStart
  /** The primary asked this node to take over. */
  readonly isHandoff: boolean
  /** Nodes that left, and held nothing. */
  readonly departed: ReadonlySet<NodeId>
  /** What an operator wants of the view. */
  readonly wish: Wish | undefined
  /** The holders of newer data were waited for long enough: they may be merged later. */
  readonly mayLeaveNewest: boolean
  /** A lineage that a holder promised with a moment ago; undefined: none, or too long ago to wait. */
  readonly glimpsed: Glimpse | undefined
  /** Lineages of the base view's merge list that this node, as its primary, has merged. */
  readonly merged: readonly Ballot[]
  /** A node that is verified gone, or that nobody has heard of. */
  readonly isGone: (id: NodeId) => boolean
  readonly settings: ClusterSettings
  readonly rules: Rules
}

export type Choice =
  | {
      readonly kind: 'view'
      readonly view: View
      /** Majority mode: more than half of each of these lists must accept it. */
      readonly voterLists: readonly (readonly NodeId[])[]
      /** Newer data whose holders were waited for in vain. */
      readonly left?: View
    }
  /** Somebody else should propose: a holder of the newest data, or one of them before this one. */
  | { readonly kind: 'nudge'; readonly to: readonly NodeId[]; readonly isDeferral: boolean }
  | { readonly kind: 'wait'; readonly reason: string }
  /** As `wait`, but only the holder of newer data or an operator can end it. */
  | { readonly kind: 'stuck'; readonly reason: string }
  /** What an operator ordered must not be: the sentence names who is in the way. */
  | { readonly kind: 'refused'; readonly reason: string }

/** Decides the view that these promises allow. */
export function chooseView(input: ChooseInput): Choice {
  const { base, others, missing: all } = survey(input)
  const missing = all.filter((view) => !isGivenUp(view, base?.view))
  const isBegun = base !== undefined && isForcedBeginning(base.view)
  if (input.wish?.kind === 'force' && !isBegun) return force(input, { base, others, missing })
  const newest = base?.view ?? missing[0]
  // Nodes that are heard may be too busy to answer, or know a newer view: unless more than half of
  // them agree, two proposers could each found a history of their own. In majority mode the voters
  // of a view say which nodes must agree; only the first view has none yet.
  const agreed = input.promises.size
  const byVoters = input.settings.mode === 'majority' && newest !== undefined
  if (agreed * 2 <= input.heardCount && input.rules.viewNeedsMostOfHeard && !byVoters) {
    return { kind: 'wait', reason: tooFewAgree(agreed, input.heardCount) }
  }
  const reason = whyVotersDisagree(input, newest)
  if (reason !== undefined) return { kind: 'wait', reason }
  const [away] = missing
  if (away !== undefined && isStuck(input, { base, missing })) {
    return { kind: 'stuck', reason: missingHolders(away) }
  }
  // What was acknowledged there last would be out of sight: its holders get a while to come back.
  const isRecent = missing.some((view) => isGlimpsed(input, view))
  const mayLeave = base !== undefined && input.mayLeaveNewest && !isRecent
  if (away !== undefined && !mayLeave) return { kind: 'wait', reason: missingHolders(away) }
  if (base === undefined) return build(input, undefined, [])
  const choice = whoElse(input, base) ?? build(input, base.view, others)
  const isLeft = choice.kind === 'view' && away !== undefined
  return isLeft ? { ...choice, left: away } : choice
}

/** A new beginning from what everybody here has left, if nobody has what could be gone on with. */
function force(input: ChooseInput, { base, others, missing }: Survey): Choice {
  const { promises, heardCount, rules, me } = input
  const holders = base?.holders.map((id) => promises.get(id)?.address ?? id) ?? []
  const isShort = base !== undefined && whyVotersDisagree(input, base.view) !== undefined
  const isKept = isShort || isStuck(input, { base, missing })
  if (base !== undefined && !isKept && rules.forceRefusedWhileHolderKnown) {
    return { kind: 'refused', reason: holds(holders) }
  }
  if (base !== undefined && isKept && !base.holders.includes(me)) {
    return { kind: 'refused', reason: orderThere(holders) }
  }
  // Whoever does not promise is not asked for what it has.
  if (promises.size < heardCount) {
    return { kind: 'wait', reason: tooFewAgree(promises.size, heardCount) }
  }
  // Only voters are lost, or what is newer: the highest lineage in sight goes on, with those in sight.
  if (base !== undefined && isKept) return build(input, base.view, others)
  const choice = build(input, undefined, [])
  const lost = base?.view ?? missing[0]
  if (choice.kind !== 'view' || lost === undefined) return choice
  return { ...choice, view: forcedView(choice.view, { lost, promises, rules }) }
}

/**
 * Who should propose rather than this node: a holder; once also the old primary, or, if this node has
 * restarted, a master that has not.
 */
function whoElse(input: ChooseInput, base: Reported): Choice | undefined {
  if (!input.rules.onlyHolderProposes) return undefined
  if (!base.holders.includes(input.me)) {
    return { kind: 'nudge', to: base.holders, isDeferral: false }
  }
  if (input.hasDeferred || input.isHandoff) return undefined
  const { me, promises, rules } = input
  const primary = primaryOf(base.view)
  const livedOn = onlyGroup(base.view).masters.filter(
    ({ id, incarnation, inSync }) => inSync && promises.get(id)?.incarnation === incarnation,
  )
  const isBack = livedOn.includes(primary)
  // The disk of one that restarted may have lost what it does not know of.
  const holders = livedOn.filter(({ id }) => base.holders.includes(id))
  const first = isBack ? [primary] : rules.restartedDefers ? holders : []
  if (first.length === 0 || first.some(({ id }) => id === me)) return undefined
  return { kind: 'nudge', to: first.map(({ id }) => id), isDeferral: true }
}

/**
 * With a majority behind every view there is one history: the newest view reported, but not one that
 * has no holder here and never acted. Only an operator can force another one, which is merged.
 */
function survey(input: ChooseInput): Survey {
  if (input.settings.mode === 'available') return surveyLineages(input)
  const reported = reportedViews(input.promises)
  const at = reported.findIndex(
    ({ view, holders }) => holders.length > 0 || canHaveActed(view, input.promises),
  )
  const newest = reported[at]
  // A view that never acted may be built on one that did, and of which nobody here tells otherwise.
  const skipped = at === -1 ? reported : reported.slice(0, at)
  const away = skipped.find(({ view }) => hidesActed(input, view, newest?.view))
  if (away !== undefined) return { base: undefined, others: [], missing: [away.view] }
  if (newest === undefined) return { base: undefined, others: [], missing: [] }
  if (newest.holders.length === 0) return { base: undefined, others: [], missing: [newest.view] }
  const isForced = reported.some(({ view }) => view.isUnclean)
  const { base, others } = isForced ? surveyLineages(input) : { base: undefined, others: [] }
  const held = base === undefined ? others : [base, ...others]
  const isOther = ({ view }: Reported): boolean => !sameBallot(view.ballot, newest.view.ballot)
  return { base: newest, others: held.filter(isOther), missing: [] }
}

/** Whether a view that never acted stands on one that may have, and that an older view does not contain. */
function hidesActed(input: ChooseInput, view: View, older: View | undefined): boolean {
  const group = onlyGroup(view)
  const before = group.history.filter((ballot) => !sameBallot(ballot, view.ballot))
  const past = { ...view, groups: [{ ...group, history: before }] }
  return !isInHistory(past, older === undefined ? [] : onlyGroup(older).history, input)
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

/**
 * A syncing master here has writes of the view that it cannot tell from what else is in its store: if
 * the last holder is lost, they must not be left behind.
 */
function isBroken({ promises, rules }: ChooseInput, view: View): boolean {
  if (!rules.brokenPartsAreWaitedFor) return false
  return [...promises].some(([id, { state }]) => {
    const isOfView = sameBallot(ballotOf(state.view), view.ballot) && isSyncingMaster(view, id)
    return isOfView && state.part?.isWhole !== true
  })
}

/** There is data to go on with, but newer data is waited for without end: see isBroken. */
function isStuck(input: ChooseInput, { base, missing }: Pick<Survey, 'base' | 'missing'>): boolean {
  return base !== undefined && missing.some((view) => isBroken(input, view))
}

/** A holder of it was here a moment ago. */
function isGlimpsed({ glimpsed, rules }: ChooseInput, view: View): boolean {
  if (glimpsed === undefined || !rules.glimpsesCount) return false
  return sameBallot(view.ballot, glimpsed.view.ballot)
}

function build(input: ChooseInput, base: View | undefined, others: readonly Reported[]): Choice {
  const view = buildView(input, base, others)
  const { roster } = view
  const masters = onlyGroup(view).masters
  const needed = minCopies(input.settings, roster)
  // A side that could acknowledge nothing must not make a view: it would only have to be healed.
  if (masters.length < needed) {
    const here = input.promises.size
    const counts = { here, known: Math.max(here, roster.length), needed }
    return { kind: 'wait', reason: tooFewNodes(counts) }
  }
  const lists = [view.voters, base?.voters ?? []]
  const needsBoth = input.rules.bothVoterListsAgree && input.wish?.kind !== 'force'
  const voterLists = needsBoth ? lists : lists.slice(0, 1)
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
  if (base === undefined || wish?.kind === 'force') {
    return founders({ me, promises, candidates, count: settings.voters })
  }
  // Only the primary of an active view changes the list: two changes are never under way at once.
  const isMine = sameBallot(ballotOf(promises.get(me)?.state.view), base.ballot)
  return isMine ? votersAfter(base.voters, wish) : base.voters
}

function buildView(input: ChooseInput, base: View | undefined, others: readonly Reported[]): View {
  const isForced = input.wish?.kind === 'force'
  const away = base === undefined || isForced ? [] : holdersAway(base, input)
  const known = isForced ? [] : (base?.roster ?? [])
  const roster = joinRosters([...known, ...away], input.promises)
  const past = pastOf(input, base, others)
  const needed = minCopies(input.settings, roster)
  const masters = chooseMasters(input, { base, history: past.history, needed })
  const view: View = {
    ballot: input.ballot,
    roster,
    forgotten: forgottenAfter(base?.forgotten ?? [], input.wish),
    voters: votersOf(input, base),
    groups: [
      {
        masters,
        history: [...past.history, input.ballot],
        merge: past.merge,
      },
    ],
    start: input.startOn(base),
    partOf: [],
    isUnclean: isForced || base?.isUnclean === true || others.some((it) => it.view.isUnclean),
  }
  return { ...view, roster: rosterOf(view, { ...input, away }) }
}

/** Accepting a view may add what a node had of the last one; a part of this one may follow. */
const DEBTS_A_VIEW = 2

function chooseMasters(
  input: ChooseInput,
  about: { base: View | undefined; history: readonly Ballot[]; needed: number },
): Master[] {
  const { me, promises, rules } = input
  const { base, history, needed } = about
  const mine = promises.get(me)
  if (mine === undefined) throw new Error('bug: a proposer promises to itself first')
  const masters: Master[] = [{ id: me, incarnation: mine.incarnation, inSync: true }]
  const add = (id: NodeId, inSync: boolean): void => {
    const promise = promises.get(id)
    if (promise === undefined || promise.isWitness || masters.some((m) => m.id === id)) return
    const { incarnation } = promise
    masters.push({ id, incarnation, inSync: inSync || !rules.newMasterIsSyncing })
  }
  const owes = (id: NodeId): boolean => owesData(input, id, history)
  for (const old of base === undefined ? [] : onlyGroup(base).masters) {
    const promise = promises.get(old.id)
    if (old.id === me || promise === undefined) continue
    const inSync = base !== undefined && staysInSync(input, { base, old, promise })
    const isTooSmall = rules.tooSmallStandsDown && input.isTooSmall(old.id)
    if (inSync || !(owes(old.id) || isTooSmall)) add(old.id, inSync)
  }
  const isLeaving = (id: NodeId) => promises.get(id)?.isLeaving === true
  const successor = input.wish?.kind === 'successor' ? input.wish.id : undefined
  const places = (): number => masters.filter((m) => !isLeaving(m.id)).length
  for (const id of input.candidates) {
    const isWanted = places() < MASTERS_PER_GROUP || id === successor
    if (isWanted && !owes(id)) add(id, false)
  }
  // Better a master that must wait with its mirror than a cluster that takes no writes.
  const hasRoom = (id: NodeId): boolean =>
    (promises.get(id)?.state.owed.length ?? 0) + DEBTS_A_VIEW <= OWED_MAX
  for (const id of input.candidates) if (masters.length < needed && hasRoom(id)) add(id, false)
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

/** Mirroring deletes what the source lacks: not where there is something that a history lacks. */
function owesData(input: ChooseInput, id: NodeId, history: readonly Ballot[]): boolean {
  const promise = input.promises.get(id)
  if (promise === undefined) return false
  const { state, isPartEmpty } = promise
  const held = [...state.owed]
  const hasPart = input.rules.partsAreOwed && !isPartEmpty
  const isOfUse = (view: View): boolean =>
    isHolder(view, id) || (hasPart && isSyncingMaster(view, id))
  if (state.view !== undefined && isOfUse(state.view)) held.push(state.view)
  return held.some((view) => !isInHistory(view, history, input))
}
