// An operator's orders: carried to the primary, judged there, and done by a view. One at a time.
// Decides no view itself; what it wants of one is in wishes.ts.
import { unreachable } from './assert.ts'
import type { Candidates } from './candidates.ts'
import type { Handoff } from './handoff.ts'
import { ORDER_WAIT_MS } from './limits.ts'
import type { Members } from './members.ts'
import type { Outbox } from './outbox.ts'
import type { Self } from './self.ts'
import type { ClusterSettings } from './settings.ts'
import type { Standing } from './standing.ts'
import type { NodeId, Order, OrderOutcome, View } from './types.ts'
import { inRoster, onlyGroup, primaryOf } from './view.ts'
import { isFulfilled, type Wish, type Wishes } from './wishes.ts'

type Reply = (outcome: OrderOutcome) => void

/** The order under way. */
interface Run {
  readonly wish: Wish | undefined
  /** Who shall be primary in the end. */
  readonly heir: NodeId | undefined
  readonly sentence: string
  readonly untilMs: number
  readonly reply: Reply
}

export interface OrdersParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly candidates: Candidates
  readonly handoff: Handoff
  readonly wishes: Wishes
  readonly settings: ClusterSettings
  readonly whyNoPrimary: () => string
}

export class Orders {
  readonly #out: Outbox
  readonly #parts: OrdersParts
  #run: Run | undefined

  constructor(out: Outbox, parts: OrdersParts) {
    this.#out = out
    this.#parts = parts
  }

  /** From an operator at this node. */
  take(ticket: number, order: Order, nowMs: number): void {
    const { standing, members } = this.#parts
    const reply: Reply = (outcome) => this.#out.finish(ticket, outcome)
    if (standing.isActive) {
      this.#judge(order, reply, nowMs)
      return
    }
    const { route } = standing
    const primary = route === undefined ? undefined : members.get(primaryOf(route).id)
    if (primary === undefined || !members.isAlive(primary.id)) {
      reply(failed(this.#parts.whyNoPrimary()))
      return
    }
    this.#out.call(
      primary.address,
      { kind: 'order', order },
      {
        timeoutMs: 2 * ORDER_WAIT_MS,
        onAnswer: (answer) => {
          if (answer.kind === 'response' && answer.response.kind === 'ordered') {
            reply(answer.response.outcome)
          } else reply(failed('the primary did not answer: look at /cluster, then try again'))
        },
      },
    )
  }

  /** From another node, which takes this one for the primary. */
  asked(order: Order, ticket: number, nowMs: number): void {
    const reply: Reply = (outcome) => this.#out.respond(ticket, { kind: 'ordered', outcome })
    if (this.#parts.standing.isActive) this.#judge(order, reply, nowMs)
    else reply(failed('the primary has changed: try again'))
  }

  get isUnderWay(): boolean {
    return this.#run !== undefined
  }

  tick(nowMs: number): void {
    const run = this.#run
    if (run === undefined) return
    const { standing, handoff, self } = this.#parts
    const { route } = standing
    if (route !== undefined && this.#isDone(run, route)) {
      this.#end(run, { kind: 'done', sentence: run.sentence })
    } else if (nowMs >= run.untilMs) {
      this.#end(run, failed('no view came of it in time: look at /cluster, then try again'))
    } else if (run.heir !== undefined && standing.isActive && this.#isInSync(run.heir)) {
      handoff.start(run.heir, nowMs)
    } else if (run.heir === undefined && route !== undefined && primaryOf(route).id !== self.id) {
      this.#end(run, failed('the primary has changed: look at /cluster, then try again'))
    }
  }

  #isDone(run: Run, route: View): boolean {
    if (run.heir !== undefined) return primaryOf(route).id === run.heir
    return this.#parts.standing.isActive && run.wish !== undefined && isFulfilled(run.wish, route)
  }

  #end(run: Run, outcome: OrderOutcome): void {
    this.#run = undefined
    this.#parts.wishes.current = undefined
    run.reply(outcome)
  }

