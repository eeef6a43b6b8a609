// Which histories the promises report, which of them to go on with, and which to merge into it.
// Pure functions over promises. Never looks at who is silent.
import type { NodePromise } from './messages.ts'
import { isRemains } from './remains.ts'
import type { Rules } from './rules.ts'
import { isPart, partOfView } from './syncing-part.ts'
import type { Ballot, Lineage, NodeId, View } from './types.ts'
import {
  ballotOf,
  compareBallots,
  contains,
  formatBallot,
  isHolder,
  isSyncingMaster,
  onlyGroup,
  sameBallot,
} from './view.ts'

/** A view that somebody accepted or still owes, with those here who hold its data. */
export interface Reported {
  readonly view: View
  readonly holders: readonly NodeId[]
}

/** What the promises know of the past. */
export interface Survey {
  /** The lineage to go on with: the highest one that is held here and that no other one contains. */
  readonly base: Reported | undefined
  /** Held here as well, as a whole or in part, and contained neither in the base nor in each other. */
  readonly others: readonly Reported[]
  /** Built on the base, newest first, but nobody who holds them has promised. */
  readonly missing: readonly View[]
}

type Promises = ReadonlyMap<NodeId, NodePromise>

/** What a proposer was told, and the rules it goes by. */
export interface Told {
  readonly promises: Promises
  readonly rules: Rules
  /** What a holder that may be gone by now promised with, not long ago. */
  readonly glimpsed?: Glimpse | undefined
}

/** A lineage that somebody in sight held. */
export interface Glimpse {
  readonly view: View
  /** The last ballot of its history that may have acknowledged something. */
  readonly acted: Ballot
}

/** Sorts what the promises report into a base, other lineages, and what is missing. */
export function surveyLineages(told: Told): Survey {
  const reported = reportedViews(told.promises)
  const isIdle = idleBallots(told, reported)
  const held = reported.filter((it) => it.holders.length > 0)
  const isUnder = (a: View, b: View): boolean =>
    isCovered(a, b, isIdle) && (!isCovered(b, a, isIdle) || isBelow(a, b))
  const [base, ...wholes] = held.filter(
    (it) => !held.some((other) => other !== it && isUnder(it.view, other.view)),
  )
  const isMissing = ({ view, holders }: Reported): boolean => {
    if (holders.length > 0) return false
    return base === undefined || (isUnder(base.view, view) && !isCovered(view, base.view, isIdle))
  }
  const isNeeded = (part: Reported): boolean =>
    !held.some(({ view }) => isCovered(part.view, view, isIdle))
  const others = [...wholes, ...reportedParts(told).filter(isNeeded)]
  const missing = reported.filter(isMissing).map((it) => it.view)
  const { glimpsed } = told
  const isOut =
    glimpsed !== undefined &&
    told.rules.glimpsesCount &&
    !missing.some((view) => sameBallot(view.ballot, glimpsed.view.ballot)) &&
    !held.some(({ view }) => contains(view, glimpsed.acted)) &&
    (base === undefined || isCovered(base.view, glimpsed.view, isIdle))
  return { base, others, missing: isOut ? [glimpsed.view, ...missing] : missing }
}

/** The lineage to go on with by these promises, to be remembered for when its holders are away. */
export function glimpseOf(told: Told): Glimpse | undefined {
  const { base } = surveyLineages({ ...told, glimpsed: undefined })
  if (base === undefined) return undefined
  const isIdle = idleBallots(told, reportedViews(told.promises))
  const acted = onlyGroup(base.view).history.findLast((ballot) => !isIdle(ballot))
  return acted === undefined ? undefined : { view: base.view, acted }
}

/** Whether a history has everything that was acknowledged up to a view. */
export function isInHistory(view: View, history: readonly Ballot[], told: Told): boolean {
  return isIn(view, history, idleBallots(told, reportedViews(told.promises)))
}

function isIn(view: View, history: readonly Ballot[], isIdle: IsIdle): boolean {
  const isUpTo = (past: readonly Ballot[]): boolean => {
    const last = past.findLast((ballot) => !isIdle(ballot))
    return last === undefined || history.some((ballot) => sameBallot(ballot, last))
  }
  // A part is there under its own name, or with the view as a whole.
  return isUpTo(onlyGroup(view).history) || (isPart(view) && isUpTo(view.partOf))
}

