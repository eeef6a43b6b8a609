// A client's write at any node: handed to the primary, again if need be, until its deadline.
// Keeps the three outcomes apart: applied, not applied, unknown.
import {
  DEADLINE_MS,
  FORWARD_PAUSE_MAX_MS,
  FORWARD_PAUSE_MS,
  FORWARD_WAIT_MS,
  WRITES_MAX,
} from './limits.ts'
import type { Leases } from './leases.ts'
import type { Members } from './members.ts'
import type { CallAnswer } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import { transferMs } from './travel.ts'
import type { Ballot, NodeId, Version, WriteCommand, WriteOutcome } from './types.ts'
import { ballotOf, primaryOf, sameBallot } from './view.ts'
import type { Writes } from './writes.ts'

interface Forward {
  readonly ticket: number
  readonly command: WriteCommand
  readonly deadlineMs: number
  isTrying: boolean
  /** The view of the last attempt, or of what was waited for. */
  triedBy: Ballot
  retryAtMs: number
  /** After the next attempt on that view. */
  pauseMs: number
  /** Some attempt may have reached a primary: from now on "not applied" cannot be said. */
  mayBeApplied: boolean
  lastReason: string
}

export interface ForwardsParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly leases: Leases
  readonly writes: Writes
  /** Told of every write that was applied, before the client is. */
  readonly onApplied: (key: string, version: Version, nowMs: number) => void
  /** A primary is there and acts, or this node is it. */
  readonly hearsPrimary: () => boolean
  /** Why there is no primary, in words for the client. */
  readonly whyNoPrimary: (nowMs: number) => string
}

export class Forwards {
  readonly #out: Outbox
  readonly #parts: ForwardsParts
  readonly #forwards = new Map<number, Forward>()

  constructor(out: Outbox, parts: ForwardsParts) {
    this.#out = out
    this.#parts = parts
  }

  get count(): number {
    return this.#forwards.size
  }

  write(ticket: number, command: WriteCommand, nowMs: number): void {
    if (this.#forwards.size >= WRITES_MAX) {
      const reason = 'too many writes are under way on this node: try again'
      this.#out.finish(ticket, { kind: 'refused', reason })
      return
    }
    const forward: Forward = {
      ticket,
      command,
      deadlineMs: nowMs + DEADLINE_MS + 2 * tripMs(command),
      isTrying: false,
      triedBy: this.#routeBallot(),
      retryAtMs: nowMs,
      pauseMs: FORWARD_PAUSE_MS,
      mayBeApplied: false,
      lastReason: '',
    }
    this.#forwards.set(ticket, forward)
    this.#try(forward, nowMs)
  }

  tick(nowMs: number): void {
    const route = this.#routeBallot()
    for (const forward of this.#forwards.values()) {
      if (nowMs >= forward.deadlineMs) this.#giveUp(forward, nowMs)
      else if (forward.isTrying) continue
      // Another view is another primary, or one that moved on: nothing is known against it.
      else if (nowMs >= forward.retryAtMs || !sameBallot(forward.triedBy, route)) {
        this.#try(forward, nowMs)
      }
    }
  }

  #routeBallot(): Ballot {
    return ballotOf(this.#parts.standing.route)
  }

