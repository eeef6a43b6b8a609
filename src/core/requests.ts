// Routes another node's request to the machine it concerns. Decides nothing itself, except that a
// write must name the view it was sent by.
import { unreachable } from './assert.ts'
import { FORWARD_AGE_MAX_MS } from './limits.ts'
import type { NodeRequest, Sender } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { Parts } from './parts.ts'
import type { Rules } from './rules.ts'
import type { Ballot } from './types.ts'
import { ballotOf, sameBallot } from './view.ts'

export interface RequestEvent {
  readonly ticket: number
  readonly sender: Sender
  readonly request: NodeRequest
}

export class Requests {
  readonly #out: Outbox
  readonly #parts: Parts
  readonly #rules: Rules

  constructor(out: Outbox, parts: Parts, rules: Rules) {
    this.#out = out
    this.#parts = parts
    this.#rules = rules
  }

  take({ ticket, sender, request }: RequestEvent, nowMs: number): void {
    const { acceptor, standing, follower, serving, mirrorSource, synced } = this.#parts
    const { announcer, recovery, audit, orders } = this.#parts
    switch (request.kind) {
      case 'ping':
        return this.#ping(request, { ticket, sender })
      case 'prepare':
        return acceptor.prepare(sender, request, ticket, nowMs)
      case 'accept':
        return acceptor.accept(request.view, ticket, nowMs)
      case 'commit':
        standing.adopt(request.view, nowMs)
        return this.#out.respond(ticket, { kind: 'noted' })
      case 'nudge':
        return this.#nudge(request, ticket, nowMs)
      case 'view': {
        const view = standing.isActive ? standing.view : undefined
        return this.#out.respond(ticket, { kind: 'view', view })
      }
      case 'write':
        return this.#write(request, ticket, nowMs)
      case 'replicate':
        return follower.replicate(request, ticket, nowMs)
      case 'barrier':
        return this.#barrier(request, ticket)
      case 'read':
        return serving.read(request, ticket, nowMs)
      case 'missed':
        return announcer.missed(request.after, ticket)
      case 'remembered':
        return mirrorSource.remembered(request, ticket, nowMs)
      case 'digest':
        return mirrorSource.digest(request.ballot, ticket)
      case 'page':
        return mirrorSource.page(request, ticket, nowMs)
      case 'fetch':
        return mirrorSource.fetch(request, ticket, nowMs)
      case 'synced':
        synced.add(request.ballot, sender.id)
        return this.#out.respond(ticket, { kind: 'noted' })
      case 'takeOver':
        return this.#takeOver(request.ballot, ticket, nowMs)
      case 'order':
        return orders.asked(request.order, ticket, nowMs)
      case 'salvage':
        return this.#parts.force.asked(ticket, nowMs)
      case 'recover':
        return recovery.answer(request, ticket, nowMs)
      case 'audit':
        return audit.requested(ticket, nowMs)
      case 'heldDigest':
      case 'heldPage':
      case 'heldFetch':
        return this.#parts.mergeSource.take(request, ticket, nowMs)
      default:
        return unreachable(request)
    }
  }

  #ping(
    request: Extract<NodeRequest, { kind: 'ping' }>,
    from: { ticket: number; sender: Sender },
  ): void {
    const { self, members } = this.#parts
    if (!request.hearsYou) members.isNotHeardBy(from.sender.id)
    const { id, incarnation } = self
    this.#out.respond(from.ticket, { kind: 'pong', nonce: request.nonce, id, incarnation })
  }

  #takeOver(ballot: Ballot, ticket: number, nowMs: number): void {
    const isTaken = this.#parts.triggers.takeOver(ballot, nowMs)
    const reason = 'this node cannot take over now'
    this.#out.respond(ticket, isTaken ? { kind: 'noted' } : { kind: 'unable', reason })
  }

  #nudge(request: Extract<NodeRequest, { kind: 'nudge' }>, ticket: number, nowMs: number): void {
    const { standing, triggers, members } = this.#parts
    standing.sawEpoch(request.epoch)
    if (request.suspect === undefined) triggers.nudged()
    else members.suspect(request.suspect, nowMs)
    this.#out.respond(ticket, { kind: 'noted' })
  }

  /**
   * A write from another node. It names the view it was sent by, and the heartbeat of ours that its
   * sender had heard: one that was under way for long is told by them, and is not looked at.
   */
  #write(request: Extract<NodeRequest, { kind: 'write' }>, ticket: number, nowMs: number): void {
    const { standing, writes } = this.#parts
    const isMine = sameBallot(ballotOf(standing.view), request.ballot)
    const isLate = !this.#isRecent(request.heard, nowMs) && this.#rules.forwardNamesHeartbeat
    if ((!isMine && this.#rules.forwardNamesView) || isLate) {
      this.#respondFenced(ticket)
      return
    }
    writes.submit(
      request.command,
      (outcome) => this.#out.respond(ticket, { kind: 'written', outcome }),
      nowMs,
    )
  }

  /** By our own clock: whoever had heard this heartbeat spoke after it was sent. */
  #isRecent(heard: number, nowMs: number): boolean {
    const sentAtMs = this.#parts.leases.sentAtMs(heard)
    return sentAtMs !== undefined && nowMs - sentAtMs <= FORWARD_AGE_MAX_MS
  }

  /** "Does this view still hold for you?" */
  #barrier(request: Extract<NodeRequest, { kind: 'barrier' }>, ticket: number): void {
    const { standing } = this.#parts
    const isFrozen = standing.isFrozen && this.#rules.promiseFreezes
    const isSame = sameBallot(ballotOf(standing.view), request.ballot)
    if (isSame && !isFrozen && standing.mastership !== undefined) {
      this.#out.respond(ticket, { kind: 'holds' })
    } else this.#respondFenced(ticket)
  }

  #respondFenced(ticket: number): void {
    const { promised, view } = this.#parts.standing
    this.#out.respond(ticket, { kind: 'fenced', promised, ballot: ballotOf(view) })
  }
}
