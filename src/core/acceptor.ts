// Answers prepare, accept and commit: what this node promises and which view it accepts.
// Proposes nothing; a live primary is protected here by a veto.
import { mustStayOut } from './leavers.ts'
import { KNOCK_WAIT_MS, VETO_MS } from './limits.ts'
import type { NodePromise, NodeRequest, Sender } from './messages.ts'
import type { Members } from './members.ts'
import type { Outbox } from './outbox.ts'
import type { EntryReader } from './ports.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { Ballot, NodeId, View } from './types.ts'
import type { Yielding } from './yielding.ts'
import {
  compareBallots,
  describeMasters,
  formatBallot,
  onlyGroup,
  primaryOf,
  sameBallot,
} from './view.ts'

type Prepare = Extract<NodeRequest, { kind: 'prepare' }>

export class Acceptor {
  readonly #out: Outbox
  readonly #self: Self
  readonly #standing: Standing
  readonly #members: Members
  readonly #store: EntryReader
  readonly #rules: Rules
  readonly #yielding: Yielding
  readonly #isIdle: () => boolean
  /** What the proposer of the last promised ballot gave as its cause. */
  #cause: { readonly ballot: Ballot; readonly reason: string } | undefined

  constructor(
    out: Outbox,
    parts: {
      self: Self
      standing: Standing
      members: Members
      store: EntryReader
      rules: Rules
      yielding: Yielding
      /** Nothing of the view that this node leads is under way. */
      isIdle: () => boolean
    },
  ) {
    this.#out = out
    this.#self = parts.self
    this.#standing = parts.standing
    this.#members = parts.members
    this.#store = parts.store
    this.#rules = parts.rules
    this.#yielding = parts.yielding
    this.#isIdle = parts.isIdle
  }

  /** This node's promise as a proposer needs it. */
  ownPromise(): NodePromise {
    return {
      state: this.#standing.state,
      incarnation: this.#self.incarnation,
      address: this.#self.address,
      keyCount: this.#store.keyCount,
      clock: this.#self.sender().clock,
      isWitness: this.#self.isWitness,
      isLeaving: this.#self.phase === 'leaving',
      isIdle: this.#isIdle(),
      isPartEmpty: this.#standing.isPartEmpty,
    }
  }

  prepare(from: Sender, request: Prepare, ticket: number, nowMs: number): void {
    this.#standing.sawEpoch(request.ballot.epoch)
    const lineages = this.#members.get(from.id)?.beat?.lineages ?? []
    const isOut = mustStayOut(from.id, lineages, this.#standing.view)
    if (compareBallots(request.ballot, this.#standing.promised) <= 0 || isOut) {
      this.#reject(ticket, false)
      return
    }
    const verdict = this.#veto(from.id, request, nowMs)
    if (verdict.kind === 'veto') this.#reject(ticket, true)
    else if (verdict.kind === 'free') this.#promise(request, ticket)
    else this.#knock(verdict.primary, request, ticket)
  }

  accept(view: View, ticket: number, nowMs: number): void {
    const listed = onlyGroup(view).masters.find((m) => m.id === this.#self.id)
    const isOldLife = listed !== undefined && listed.incarnation !== this.#self.incarnation
    if (
      isOldLife ||
      this.#standing.isForgottenBy(view) ||
      compareBallots(view.ballot, this.#standing.promised) < 0
    ) {
      this.#reject(ticket, false)
      return
    }
    this.#standing.accept(view, nowMs, () => {
      const isStill = sameBallot(this.#standing.promised, view.ballot)
      if (isStill) this.#out.respond(ticket, { kind: 'accepted' })
      else this.#reject(ticket, false)
    })
  }

  /** Says that this node follows another view now, and why there is one, if it was told. */
  logAccepted(view: View): void {
    const isTold = this.#cause !== undefined && sameBallot(this.#cause.ballot, view.ballot)
    this.#out.log('info', 'view-accepted', {
      ballot: formatBallot(view.ballot),
      reason: isTold ? this.#cause?.reason : 'adopted',
      masters: describeMasters(view),
    })
  }

  /** Why a proposal against the present primary should be refused, if it should. */
  #veto(
    proposer: NodeId,
    request: Prepare,
    nowMs: number,
  ): { kind: 'free' } | { kind: 'veto' } | { kind: 'knock'; primary: NodeId } {
    const view = this.#standing.route
    const isAgreed = (request.isMerge && this.#rules.mergeViewsSkipVeto) || request.isHandoff
    if (!this.#rules.vetoProtectsPrimary || isAgreed || view === undefined) return { kind: 'free' }
    const primary = primaryOf(view)
    if (primary.id === proposer) return { kind: 'free' }
    if (primary.id === this.#self.id) {
      const others = onlyGroup(view).masters.filter((m) => m.id !== this.#self.id)
      const isWhole = others.every((m) => this.#members.isAlive(m.id))
      return this.#standing.isActive && isWhole ? { kind: 'veto' } : { kind: 'free' }
    }
    const member = this.#members.get(primary.id)
    const isHeard =
      member !== undefined &&
      !this.#members.isGone(primary.id) &&
      nowMs - member.lastHeardMs < VETO_MS &&
      member.incarnation === primary.incarnation &&
      member.beat?.isActive === true &&
      sameBallot(member.beat.ballot, view.ballot)
    return isHeard ? { kind: 'knock', primary: primary.id } : { kind: 'free' }
  }

  /** The primary was heard a moment ago, but it may have died since: see whether its door opens. */
  #knock(primary: NodeId, request: Prepare, ticket: number): void {
    const address = this.#members.get(primary)?.address
    if (address === undefined) {
      this.#reject(ticket, true)
      return
    }
    this.#out.call(
      address,
      { kind: 'ping', nonce: formatBallot(request.ballot), hearsYou: true },
      {
        timeoutMs: KNOCK_WAIT_MS,
        onAnswer: (answer) => {
          const isGone = answer.kind === 'refused' || answer.kind === 'broken'
          const isStale = compareBallots(request.ballot, this.#standing.promised) <= 0
          if (isGone && !isStale) this.#promise(request, ticket)
          else this.#reject(ticket, !isStale)
        },
      },
    )
  }

  #promise({ ballot, reason }: Prepare, ticket: number): void {
    this.#cause = { ballot, reason }
    this.#standing.promise(ballot, (nowMs) => {
      // A second proposer may have got a higher promise while this one was being flushed.
      if (!sameBallot(this.#standing.promised, ballot)) {
        this.#reject(ticket, false)
        return
      }
      this.#yielding.promised(nowMs)
      this.#out.respond(ticket, { kind: 'promise', promise: this.ownPromise() })
    })
  }

  #reject(ticket: number, isVeto: boolean): void {
    this.#out.respond(ticket, { kind: 'rejected', promised: this.#standing.promised, isVeto })
  }
}
