// When this node should propose a view, and why. Checked at every tick and after every verdict.
// Which view comes of it is choose.ts' business.
import type { Candidates } from './candidates.ts'
import {
  DUE_PAUSE_MS,
  GROW_PAUSE_MAX_MS,
  GROW_PAUSE_MS,
  MASTERS_PER_GROUP,
  NODES_MAX,
  PROPOSAL_MS,
  ROSTER_WAIT_MS,
  STAGGER_MS,
  SUSPECT_AFTER_MS,
} from './limits.ts'
import type { Forks } from './forks.ts'
import type { Frozen } from './frozen.ts'
import type { Handoff } from './handoff.ts'
import { hasDeparted, isLeaving } from './leavers.ts'
import type { Member, Members } from './members.ts'
import type { Merge } from './merge.ts'
import type { Outbox } from './outbox.ts'
import type { Proposer } from './proposer.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { ClusterSettings } from './settings.ts'
import type { Standing } from './standing.ts'
import type { Stream } from './stream.ts'
import type { SyncedMasters } from './synced-masters.ts'
import { nudge } from './view-calls.ts'
import type { ViewCause } from './view-causes.ts'
import type { Yielding } from './yielding.ts'
import { isFulfilled, type Wishes } from './wishes.ts'
import type { Ballot, Master, NodeId, View } from './types.ts'
import {
  BALLOT_ZERO,
  ballotOf,
  compareBallots,
  contains,
  minCopies,
  onlyGroup,
  primaryOf,
  sameBallot,
} from './view.ts'

export interface TriggerParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly candidates: Candidates
  readonly proposer: Proposer
  readonly synced: SyncedMasters
  readonly stream: Stream
  readonly forks: Forks
  readonly frozen: Frozen
  readonly merge: Merge
  readonly wishes: Wishes
  readonly handoff: Handoff
  readonly yielding: Yielding
  readonly settings: ClusterSettings
}

export class Triggers {
  readonly #out: Outbox
  readonly #parts: TriggerParts
  readonly #rules: Rules
  #noPrimarySinceMs = 0
  #strangersSinceMs: number | undefined
  #isNudged = false
  #growNotBeforeMs = 0
  #growPauseMs = GROW_PAUSE_MS
  #dueNotBeforeMs = 0
  /** Nodes and masters of the view that was last asked to grow. */
  #grownTo = 0
  #grownFrom: Ballot = BALLOT_ZERO
  /** The view whose lost primary this node has already reported to the other master. */
  #reported: Ballot | undefined

  constructor(out: Outbox, parts: TriggerParts, rules: Rules) {
    this.#out = out
    this.#parts = parts
    this.#rules = rules
  }

  /** We were stalled: what seems lost may only be unread. */
  forgive(nowMs: number): void {
    this.#noPrimarySinceMs = nowMs
  }

  /** The primary was there until now, though no tick has looked for a while. */
  heardUntil(nowMs: number): void {
    this.#noPrimarySinceMs = nowMs
  }

  /** The primary of this view asks this node to take over. False: it cannot. */
  takeOver(ballot: Ballot, nowMs: number): boolean {
    const { standing, proposer, self } = this.#parts
    const isHeir = standing.isServingMaster && sameBallot(ballotOf(standing.view), ballot)
    if (!isHeir || self.phase === 'leaving' || self.isWitness || proposer.isBusy) return false
    proposer.propose({ reason: 'handoff', isMerge: false, isHandoff: true }, nowMs)
    return true
  }

  /** Another node asks this one to propose, because it cannot. */
  nudged(): void {
    this.#isNudged = true
    this.#parts.yielding.nudged()
  }

  /** Somebody is about to be listed, or has asked this node to propose. */
  get isWaiting(): boolean {
    return this.#strangersSinceMs !== undefined || this.#isNudged
  }

