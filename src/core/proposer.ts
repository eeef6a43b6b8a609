// Runs a proposal: prepare to all, choose a view, accept by all, then it is active.
// When to propose is triggers.ts' business, which view is choose.ts'.
import { isAccepted } from './acceptance.ts'
import type { Acceptor } from './acceptor.ts'
import { audience, countedOn } from './audience.ts'
import type { Candidates } from './candidates.ts'
import { type Choice, chooseView } from './choose.ts'
import { whyHopeless } from './hopeless.ts'
import { departedOf } from './leavers.ts'
import {
  BALLOT_EPOCH_MAX,
  HOPELESS_PAUSE_MS,
  PROMISE_WAIT_MS,
  PROPOSAL_MS,
  PROPOSAL_PAUSE_MS,
  VIEW_CALL_WAIT_MS,
} from './limits.ts'
import type { Follower } from './follower.ts'
import type { Leases } from './leases.ts'
import type { Members } from './members.ts'
import type { Merge } from './merge.ts'
import type { CallAnswer, NodePromise } from './messages.ts'
import { told } from './no-view.ts'
import type { Outbox } from './outbox.ts'
import type { Random } from './ports.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { ClusterSettings } from './settings.ts'
import type { Standing } from './standing.ts'
import type { Stream } from './stream.ts'
import type { SyncedMasters } from './synced-masters.ts'
import type { Ballot, NodeId, View, ViewStart } from './types.ts'
import { announce, nudge } from './view-calls.ts'
import { Wanting } from './wanting.ts'
import type { Wish, Wishes } from './wishes.ts'
import {
  ballotOf,
  compareBallots,
  describeMasters,
  formatBallot,
  onlyGroup,
  sameBallot,
} from './view.ts'

interface Proposal {
  readonly ballot: Ballot
  readonly reason: string
  /** When the prepare calls left: the promise may have taken a while to flush. */
  sentAtMs: number
  readonly startedMs: number
  round: 'flushing' | 'preparing' | 'accepting' | 'activating'
  readonly asked: Set<NodeId>
  readonly promises: Map<NodeId, NodePromise>
  readonly accepted: Set<NodeId>
  readonly isMerge: boolean
  readonly isHandoff: boolean
  /** Nodes that it counted on to answer when it chose, this one included. */
  heardCount: number
  readonly force: Force | undefined
  voterLists: readonly (readonly NodeId[])[]
  readonly acceptSentAtMs: Map<NodeId, number>
}

export interface ProposerParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly acceptor: Acceptor
  readonly candidates: Candidates
  readonly leases: Leases
  readonly random: Random
  readonly stream: Stream
  readonly follower: Follower
  readonly synced: SyncedMasters
  readonly merge: Merge
  readonly wishes: Wishes
}

interface ProposeFor {
  readonly reason: string
  readonly isMerge: boolean
  readonly isHandoff?: boolean
  /** An operator's order: go on from what is left. */
  readonly force?: Force
}

interface Force {
  /** Somebody here has what the cluster can go on with. */
  readonly onRefused: (reason: string) => void
}

export class Proposer {
  readonly #out: Outbox
  readonly #parts: ProposerParts
  readonly #settings: ClusterSettings
  readonly #rules: Rules
  #proposal: Proposal | undefined
  #notBeforeMs = 0
  #hasDeferred = false
  readonly wanting = new Wanting()

  constructor(
    out: Outbox,
    parts: ProposerParts,
    setUp: { settings: ClusterSettings; rules: Rules },
  ) {
    this.#out = out
    this.#parts = parts
    this.#settings = setUp.settings
    this.#rules = setUp.rules
  }

  get trouble(): string | undefined {
    return this.wanting.trouble
  }

  get isBusy(): boolean {
    return this.#proposal !== undefined
  }

  mayPropose(nowMs: number): boolean {
    return this.#proposal === undefined && nowMs >= this.#notBeforeMs
  }

