// An operator's order to go on without the holders of the newest data: has every node in sight save its
// copies, then proposes a view over what is left. Refused while anybody holds what could be gone on with.
import { audience, isCountedOn } from './audience.ts'
import type { Candidates } from './candidates.ts'
import { ORDER_WAIT_MS, SALVAGE_WAIT_MS } from './limits.ts'
import type { Member, Members } from './members.ts'
import type { Merge } from './merge.ts'
import type { CallAnswer } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { EntryReader } from './ports.ts'
import type { Proposer } from './proposer.ts'
import type { Rules } from './rules.ts'
import type { Salvage, SalvageEnd } from './salvage.ts'
import type { Self } from './self.ts'
import type { ClusterSettings } from './settings.ts'
import type { Standing } from './standing.ts'
import type { Triggers } from './triggers.ts'
import type { NodeId, OrderOutcome, View } from './types.ts'
import { whyUnneeded } from './unneeded.ts'
import { formatBallot } from './view.ts'

interface Run {
  readonly reply: (outcome: OrderOutcome) => void
  /** Nodes whose copies are not on their disks yet. */
  readonly waiting: Set<NodeId>
  readonly nodes: number
  /** The view that this node had accepted when it got the order. */
  readonly before: View | undefined
  /** Copies that were newer than what their nodes had stored. */
  copies: number
  untilMs: number
}

export interface ForceParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly candidates: Candidates
  readonly triggers: Triggers
  readonly proposer: Proposer
  readonly merge: Merge
  readonly salvage: Salvage
  readonly store: EntryReader
  readonly settings: ClusterSettings
}

export class Force {
  readonly #out: Outbox
  readonly #parts: ForceParts
  readonly #rules: Rules
  #run: Run | undefined

  constructor(out: Outbox, parts: ForceParts, rules: Rules) {
    this.#out = out
    this.#parts = parts
    this.#rules = rules
  }

  /** From an operator at this node, which leads what comes of it. */
  take(reply: (outcome: OrderOutcome) => void, nowMs: number): void {
    const refusal = this.#whyNot()
    if (refusal !== undefined) return reply(refusal)
    const { self, members, candidates, standing } = this.#parts
    const others = audience({ members, candidates, standing }).filter((m) => isCountedOn(m, nowMs))
    const waiting = new Set([self.id, ...others.map((m) => m.id)])
    const untilMs = nowMs + SALVAGE_WAIT_MS
    const before = standing.view
    const run: Run = { reply, waiting, nodes: waiting.size, before, copies: 0, untilMs }
    this.#run = run
    this.#out.log('warn', 'force-ordered', { nodes: run.nodes })
    for (const member of others) this.#ask(run, member)
    this.#parts.salvage.start((end, thenMs) => this.#saved(run, end, thenMs), nowMs)
  }