  consider(nowMs: number): void {
    const { standing, proposer } = this.#parts
    if (this.#parts.self.isWitness) {
      this.#asOther(nowMs)
      return
    }
    if (standing.isActive) {
      this.#noPrimarySinceMs = nowMs
      this.#isNudged = false
      proposer.forgetTrouble()
      const reason = proposer.mayPropose(nowMs) ? this.#asPrimary(nowMs) : undefined
      if (reason !== undefined) proposer.propose({ reason, isMerge: reason === 'fork' }, nowMs)
      return
    }
    const reason = this.#asOther(nowMs)
    const mayPropose = proposer.mayPropose(nowMs) && !this.#parts.yielding.isDue(nowMs)
    if (reason !== undefined && mayPropose) {
      this.#isNudged = false
      proposer.propose({ reason, isMerge: this.#parts.forks.isBetweenSides() }, nowMs)
    }
  }

  /** Whether the primary that this node routes to is there and acting. */
  hearsPrimary(): boolean {
    const view = this.#parts.standing.route
    if (view === undefined) return false
    const primary = primaryOf(view)
    const member = this.#parts.members.get(primary.id)
    return (
      member !== undefined &&
      this.#parts.members.isAlive(primary.id) &&
      member.incarnation === primary.incarnation &&
      member.beat?.isActive === true &&
      sameBallot(member.beat.ballot, view.ballot)
    )
  }

  #asPrimary(nowMs: number): ViewCause | undefined {
    const { standing, members, candidates, self } = this.#parts
    const view = standing.view
    if (view === undefined) return undefined
    const others = onlyGroup(view).masters.filter((m) => m.id !== self.id)
    for (const master of others) {
      const member = members.get(master.id)
      const isUnanswered =
        this.#rules.hungMasterIsReplaced && this.#parts.stream.isUnanswered(master.id, nowMs)
      if (isUnanswered || this.#isLost(master, member, nowMs)) {
        if (isUnanswered || member?.phase === 'dead') candidates.holdDown(master.id, nowMs)
        return 'master-lost'
      }
      const promised = member?.beat?.promised
      const isFenced =
        standing.isFencedByOther ||
        (promised !== undefined && compareBallots(promised, view.ballot) > 0)
      // The one that was asked to take over promises above this view because of that.
      const isExpected = this.#parts.handoff.isUnderWay
      if (isFenced && !isExpected && this.#rules.proposeAgainWhenFenced) return 'fenced'
    }
    const isFrozenDue = this.#parts.frozen.isDue(view, nowMs)
    if (isFrozenDue && this.#rules.proposeAgainWhenFenced) return 'fenced'
    if (others.some((m) => !m.inSync && this.#parts.synced.has(view.ballot, m.id))) return 'synced'
    return (
      this.#asMergingPrimary(view, nowMs) ??
      this.#dueReason(view, nowMs) ??
      this.#asGrowingPrimary(view, nowMs)
    )
  }

  #asMergingPrimary(view: View, nowMs: number): ViewCause | undefined {
    const { merge, forks, members } = this.#parts
    if (merge.hasMerged()) return 'merged'
    // The debt is at its holder, and is found again when that one returns.
    const isLost = onlyGroup(view).merge.some((lineage) =>
      lineage.holders.every((id) => members.isAway(id)),
    )
    if (isLost) return 'lineage-lost'
    return forks.isDue(view, nowMs) ? 'fork' : undefined
  }

  /** Its life in the view has ended: verified gone, or another life of it answers. */
  #isLost(master: Master, member: Member | undefined, nowMs: number): boolean {
    if (member === undefined || this.#parts.members.isGone(master.id)) return true
    if (member.incarnation === master.incarnation) return false
    // A reborn master is asked to go on; a moment for its verification avoids replacing it.
    return member.phase !== 'unverified' || nowMs - member.aliveSinceMs > GROW_PAUSE_MS
  }

  #asGrowingPrimary(view: View, nowMs: number): ViewCause | undefined {
    const isShort = this.#stayers(view).length < MASTERS_PER_GROUP
    const reason =
      isShort && this.#newcomers(view, nowMs).length > 0
        ? 'vacancy'
        : this.#strangersWaited(view, nowMs)
          ? 'roster'
          : undefined
    if (reason === undefined) this.#grownTo = 0
    if (reason === undefined || nowMs < this.#growNotBeforeMs) return undefined
    const size = view.roster.length + onlyGroup(view).masters.length
    // A view came of the last attempt, and is no larger. An attempt that failed is no such sign.
    const isStuck = size === this.#grownTo && !sameBallot(view.ballot, this.#grownFrom)
    if (isStuck) this.#growPauseMs = Math.min(2 * this.#growPauseMs, GROW_PAUSE_MAX_MS)
    else if (size !== this.#grownTo) this.#growPauseMs = GROW_PAUSE_MS
    this.#grownFrom = view.ballot
    this.#grownTo = size
    this.#growNotBeforeMs = nowMs + this.#growPauseMs
    return reason
  }

  /** Masters that mean to stay. */
  #stayers(view: View): Master[] {
    const { members, self } = this.#parts
    return onlyGroup(view).masters.filter((m) =>
      m.id === self.id ? self.phase !== 'leaving' : !isLeaving(members.get(m.id)),
    )
  }

  /** Somebody in the roster stops or has left, and nobody has to wait for it any more. */
  #leaversDue(view: View): boolean {
    const { members, self } = this.#parts
    const areInSync = this.#stayers(view).every((m) => m.inSync)
    return view.roster.some(({ id }) => {
      const member = members.get(id)
      if (id === self.id || member === undefined) return false
      const isMaster = onlyGroup(view).masters.some((m) => m.id === id)
      if (!members.isAlive(id)) return !isMaster && hasDeparted(member)
      const isContained = member.beat?.lineages.every((ballot) => contains(view, ballot)) ?? false
      return isLeaving(member) && isContained && (areInSync || !isMaster)
    })
  }

  /** A view that somebody waits for; tried again after a while if nothing came of it. */
  #dueReason(view: View, nowMs: number): ViewCause | undefined {
    const reason =
      this.#wished(view) ??
      (this.#leaversDue(view) ? 'leaving' : this.#tooSmallDue(view, nowMs) ? 'no-room' : undefined)
    if (reason === undefined || nowMs < this.#dueNotBeforeMs) return undefined
    this.#dueNotBeforeMs = nowMs + DUE_PAUSE_MS
    return reason
  }

  /** A syncing master will not get in sync, and without it there are masters enough, or will be. */
  #tooSmallDue(view: View, nowMs: number): boolean {
    const { candidates, settings } = this.#parts
    const { masters } = onlyGroup(view)
    const tooSmall = masters.filter((m) => !m.inSync && candidates.isTooSmall(m.id))
    if (tooSmall.length === 0 || !this.#rules.tooSmallStandsDown) return false
    const left = masters.length - tooSmall.length + this.#newcomers(view, nowMs).length
    return left >= minCopies(settings, view.roster)
  }

  /** Who may become a master, and is none. */
  #newcomers(view: View, nowMs: number): NodeId[] {
    const { masters } = onlyGroup(view)
    const eligible = this.#parts.candidates.forVacancy(nowMs, view)
    return eligible.filter((id) => !masters.some((m) => m.id === id))
  }

  /** What an operator wants, as long as the view is not so. */
  #wished(view: View): ViewCause | undefined {
    const wish = this.#parts.wishes.current
    return wish === undefined || isFulfilled(wish, view) ? undefined : wish.kind
  }

  /** Verified nodes that the roster lacks, or has elsewhere, are listed together, a moment later. */
  #strangersWaited(view: View, nowMs: number): boolean {
    const strangers =
      !isListed(view, this.#parts.self) ||
      this.#parts.members
        .alive()
        .some((m) => !isListed(view, m) && !isLeaving(m) && !this.#parts.candidates.isForeign(m))
    if (!strangers) {
      this.#strangersSinceMs = undefined
      return false
    }
    this.#strangersSinceMs ??= nowMs
    return nowMs - this.#strangersSinceMs >= ROSTER_WAIT_MS
  }

  #asOther(nowMs: number): ViewCause | undefined {
    const { standing, candidates } = this.#parts
    const view = standing.route
    if (this.hearsPrimary()) {
      this.#parts.proposer.forgetTrouble()
      this.#noPrimarySinceMs = nowMs
      this.#isNudged = false
      return undefined
    }
    if (this.#isNudged && standing.wholeLineages().length > 0) return 'nudged'
    if (this.#hearsNewerPrimary(view)) {
      this.#noPrimarySinceMs = nowMs
      return undefined
    }
    const waitMs = this.#patienceMs(view) + candidates.rank() * STAGGER_MS
    return nowMs - this.#noPrimarySinceMs >= waitMs ? 'no-primary' : undefined
  }

  /** How long a missing primary is given, beyond this node's turn. */
  #patienceMs(view: View | undefined): number {
    if (view === undefined) return 0
    const primary = primaryOf(view)
    if (this.#parts.members.isGone(primary.id)) {
      this.#report(view)
      return 0
    }
    // Nobody else will act for this node: it restarted, or its own promise has fenced it.
    if (primary.id === this.#parts.self.id) return PROPOSAL_MS
    return SUSPECT_AFTER_MS
  }

  /** Tells the other masters at once: they are the ones who can propose. */
  #report(view: View): void {
    if (this.#reported !== undefined && sameBallot(this.#reported, view.ballot)) return
    this.#reported = view.ballot
    const primary = primaryOf(view)
    for (const master of onlyGroup(view).masters) {
      if (!master.inSync || master.id === primary.id) continue
      const epoch = this.#parts.standing.maxEpoch
      nudge(this.#out, this.#parts.members.get(master.id), { epoch, suspect: primary.id })
    }
  }

  /** Somebody acts as primary of a newer view: node.ts is asking it for that view. */
  #hearsNewerPrimary(view: View | undefined): boolean {
    return this.#parts.members
      .alive()
      .some(
        (m) =>
          m.beat?.isActive === true &&
          (view === undefined || compareBallots(m.beat.ballot, view.ballot) > 0),
      )
  }
}

/** The roster says where it is, or has no room for it. After a restart it is how others find it. */
function isListed(view: View, { id, address }: Pick<Member, 'id' | 'address'>): boolean {
  const listed = view.roster.find((node) => node.id === id)
  return listed === undefined ? view.roster.length >= NODES_MAX : listed.address === address
}