/** How a view's data is named in another view's list of what is to be merged. */
export function lineageOf({ view, holders }: Reported): Lineage {
  const { history } = onlyGroup(view)
  return { ballot: view.ballot, holders, history, partOf: view.partOf }
}

/** Whether a view brings together, or has in its history, everything up to this ballot. */
export function includes(view: View, ballot: Ballot): boolean {
  if (contains(view, ballot)) return true
  return onlyGroup(view).merge.some((lineage) => isInLineage(lineage, ballot))
}

/** Whether a lineage to be merged is this ballot, or contains it. */
export function isInLineage(lineage: Lineage, ballot: Ballot): boolean {
  return [lineage.ballot, ...lineage.history].some((b) => compareBallots(b, ballot) === 0)
}

/** Every view reported as a whole, newest first. */
export function reportedViews(promises: Promises): Reported[] {
  const byBallot = new Map<string, { view: View; holders: NodeId[] }>()
  const report = (view: View, holder: NodeId | undefined): void => {
    const name = formatBallot(view.ballot)
    const entry = byBallot.get(name) ?? { view, holders: [] }
    byBallot.set(name, entry)
    if (holder !== undefined) entry.holders.push(holder)
  }
  for (const [id, { state, isWitness }] of promises) {
    // A witness may hold data from the time before it was one; it can never lead with it.
    const holder = isWitness ? undefined : id
    if (state.view !== undefined) report(state.view, isHolder(state.view, id) ? holder : undefined)
    for (const owed of state.owed) if (!isPart(owed)) report(owed, holder)
  }
  return [...byBallot.values()].sort((a, b) => compareBallots(b.view.ballot, a.view.ballot))
}

/**
 * What nodes hold of views in which they were syncing: owed already, or of the view that they
 * accepted last.
 */
function reportedParts({ promises, rules }: Told): Reported[] {
  if (!rules.partsAreOwed) return []
  const parts: Reported[] = []
  for (const [id, { state, isWitness, isPartEmpty }] of promises) {
    const { view, part, owed } = state
    const own =
      view !== undefined && part !== undefined && !isPartEmpty && isSyncingMaster(view, id)
        ? [partOfView(view, id, part)]
        : []
    // What a witness has left when a view is forced counts like what others have.
    const all = isWitness ? owed.filter(isRemains) : [...own, ...owed.filter(isPart)]
    parts.push(...all.map((each) => ({ view: each, holders: [id] })))
  }
  return parts.sort((a, b) => compareBallots(b.view.ballot, a.view.ballot))
}

function isCovered(a: View, by: View, isIdle: IsIdle): boolean {
  return isIn(a, onlyGroup(by).history, isIdle)
}

/** Whether the view of a ballot is known never to have acknowledged anything. */
type IsIdle = (ballot: Ballot) => boolean

/**
 * A view acts once every master has accepted it, and its proposer then remembers it durably. So its
 * proposer knows that it never acted, and so does a master of it that has promised away from an
 * older one.
 */
function idleBallots({ promises, rules }: Told, reported: readonly Reported[]): IsIdle {
  if (!rules.onlyActedViewsCount) return () => false
  const idle = new Set<string>()
  for (const { view } of reported) {
    const isSkipped = onlyGroup(view).masters.some(({ id }) => {
      const state = promises.get(id)?.state
      if (state === undefined || compareBallots(ballotOf(state.view), view.ballot) >= 0)
        return false
      return !state.owed.some((owed) => sameBallot(owed.ballot, view.ballot))
    })
    if (isSkipped) idle.add(formatBallot(view.ballot))
  }
  return (ballot) => {
    const activated = promises.get(ballot.proposer)?.state.activated
    if (activated !== undefined && compareBallots(ballot, activated) > 0) return true
    return idle.has(formatBallot(ballot))
  }
}

function isBelow(a: View, b: View): boolean {
  return compareBallots(a.ballot, b.ballot) < 0
}