  /** There is a primary again. */
  forgetTrouble(): void {
    this.wanting.end()
  }

  /** No proposal before this moment. */
  holdUntil(untilMs: number): void {
    this.#notBeforeMs = Math.max(this.#notBeforeMs, untilMs)
  }

  propose(about: ProposeFor, nowMs: number): void {
    const { standing, self } = this.#parts
    if (self.isWitness) return
    this.wanting.begin(nowMs)
    // No promise is made in vain: it would only fence this node.
    const hopeless = about.force ? undefined : whyHopeless(this.#parts, this.#settings)
    if (hopeless !== undefined) {
      this.wanting.chose({ kind: 'wait', reason: hopeless })
      this.holdUntil(nowMs + HOPELESS_PAUSE_MS)
      return
    }
    const epoch = Math.max(standing.maxEpoch, standing.promised.epoch) + 1
    if (epoch > BALLOT_EPOCH_MAX) return
    const ballot = { epoch, proposer: self.id }
    const proposal: Proposal = {
      ballot,
      reason: about.reason,
      sentAtMs: nowMs,
      startedMs: nowMs,
      round: 'flushing',
      asked: new Set(),
      promises: new Map(),
      accepted: new Set(),
      isMerge: about.isMerge,
      isHandoff: about.isHandoff ?? false,
      heardCount: 0,
      force: about.force,
      voterLists: [],
      acceptSentAtMs: new Map(),
    }
    this.#proposal = proposal
    this.#out.log('debug', 'view-proposed', { ballot: formatBallot(ballot), reason: about.reason })
    standing.promise(ballot, (thenMs) => this.#prepare(proposal, thenMs))
  }

  abort(why: string, nowMs: number): void {
    if (this.#proposal === undefined) return
    this.#out.log('debug', 'view-proposal-failed', {
      ballot: formatBallot(this.#proposal.ballot),
      reason: this.#proposal.reason,
      why,
    })
    this.#proposal = undefined
    const { from, to } = PROPOSAL_PAUSE_MS
    this.holdUntil(nowMs + from + this.#parts.random() * (to - from))
  }

  tick(nowMs: number): void {
    const proposal = this.#proposal
    if (proposal === undefined) return
    if (nowMs - proposal.sentAtMs > PROPOSAL_MS) {
      this.abort(proposal.round === 'accepting' ? 'not accepted in time' : 'timed out', nowMs)
    } else if (compareBallots(proposal.ballot, this.#parts.standing.promised) < 0) {
      this.abort('outbid', nowMs)
    } else if (proposal.round === 'preparing' && nowMs - proposal.sentAtMs >= PROMISE_WAIT_MS) {
      this.#choose(proposal, nowMs)
    }
  }

  #prepare(proposal: Proposal, nowMs: number): void {
    if (!this.#isCurrent(proposal)) return
    proposal.round = 'preparing'
    proposal.sentAtMs = nowMs
    proposal.promises.set(this.#parts.self.id, this.#parts.acceptor.ownPromise())
    for (const member of audience(this.#parts)) {
      // Somebody unverified may promise, but nobody waits for it.
      if (this.#parts.members.isAlive(member.id)) proposal.asked.add(member.id)
      const request = {
        kind: 'prepare',
        ballot: proposal.ballot,
        reason: proposal.reason,
        isMerge: proposal.isMerge,
        isHandoff: proposal.isHandoff,
      } as const
      this.#out.call(member.address, request, {
        timeoutMs: VIEW_CALL_WAIT_MS,
        onAnswer: (answer, thenMs) => this.#prepared(proposal, { id: member.id, answer }, thenMs),
      })
    }
    this.#chooseIfAllAnswered(proposal, nowMs)
  }

  #prepared(proposal: Proposal, from: { id: NodeId; answer: CallAnswer }, nowMs: number): void {
    if (!this.#isCurrent(proposal) || proposal.round !== 'preparing') return
    const { id, answer } = from
    proposal.asked.delete(id)
    if (answer.kind !== 'response') {
      if (answer.kind !== 'late') this.#parts.members.suspect(id, nowMs)
    } else if (answer.response.kind === 'promise') {
      proposal.promises.set(id, answer.response.promise)
      // Versions of the new view must be above all that its masters store, whatever their clocks say.
      this.#parts.self.stored(answer.response.promise.clock)
    } else if (answer.response.kind === 'rejected') {
      this.#parts.standing.sawEpoch(answer.response.promised.epoch)
      if (answer.response.isVeto) {
        this.abort('vetoed: the primary lives', nowMs)
        return
      }
    }
    this.#chooseIfAllAnswered(proposal, nowMs)
  }

  #chooseIfAllAnswered(proposal: Proposal, nowMs: number): void {
    if (proposal.asked.size === 0) this.#choose(proposal, nowMs)
  }

  #choose(proposal: Proposal, nowMs: number): void {
    const { standing, self, acceptor, candidates, members, merge } = this.#parts
    if (this.#rules.stallRule && nowMs - proposal.sentAtMs > 2 * PROMISE_WAIT_MS) {
      this.abort('stalled while waiting for promises', nowMs)
      return
    }
    if (!sameBallot(standing.promised, proposal.ballot)) {
      this.abort('outbid', nowMs)
      return
    }
    proposal.promises.set(self.id, acceptor.ownPromise())
    proposal.heardCount = countedOn(this.#parts, nowMs) + 1
    const choice = chooseView({
      ballot: proposal.ballot,
      me: self.id,
      promises: proposal.promises,
      heardCount: proposal.heardCount,
      ...candidates.forChoice(nowMs),
      hasSynced: (ballot, id) => this.#parts.synced.has(ballot, id),
      hasDeferred: this.#hasDeferred,
      isHandoff: proposal.isHandoff,
      departed: departedOf(members.all()),
      wish: this.#wish(proposal),
      startOn: (base) => this.#startOn(base, proposal.ballot, nowMs),
      mayLeaveNewest: this.wanting.isLong(nowMs),
      glimpsed: this.wanting.glimpsed(nowMs),
      merged: merge.merged(),
      isGone: (id) => members.isAway(id),
      settings: this.#settings,
      rules: this.#rules,
    })
    this.wanting.saw({ promises: proposal.promises, rules: this.#rules }, nowMs)
    this.wanting.chose(choice)
    if (choice.kind === 'view') {
      proposal.voterLists = choice.voterLists
      if (choice.left !== undefined) this.#out.log('warn', 'newest-left', told(choice.left))
      this.#accept(proposal, choice.view, nowMs)
    } else this.#giveWay(choice, proposal, nowMs)
  }

  #wish(proposal: Proposal): Wish | undefined {
    if (proposal.force !== undefined) return { kind: 'force' }
    return this.#parts.standing.isLeader ? this.#parts.wishes.current : undefined
  }

  /** The stream of the view to come: this node's own goes on, or a new one continues the base's. */
  #startOn(base: View | undefined, ballot: Ballot, nowMs: number): ViewStart {
    const { self, standing, stream, follower } = this.#parts
    const clock = self.nextVersion(nowMs)
    const isMine = base !== undefined && sameBallot(base.ballot, ballotOf(standing.view))
    if (isMine && stream.isOwn(base.start.stream)) {
      return { ...base.start, clock, seq: stream.committedSeq }
    }
    // In another life, or without the base, this node cannot tell how much it has of that stream.
    const hasFollowed = isMine && standing.mastership?.inSync === true
    const continues = hasFollowed ? follower.position : undefined
    return { clock, stream: ballot, seq: 0, continues }
  }

  #giveWay(choice: Exclude<Choice, { kind: 'view' }>, proposal: Proposal, nowMs: number): void {
    const { members } = this.#parts
    if (choice.kind === 'nudge') {
      if (choice.isDeferral) this.#hasDeferred = true
      const { epoch } = proposal.ballot
      for (const id of choice.to) nudge(this.#out, members.get(id), { epoch, suspect: undefined })
      this.abort('another node should propose', nowMs)
      return
    }
    if (choice.kind === 'refused') proposal.force?.onRefused(choice.reason)
    this.abort(choice.reason, nowMs)
    this.holdUntil(nowMs + HOPELESS_PAUSE_MS)
  }

  #accept(proposal: Proposal, view: View, nowMs: number): void {
    proposal.round = 'accepting'
    this.#hasDeferred = false
    this.#parts.standing.accept(view, nowMs, (thenMs) => {
      if (!this.#isCurrent(proposal)) return
      proposal.accepted.add(this.#parts.self.id)
      for (const id of proposal.promises.keys()) {
        if (id === this.#parts.self.id) continue
        this.#askToAccept(proposal, { id, view }, thenMs)
      }
      this.#activateIfAccepted(proposal, view, thenMs)
    })
  }

  #askToAccept(proposal: Proposal, ask: { id: NodeId; view: View }, nowMs: number): void {
    const { id, view } = ask
    const address = proposal.promises.get(id)?.address
    if (address === undefined) return
    proposal.acceptSentAtMs.set(id, nowMs)
    this.#out.call(
      address,
      { kind: 'accept', view },
      {
        timeoutMs: VIEW_CALL_WAIT_MS,
        onAnswer: (answer, thenMs) => {
          if (!this.#isCurrent(proposal)) return
          if (answer.kind !== 'response') {
            if (answer.kind !== 'late') this.#parts.members.suspect(id, thenMs)
            return
          }
          if (answer.response.kind === 'rejected') {
            this.#parts.standing.sawEpoch(answer.response.promised.epoch)
          }
          if (answer.response.kind !== 'accepted') return
          proposal.accepted.add(id)
          this.#activateIfAccepted(proposal, view, thenMs)
        },
      },
    )
  }

  #activateIfAccepted(proposal: Proposal, view: View, nowMs: number): void {
    const { standing } = this.#parts
    if (!sameBallot(standing.promised, proposal.ballot)) return
    if (this.#rules.stallRule && nowMs - proposal.sentAtMs > PROPOSAL_MS) {
      this.abort('stalled while waiting for acceptance', nowMs)
      return
    }
    const setUp = { settings: this.#settings, rules: this.#rules }
    if (proposal.round !== 'accepting' || !isAccepted(proposal, view, setUp)) return
    proposal.round = 'activating'
    if (this.#rules.actsOnlyRemembered) {
      standing.rememberActive(view, (thenMs) => this.#activate(proposal, view, thenMs))
    } else {
      standing.rememberActive(view, () => {})
      this.#activate(proposal, view, nowMs)
    }
  }

  #activate(proposal: Proposal, view: View, nowMs: number): void {
    const { standing, leases, self } = this.#parts
    if (!this.#isCurrent(proposal) || !sameBallot(ballotOf(standing.view), view.ballot)) return
    if (this.#rules.stallRule && nowMs - proposal.sentAtMs > PROPOSAL_MS) {
      this.abort('stalled before it could act', nowMs)
      return
    }
    this.#proposal = undefined
    for (const { id } of onlyGroup(view).masters) {
      const atMs = proposal.acceptSentAtMs.get(id)
      if (id !== self.id && atMs !== undefined) leases.prove(id, view.ballot, atMs)
    }
    this.#out.log('info', 'view-active', {
      ballot: formatBallot(view.ballot),
      reason: proposal.reason,
      tookMs: Math.round(nowMs - proposal.startedMs),
      masters: describeMasters(view),
      roster: view.roster.length,
    })
    standing.activate(nowMs)
    announce(this.#out, audience(this.#parts), view)
  }

  #isCurrent(proposal: Proposal): boolean {
    return this.#proposal === proposal
  }
}