  #judge(order: Order, reply: Reply, nowMs: number): void {
    const { view } = this.#parts.standing
    if (view === undefined) return reply(failed(this.#parts.whyNoPrimary()))
    if (this.#run !== undefined)
      return reply(failed('another order is under way: wait for its end'))
    const plan = this.#plan(order, view, nowMs)
    if (plan.kind !== 'plan') return reply(plan)
    const { wish, heir, sentence } = plan
    this.#parts.wishes.current = wish
    this.#run = { wish, heir, sentence, reply, untilMs: nowMs + ORDER_WAIT_MS }
    this.#out.log('info', 'order', { order: order.kind, sentence })
    this.tick(nowMs)
  }

  #plan(order: Order, view: View, nowMs: number): Plan | OrderOutcome {
    switch (order.kind) {
      case 'handoff':
        return this.#planHandoff(order.to, view, nowMs)
      case 'forget':
        return this.#planForget(order.node, view)
      case 'addVoter':
      case 'removeVoter':
        return this.#planVoters(order, view)
      case 'force':
        return declined('there is nothing to force: this node is primary')
      default:
        return unreachable(order)
    }
  }

  #planHandoff(to: string | undefined, view: View, nowMs: number): Plan | OrderOutcome {
    const { self, members, candidates } = this.#parts
    const others = onlyGroup(view).masters.filter((m) => m.id !== self.id)
    const heir = to === undefined ? others.find((m) => m.inSync)?.id : this.#find(to, view)
    if (to === undefined && heir === undefined) {
      return failed('there is no other master in sync: wait until there is, or name another node')
    }
    if (heir === undefined) return unknownNode(to ?? '')
    const sentence = `${this.#name(heir, view)} is primary`
    if (heir === self.id) return { kind: 'done', sentence }
    if (!members.isAlive(heir)) return declined(`${this.#name(heir, view)} cannot be reached`)
    if (others.some((m) => m.id === heir)) return { kind: 'plan', wish: undefined, heir, sentence }
    if (!candidates.forVacancy(nowMs, view).includes(heir)) {
      return declined(`${this.#name(heir, view)} cannot become a master: /cluster may say why`)
    }
    return { kind: 'plan', wish: { kind: 'successor', id: heir }, heir, sentence }
  }

  #planForget(node: string, view: View): Plan | OrderOutcome {
    const { members, self } = this.#parts
    const id = this.#find(node, view)
    if (id === undefined) return unknownNode(node)
    const name = this.#name(id, view)
    const isHere = id === self.id || members.isAlive(id) || members.get(id)?.phase === 'unverified'
    if (isHere) return declined(`${name} is alive: stop it, and it leaves by itself`)
    const sentence = `${name} is forgotten`
    if (!inRoster(view, id)) return declined(`${name} is not in the roster any more`)
    return { kind: 'plan', wish: { kind: 'forget', id }, heir: undefined, sentence }
  }

  #planVoters(
    order: Extract<Order, { kind: 'addVoter' | 'removeVoter' }>,
    view: View,
  ): Plan | OrderOutcome {
    const { settings, members } = this.#parts
    if (settings.mode !== 'majority') return declined('there are voters only with --mode majority')
    const listed = view.voters.find((id) => id === order.node)
    const id = this.#find(order.node, view) ?? listed
    if (id === undefined) return unknownNode(order.node)
    const isVoter = view.voters.includes(id)
    const name = this.#name(id, view)
    const sentence = `${name} is ${order.kind === 'addVoter' ? 'a voter' : 'no voter any more'}`
    if (isVoter === (order.kind === 'addVoter')) return { kind: 'done', sentence }
    if (order.kind === 'removeVoter' && view.voters.length === 1) {
      return declined(`${name} is the only voter: add another one first`)
    }
    const isHere = inRoster(view, id) && members.isAlive(id)
    if (order.kind === 'addVoter' && !isHere) return declined(`${name} is not here: start it first`)
    return { kind: 'plan', wish: { kind: order.kind, id }, heir: undefined, sentence }
  }

  /** By id or by address. */
  #find(name: string, view: View): NodeId | undefined {
    const { self, members } = this.#parts
    if (name === self.id || name === self.address) return self.id
    const member = [...members.all()].find((m) => m.id === name || m.address === name)
    return member?.id ?? view.roster.find((n) => n.id === name || n.address === name)?.id
  }

  #name(id: NodeId, view: View): string {
    const { members, self } = this.#parts
    if (id === self.id) return self.address
    return members.get(id)?.address ?? view.roster.find((n) => n.id === id)?.address ?? id
  }

  #isInSync(id: NodeId): boolean {
    const { view } = this.#parts.standing
    return view !== undefined && onlyGroup(view).masters.some((m) => m.id === id && m.inSync)
  }
}

interface Plan {
  readonly kind: 'plan'
  readonly wish: Wish | undefined
  readonly heir: NodeId | undefined
  readonly sentence: string
}

function failed(reason: string): OrderOutcome {
  return { kind: 'failed', reason }
}

function declined(reason: string): OrderOutcome {
  return { kind: 'declined', reason }
}

function unknownNode(name: string): OrderOutcome {
  return declined(`there is no node ${name} here: /cluster lists the nodes by id and address`)
}