  #try(forward: Forward, nowMs: number): void {
    const { standing, self } = this.#parts
    const view = standing.route
    if (!sameBallot(forward.triedBy, ballotOf(view))) {
      forward.triedBy = ballotOf(view)
      forward.pauseMs = FORWARD_PAUSE_MS
    }
    if (view === undefined) {
      this.#waitForPrimary(forward, nowMs)
      return
    }
    const primary = primaryOf(view).id
    // Thousands of writes that knock at a closed door would take from those who elect the next one.
    if (this.#parts.members.isGone(primary)) {
      this.#waitForPrimary(forward, nowMs)
      return
    }
    forward.isTrying = true
    if (primary === self.id) {
      this.#parts.writes.submit(
        forward.command,
        (outcome, thenMs) => this.#ended(forward, outcome, thenMs),
        nowMs,
      )
    } else this.#callPrimary(forward, primary, nowMs)
  }

  #callPrimary(forward: Forward, primary: NodeId, nowMs: number): void {
    const view = this.#parts.standing.route
    const address =
      this.#parts.members.get(primary)?.address ??
      view?.roster.find((node) => node.id === primary)?.address
    if (view === undefined || address === undefined) {
      this.#waitForPrimary(forward, nowMs)
      return
    }
    this.#out.call(
      address,
      {
        kind: 'write',
        ballot: view.ballot,
        heard: this.#parts.leases.heardFrom(primary),
        command: forward.command,
      },
      {
        timeoutMs: FORWARD_WAIT_MS + tripMs(forward.command),
        onAnswer: (answer, thenMs) => this.#answered(forward, { primary, answer }, thenMs),
      },
    )
  }

  #answered(forward: Forward, from: { primary: NodeId; answer: CallAnswer }, nowMs: number): void {
    const { primary, answer } = from
    switch (answer.kind) {
      case 'refused':
        // Nothing listens there: surely not applied by this attempt.
        this.#parts.members.suspect(primary, nowMs)
        this.#retryLater(forward, this.#parts.whyNoPrimary(nowMs), nowMs)
        return
      case 'broken':
        this.#parts.members.suspect(primary, nowMs)
        forward.mayBeApplied = true
        this.#retryLater(forward, 'the connection to the primary broke', nowMs)
        return
      case 'late':
        forward.mayBeApplied = true
        this.#retryLater(forward, 'the primary did not answer in time', nowMs)
        return
      case 'response':
        if (answer.response.kind === 'written') {
          this.#ended(forward, answer.response.outcome, nowMs)
          return
        }
        // Only "fenced" says that nothing was done; a primary that stops may have done some of it.
        if (answer.response.kind !== 'fenced') forward.mayBeApplied = true
        this.#retryLater(forward, this.#parts.whyNoPrimary(nowMs), nowMs)
    }
  }

  /** A primary's word on one attempt. */
  #ended(forward: Forward, outcome: WriteOutcome, nowMs: number): void {
    if (!this.#forwards.has(forward.ticket)) return
    switch (outcome.kind) {
      case 'unknown':
        forward.mayBeApplied = true
        this.#retryLater(forward, outcome.reason, nowMs)
        return
      case 'refused':
        this.#retryLater(forward, outcome.reason, nowMs)
        return
      case 'conflict':
      case 'full':
        // An earlier attempt may have been applied; only the same request id can tell.
        if (forward.mayBeApplied) this.#finish(forward, unknown(outcome.kind))
        else this.#finish(forward, outcome)
        return
      case 'applied':
        this.#parts.onApplied(forward.command.key, outcome.version, nowMs)
        this.#finish(forward, outcome)
        return
      case 'reused':
        this.#finish(forward, outcome)
    }
  }

  /** After an attempt that settled nothing: each pause on the same view is twice the last. */
  #retryLater(forward: Forward, reason: string, nowMs: number): void {
    forward.isTrying = false
    forward.lastReason = reason
    forward.retryAtMs = nowMs + forward.pauseMs
    forward.pauseMs = Math.min(2 * forward.pauseMs, FORWARD_PAUSE_MAX_MS)
  }

  /** Nobody was asked, so looking again costs nothing. */
  #waitForPrimary(forward: Forward, nowMs: number): void {
    forward.lastReason = this.#parts.whyNoPrimary(nowMs)
    forward.retryAtMs = nowMs + FORWARD_PAUSE_MS
    forward.pauseMs = FORWARD_PAUSE_MS
  }

  #giveUp(forward: Forward, nowMs: number): void {
    // Without a primary in sight, what is wrong now says more than how the last attempt ended.
    const hasPrimary = this.#parts.hearsPrimary()
    const last = hasPrimary ? forward.lastReason : this.#parts.whyNoPrimary(nowMs)
    const reason = last === '' ? 'the primary did not answer in time' : last
    // A write still with the local primary is neither applied nor refused.
    const isUnknown = forward.mayBeApplied || forward.isTrying
    this.#finish(forward, { kind: isUnknown ? 'unknown' : 'refused', reason })
  }

  #finish(forward: Forward, outcome: WriteOutcome): void {
    if (!this.#forwards.delete(forward.ticket)) return
    this.#out.finish(forward.ticket, outcome)
  }
}

/** One way of its value. Unit: ms. */
function tripMs({ change }: WriteCommand): number {
  return change.kind === 'put' ? transferMs(change.bytes.length) : 0
}

function unknown(end: string): WriteOutcome {
  return {
    kind: 'unknown',
    reason: `a first attempt may have been applied; a second ended: ${end}`,
  }
}
