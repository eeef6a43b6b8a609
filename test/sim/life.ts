// One life of a node: the real core, driven as production drives it, until a crash or a stop.
// Holds the core to its contract: one response a request, of a documented kind, one end a client's
// request, no more.
import { ANSWERS } from '../../scripts/message-answers.ts'
import { unreachable } from '../../src/core/assert.ts'
import type {
  CallAnswer,
  Datagram,
  NodeRequest,
  NodeResponse,
  Sender,
} from '../../src/core/messages.ts'
import { NodeCore, type CoreOptions } from '../../src/core/node.ts'
import type { Effect, Event } from '../../src/core/step.ts'
import type {
  Address,
  Entry,
  Order,
  OrderOutcome,
  ReadOutcome,
  ReadQuery,
  WriteCommand,
  WriteOutcome,
} from '../../src/core/types.ts'
import { STATE_ZERO } from '../../src/core/view.ts'
import { Copies } from '../../src/storage/copies.ts'
import type { Agenda } from './agenda.ts'
import type { Chance } from './chance.ts'
import { Inbox, type InboxOptions, type Lane } from './inbox.ts'
import type { Machine } from './machine.ts'
import type { Violation } from './violation.ts'

/** Bytes of copies a simulated node keeps. Small, so that copies are also pushed out. */
const COPY_BYTES_MAX = 64 * 1024

/** What a life needs of the world around it. */
export interface Surroundings {
  readonly agenda: Agenda
  readonly chance: Chance
  readonly setUp: Omit<CoreOptions, 'identity'> & InboxOptions
  readonly network: Wires
  /** After every step, before its effects are carried out. */
  stepped(life: Life, event: Event, effects: readonly Effect[]): void
  report(violation: Violation): void
  /** The node has left, and would end now. */
  gone(life: Life): void
  /** The node stored more than its disk takes. */
  overflowed(life: Life): void
  /** The node ended itself, by its own word or by a bug. */
  died(life: Life): void
}

/** The network as a node sees it. */
export interface Wires {
  send(from: Life, to: 'everyone' | Address, datagram: Datagram): void
  call(from: Life, call: Extract<Effect, { kind: 'call' }>): void
}

/** A request of another node, until it is answered. */
export interface Asked {
  readonly request: NodeRequest
  readonly sinceMs: number
  respond(response: NodeResponse, sender: Sender): void
  /** The node died first. */
  broke(): void
}

/** A client's request, until it ends; `undefined`: its connection broke. */
export interface Client<Outcome> {
  readonly sinceMs: number
  ended(outcome: Outcome | undefined): void
}

export class Life {
  readonly machine: Machine
  readonly incarnation: number
  readonly core: NodeCore
  readonly copies = new Copies(COPY_BYTES_MAX)
  readonly #around: Surroundings
  readonly #inbox: Inbox
  readonly #asked = new Map<number, Asked>()
  readonly #clients = new Map<number, Client<ReadOutcome | WriteOutcome | OrderOutcome>>()
  /** As its last heartbeat said: the active, unfrozen primary of its view. */
  isActing = false
  #lastTicket = 0
  #pausedUntilMs = 0
  #pausedAtMs = 0
  #pausedMs = 0
  #isPaused = false
  #isOver = false
  #lostPower = false
  /** When the timer ends; undefined: there is none. */
  #tickAtMs: number | undefined

  constructor(around: Surroundings, machine: Machine) {
    const { store } = machine.disk
    this.#around = around
    this.machine = machine
    this.incarnation = store.incarnation
    this.#inbox = new Inbox(around.setUp)
    const random = around.chance.fork()
    const identity = {
      id: machine.id,
      incarnation: store.incarnation,
      address: machine.address,
      isWitness: machine.isWitness,
      state: store.state ?? STATE_ZERO,
    }
    const { settings, fingerprint, rules, tombstoneTtlMs, auditEveryMs } = around.setUp
    const { protocol } = machine
    this.core = new NodeCore(
      { store, copies: this.copies, random: () => random.next() },
      { identity, settings, fingerprint, rules, tombstoneTtlMs, auditEveryMs, protocol },
    )
  }

  /** The first tick tells the core what time it is: before it, nothing else may come in. */
  begin(): void {
    this.#tickAtMs = this.nowMs()
    this.#tick(this.#tickAtMs)
  }