  /** Another node has got the order. */
  asked(ticket: number, nowMs: number): void {
    const reason = this.#rules.forceRefusedWhileHolderKnown ? whyUnneeded(this.#parts) : undefined
    if (reason !== undefined) {
      this.#out.respond(ticket, { kind: 'unneeded', reason })
      return
    }
    this.#parts.salvage.start((end) => {
      if (end.kind === 'done') {
        this.#out.respond(ticket, { kind: 'salvaged', copies: end.copies })
      } else if (end.kind === 'stopped') {
        this.#out.respond(ticket, { kind: 'unneeded', reason: end.reason })
      } else this.#out.respond(ticket, { kind: 'unable', reason: end.reason })
    }, nowMs)
  }

  get isUnderWay(): boolean {
    return this.#run !== undefined
  }

  tick(nowMs: number): void {
    const run = this.#run
    if (run === undefined) return
    const { proposer, standing, triggers } = this.#parts
    if (run.waiting.size > 0) {
      if (nowMs < run.untilMs) return
      const names = [...run.waiting].map((id) => this.#nameOf(id)).join(' and ')
      this.#end(run, failed(`the copies of ${names} are not saved yet: give the order again`))
    } else if (standing.isActive) this.#active(run, nowMs)
    else if (triggers.hearsPrimary()) {
      this.#end(run, declined(whyUnneeded(this.#parts) ?? 'another node is primary by now'))
    } else if (nowMs >= run.untilMs) {
      this.#end(run, failed(proposer.trouble ?? 'no view came of it in time: give the order again'))
    } else if (!this.#hasBegun(run) && proposer.mayPropose(nowMs)) this.#propose(run, nowMs)
  }

  /** A forced view was accepted here: from then on ordinary proposals go on with it. */
  #hasBegun(run: Run): boolean {
    const { view } = this.#parts.standing
    return view?.isUnclean === true && view !== run.before
  }

  #whyNot(): OrderOutcome | undefined {
    const { self, standing } = this.#parts
    if (this.#run !== undefined) return failed('this order is under way: wait for its end')
    if (self.isWitness) {
      return declined('this node is a witness and cannot lead: give the order to another node')
    }
    if (self.phase !== 'member') {
      return failed(`this node is ${self.phase}: give the order again, or to another node`)
    }
    if (standing.view === undefined) {
      return declined('this node was never part of a cluster: give the order to one that was')
    }
    if (!this.#rules.forceRefusedWhileHolderKnown) return undefined
    const reason = whyUnneeded(this.#parts)
    return reason === undefined ? undefined : declined(reason)
  }

  #ask(run: Run, { id, address }: Member): void {
    this.#out.call(
      address,
      { kind: 'salvage' },
      {
        timeoutMs: SALVAGE_WAIT_MS,
        onAnswer: (answer, nowMs) => this.#answered(run, { id, address }, answer, nowMs),
      },
    )
  }

  #answered(
    run: Run,
    from: { id: NodeId; address: string },
    answer: CallAnswer,
    nowMs: number,
  ): void {
    if (this.#run !== run) return
    if (answer.kind !== 'response') {
      const what = `${from.address} did not answer: give the order again, or stop that node first`
      this.#end(run, failed(what))
      return
    }
    const { response } = answer
    if (response.kind === 'salvaged') this.#arrived(run, from.id, response.copies, nowMs)
    else if (response.kind === 'unneeded') {
      this.#end(run, declined(`${from.address} says: ${response.reason}`))
    } else {
      const why = response.kind === 'unable' ? response.reason : response.kind
      this.#end(
        run,
        failed(`${from.address} cannot save its copies (${why}): give it more room, or stop it`),
      )
    }
  }

  #saved(run: Run, end: SalvageEnd, nowMs: number): void {
    if (this.#run !== run) return
    if (end.kind === 'done') this.#arrived(run, this.#parts.self.id, end.copies, nowMs)
    else if (end.kind === 'stopped') this.#end(run, declined(end.reason))
    else
      this.#end(run, failed(`this node cannot save its copies (${end.reason}): give it more room`))
  }

  #arrived(run: Run, id: NodeId, copies: number, nowMs: number): void {
    run.waiting.delete(id)
    run.copies += copies
    if (run.waiting.size > 0) return
    run.untilMs = nowMs + ORDER_WAIT_MS
    this.tick(nowMs)
  }

  #propose(run: Run, nowMs: number): void {
    const onRefused = (reason: string): void => {
      if (this.#run === run) this.#end(run, declined(reason))
    }
    this.#parts.proposer.propose({ reason: 'forced', isMerge: false, force: { onRefused } }, nowMs)
  }

  /** Done when everything is in the primary's store, or time is up: then the rest goes on. */
  #active(run: Run, nowMs: number): void {
    const { standing, merge, store } = this.#parts
    const { view } = standing
    if (view === undefined || !view.isUnclean) {
      this.#end(run, declined(whyUnneeded(this.#parts) ?? 'this node is primary by now'))
      return
    }
    if (merge.due > 0 && nowMs < run.untilMs) return
    const nodes = run.nodes === 1 ? 'this node has' : `${run.nodes} nodes have`
    const rest = merge.due > 0 ? ' so far; the rest is being merged, see /cluster' : ''
    const what = `view ${formatBallot(view.ballot)} goes on with what ${nodes}`
    const sentence = `${what}: ${store.keyCount} keys, ${run.copies} copies saved${rest}`
    this.#end(run, { kind: 'done', sentence })
  }

  #nameOf(id: NodeId): string {
    const { self, members } = this.#parts
    return (id === self.id ? self.address : members.get(id)?.address) ?? id
  }

  #end(run: Run, outcome: OrderOutcome): void {
    this.#run = undefined
    this.#out.log('warn', 'force-ended', { ...outcome })
    run.reply(outcome)
  }
}

function failed(reason: string): OrderOutcome {
  return { kind: 'failed', reason }
}

function declined(reason: string): OrderOutcome {
  return { kind: 'declined', reason }
}