  /** Its operator names nodes that it may find. */
  lookFor(addresses: readonly Address[]): void {
    this.arrive('timer', () => ({ kind: 'lookFor', addresses }))
  }

  /** Its host has another address now. */
  moved(): void {
    this.arrive('timer', () => ({ kind: 'moved', address: this.machine.address }))
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** It ended with its machine: not even the kernel speaks for it any more. */
  get lostPower(): boolean {
    return this.#lostPower
  }

  /** How long this life stood still so far. Unit: ms. */
  get pausedMs(): number {
    const sinceMs = this.#isPaused ? this.#around.agenda.nowMs - this.#pausedAtMs : 0
    return this.#pausedMs + sinceMs
  }

  /** Requests of other nodes that this one has not answered. */
  get asked(): Iterable<Asked> {
    return this.#asked.values()
  }

  /** What another node asked with this ticket, while it has no answer. */
  requestOf(ticket: number): NodeRequest | undefined {
    return this.#asked.get(ticket)?.request
  }

  get openCount(): number {
    return this.#asked.size + this.#clients.size
  }

  nowMs(): number {
    return this.machine.clock.monotonicMs()
  }

  /** An event comes in; it is made when the process gets to it, and may by then be void. */
  arrive(lane: Lane, make: () => Event | undefined): void {
    if (this.#isOver) return
    if (this.#isPaused) this.#inbox.put(lane, () => this.#take(make))
    else this.#take(make)
  }

  ask(sender: Sender, asked: Asked): void {
    this.arrive('socket', () => {
      const ticket = ++this.#lastTicket
      this.#asked.set(ticket, asked)
      return { kind: 'request', ticket, sender, request: asked.request }
    })
  }

  write(command: WriteCommand, client: Client<WriteOutcome>): void {
    this.#admit(client, (ticket) => ({ kind: 'write', ticket, command }))
  }

  order(order: Order, client: Client<OrderOutcome>): void {
    this.#admit(client, (ticket) => ({ kind: 'order', ticket, order }))
  }

  read(query: ReadQuery, client: Client<ReadOutcome>): void {
    this.#admit(client, (ticket) => {
      const outcome = query.strength === 'fresh' ? this.#answer(query) : undefined
      if (outcome === undefined) return { kind: 'read', ticket, query }
      this.#endClient(ticket, outcome)
      return undefined
    })
  }

  /** Stops running for a while, as a stalled event loop or a stopped process does. */
  pause(forMs: number): void {
    const { agenda } = this.#around
    if (!this.#isPaused) this.#pausedAtMs = agenda.nowMs
    this.#isPaused = true
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, agenda.nowMs + forMs)
    agenda.at(this.#pausedUntilMs, () => this.#wakeIfDue())
  }

  /** Ends a pause early. */
  wake(): void {
    this.#pausedUntilMs = this.#around.agenda.nowMs
    this.#wakeIfDue()
  }

  /** The process ends. Whoever waited for it learns of it, unless the machine is silent. */
  end(isSilent: boolean): void {
    this.#isOver = true
    this.#lostPower = isSilent
    if (!isSilent) for (const asked of this.#asked.values()) asked.broke()
    for (const client of this.#clients.values()) client.ended(undefined)
    this.#asked.clear()
    this.#clients.clear()
  }

  #take(make: () => Event | undefined): void {
    const event = this.#isOver ? undefined : make()
    if (event !== undefined) this.#step(event)
  }

  #wakeIfDue(): void {
    if (!this.#isPaused || this.#around.agenda.nowMs < this.#pausedUntilMs) return
    this.#isPaused = false
    this.#pausedMs += this.#around.agenda.nowMs - this.#pausedAtMs
    for (const run of this.#inbox.take()) run()
  }

  /** When the core says so, which every step may change. */
  #setTimer(): void {
    const dueMs = this.core.tickDueMs
    if (dueMs === this.#tickAtMs) return
    this.#tickAtMs = dueMs
    const waitMs = this.machine.clock.inWorldMs(dueMs - this.nowMs())
    this.#around.agenda.after(waitMs, () => this.#tick(dueMs))
  }

  /** Unless it was to be at another moment by then. */
  #tick(dueMs: number): void {
    if (this.#tickAtMs !== dueMs) return
    this.arrive('tick', () => {
      this.#tickAtMs = undefined
      return { kind: 'tick', wallMs: this.machine.clock.wallMs() }
    })
  }

  /** What this node may answer by itself, as the handler of GET does. */
  #answer({ key, minVersion }: ReadQuery): ReadOutcome | undefined {
    const nowMs = this.nowMs()
    if (this.core.mayServe(key, nowMs)) {
      const held = this.machine.disk.store.get(key)
      return this.core.isEnough(held, minVersion) ? this.#outcomeOf(held, 'local') : undefined
    }
    const copy = this.copies.get(key)
    if (copy === undefined || !this.core.mayServeCopy(copy, nowMs)) return undefined
    if (!this.core.isCopyEnough(copy, minVersion)) return undefined
    return this.#outcomeOf(copy.known.kind === 'entry' ? copy.known.entry : undefined, 'copy')
  }

  #outcomeOf(entry: Entry | undefined, source: 'local' | 'copy'): ReadOutcome {
    const isLive =
      entry?.content.kind === 'value' &&
      (entry.expiresAtMs === undefined || entry.expiresAtMs > this.machine.clock.wallMs())
    return isLive
      ? { kind: 'found', entry, ageMs: 0, source }
      : { kind: 'absent', ageMs: 0, source }
  }

  #admit(
    client: Client<WriteOutcome> | Client<ReadOutcome> | Client<OrderOutcome>,
    begin: (ticket: number) => Event | undefined,
  ): void {
    const ticket = ++this.#lastTicket
    this.#clients.set(ticket, client)
    this.arrive('socket', () => begin(ticket))
  }

  #step(event: Event): void {
    let effects: readonly Effect[]
    try {
      effects = this.core.step(event, this.nowMs())
    } catch (error) {
      this.#breach('crashed', error instanceof Error ? (error.stack ?? error.message) : 'unknown')
      this.#around.died(this)
      return
    }
    this.#setTimer()
    this.#around.stepped(this, event, effects)
    for (const effect of effects) {
      if (this.#isOver) return
      this.#carryOut(effect)
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        if (effect.datagram.kind === 'beat') this.isActing = effect.datagram.isActive
        return this.#around.network.send(this, effect.to, effect.datagram)
      case 'call':
        return this.#around.network.call(this, effect)
      case 'respond':
        return this.#respond(effect.ticket, effect.response)
      case 'store':
        this.machine.disk.apply(effect.changes, () =>
          this.arrive('socket', () => ({ kind: 'stored', ticket: effect.ticket })),
        )
        if (this.machine.disk.hasOverflowed) this.#around.overflowed(this)
        return
      case 'wake':
        return this.#around.agenda.after(this.machine.clock.inWorldMs(effect.afterMs), () =>
          this.arrive('timer', () => ({ kind: 'woken', ticket: effect.ticket })),
        )
      case 'finish':
        return this.#endClient(effect.ticket, effect.outcome)
      case 'keep':
        return this.copies.put(effect.copy)
      case 'drop':
        return this.copies.drop(effect.keyHash)
      case 'dropAll':
        return this.copies.clear()
      case 'log':
      case 'committed':
        return
      case 'gone':
        return this.#around.gone(this)
      case 'stop':
        this.#breach('stopped', effect.reason)
        return this.#around.died(this)
      default:
        return unreachable(effect)
    }
  }

  #respond(ticket: number, response: NodeResponse): void {
    const asked = this.#asked.get(ticket)
    if (asked === undefined) {
      this.#breach('contract', `a second or unasked response: ${response.kind}, ticket ${ticket}`)
      return
    }
    this.#asked.delete(ticket)
    if (!ANSWERS[asked.request.kind].includes(response.kind)) {
      this.#breach('contract', `${asked.request.kind} was answered by ${response.kind}`)
    }
    asked.respond(response, this.core.sender())
  }

  #endClient(ticket: number, outcome: ReadOutcome | WriteOutcome | OrderOutcome): void {
    const client = this.#clients.get(ticket)
    if (client === undefined) {
      this.#breach('contract', `a second or unasked end: ${outcome.kind}, ticket ${ticket}`)
      return
    }
    this.#clients.delete(ticket)
    client.ended(outcome)
  }

  #breach(rule: string, what: string): void {
    const text = `${this.machine.name}: ${what}`
    this.#around.report({ rule, atMs: this.#around.agenda.nowMs, text })
  }
}

/** How a call ends when the answer never comes from the other node. */
export type CallTrouble = Exclude<CallAnswer, { kind: 'response' }>['kind']
