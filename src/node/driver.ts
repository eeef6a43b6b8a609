// Drives the core: every socket, timer, flush and client becomes an event, every effect an action.
// Decides nothing about entries or views.
import { unreachable } from '../core/assert.ts'
import type { NodeRequest, NodeResponse, Sender } from '../core/messages.ts'
import type { NodeCore } from '../core/node.ts'
import type { Effect, Event } from '../core/step.ts'
import type {
  Order,
  OrderOutcome,
  ReadOutcome,
  ReadQuery,
  WriteCommand,
  WriteOutcome,
} from '../core/types.ts'
import type { Copies } from '../storage/copies.ts'
import type { Store } from '../storage/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { after, nextPhase, type StopTimer } from '../system/timers.ts'
import type { Events } from './events.ts'
import { REQUESTS_MAX } from './limits.ts'
import type { NodeCounts } from './metrics/counts.ts'
import type { Transport } from './transport.ts'

export interface DriverParts {
  readonly core: NodeCore
  readonly store: Store
  readonly copies: Copies
  readonly clock: Clock
  readonly log: Log
  readonly counts: NodeCounts
  readonly events: Pick<Events, 'committed' | 'routed'>
  /** The core says that this node must not go on. */
  readonly onStop: (reason: string) => void
}

const NOT_RUNNING = 'this node is starting or stopping'

export class Driver {
  readonly #parts: DriverParts
  readonly #writes = new Map<number, (outcome: WriteOutcome) => void>()
  readonly #reads = new Map<number, (outcome: ReadOutcome) => void>()
  readonly #orders = new Map<number, (outcome: OrderOutcome) => void>()
  readonly #responses = new Map<number, (response: NodeResponse) => void>()
  #lastTicket = 0
  #stopTimer: StopTimer = () => {}
  #transport: Transport | undefined
  #isStopped = false
  /** When the timer ends; undefined: there is none. */
  #tickAtMs: number | undefined
  #onGone: () => void = () => {}

  constructor(parts: DriverParts) {
    this.#parts = parts
  }

  /** Begins to tick. Events that came before have nowhere to send to and are not taken. */
  start(transport: Transport): void {
    this.#transport = transport
    this.#tick()
  }

  step(event: Event): void {
    if (!this.#isRunning) return
    const effects = this.#parts.core.step(event, this.#parts.clock.monotonicMs())
    for (const effect of effects) this.#act(effect)
    this.#parts.events.routed()
    this.#setTimer()
  }

  write(command: WriteCommand): Promise<WriteOutcome> {
    if (!this.#isRunning) return Promise.resolve({ kind: 'refused', reason: NOT_RUNNING })
    const ticket = ++this.#lastTicket
    return new Promise((resolve) => {
      this.#writes.set(ticket, resolve)
      this.step({ kind: 'write', ticket, command })
    })
  }

  read(query: ReadQuery): Promise<ReadOutcome> {
    if (!this.#isRunning) return Promise.resolve({ kind: 'unreachable', reason: NOT_RUNNING })
    const ticket = ++this.#lastTicket
    return new Promise((resolve) => {
      this.#reads.set(ticket, resolve)
      this.step({ kind: 'read', ticket, query })
    })
  }

  /** An operator's order. */
  order(order: Order): Promise<OrderOutcome> {
    if (!this.#isRunning) return Promise.resolve({ kind: 'failed', reason: NOT_RUNNING })
    const ticket = ++this.#lastTicket
    return new Promise((resolve) => {
      this.#orders.set(ticket, resolve)
      this.step({ kind: 'order', ticket, order })
    })
  }

  /** Hands over and says goodbye; settles once the others can do without this node. */
  leave(reason: string): Promise<void> {
    if (!this.#isRunning) return Promise.resolve()
    return new Promise((resolve) => {
      this.#onGone = resolve
      this.step({ kind: 'leave', reason })
    })
  }

  /** Another node's request. */
  answer(sender: Sender, request: NodeRequest): Promise<NodeResponse> {
    if (!this.#isRunning || this.#responses.size >= REQUESTS_MAX) {
      return Promise.resolve({ kind: 'unable', reason: 'this node is overloaded or not running' })
    }
    const ticket = ++this.#lastTicket
    return new Promise((resolve) => {
      this.#responses.set(ticket, resolve)
      this.step({ kind: 'request', ticket, sender, request })
    })
  }

  /** No event is taken any more; whoever still waits is told so. */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#stopTimer()
    for (const finish of this.#writes.values()) finish({ kind: 'unknown', reason: NOT_RUNNING })
    for (const finish of this.#reads.values()) finish({ kind: 'unreachable', reason: NOT_RUNNING })
    for (const respond of this.#responses.values()) respond({ kind: 'unable', reason: NOT_RUNNING })
    for (const finish of this.#orders.values()) finish({ kind: 'failed', reason: NOT_RUNNING })
    this.#orders.clear()
    this.#writes.clear()
    this.#reads.clear()
    this.#responses.clear()
  }

  get #isRunning(): boolean {
    return this.#transport !== undefined && !this.#isStopped
  }

  /** For the moment of the next tick, which every step may bring nearer. */
  #setTimer(): void {
    const dueMs = this.#parts.core.tickDueMs
    if (dueMs === this.#tickAtMs || this.#isStopped) return
    this.#stopTimer()
    this.#tickAtMs = dueMs
    const waitMs = Math.ceil(dueMs - this.#parts.clock.monotonicMs())
    // After a stall a timer fires before the sockets are read. The tick waits until they were, so
    // that no heartbeat that lies in a buffer is missed when the others are judged.
    this.#stopTimer = after(waitMs, () => nextPhase(() => this.#tick()))
  }

  #tick(): void {
    const { clock, counts } = this.#parts
    const nowMs = clock.monotonicMs()
    counts.loopDelay.add(Math.max(0, nowMs - (this.#tickAtMs ?? nowMs)))
    this.#tickAtMs = undefined
    this.step({ kind: 'tick', wallMs: clock.wallMs() })
  }

  #act(effect: Effect): void {
    const { copies, log, counts } = this.#parts
    switch (effect.kind) {
      case 'send':
        counts.datagramsOut.of(effect.datagram.kind).value++
        this.#transport?.send(effect.to, effect.datagram)
        return
      case 'call':
        void this.#call(effect)
        return
      case 'respond':
        settle(this.#responses, effect.ticket, effect.response)
        return
      case 'finish':
        this.#finish(effect.ticket, effect.outcome)
        return
      case 'store':
        this.#store(effect)
        return
      case 'wake': {
        const { ticket } = effect
        const wake = () => this.step({ kind: 'woken', ticket })
        if (effect.afterMs === 0) nextPhase(wake)
        else after(effect.afterMs, wake)
        return
      }
      case 'keep':
        copies.put(effect.copy)
        return
      case 'drop':
        copies.drop(effect.keyHash)
        return
      case 'dropAll':
        copies.clear()
        return
      case 'committed':
        this.#parts.events.committed(effect.change)
        return
      case 'log':
        counts.logged(effect)
        log[effect.level](effect.event, effect.fields)
        return
      case 'gone':
        this.#onGone()
        return
      case 'stop':
        this.#parts.onStop(effect.reason)
        return
      default:
        unreachable(effect)
    }
  }

  #store({ ticket, changes }: Extract<Effect, { kind: 'store' }>): void {
    const { store, clock, counts } = this.#parts
    const sinceMs = clock.monotonicMs()
    store.apply(changes, () => {
      counts.flushes.add(clock.monotonicMs() - sinceMs)
      this.step({ kind: 'stored', ticket })
    })
  }

  #finish(ticket: number, outcome: WriteOutcome | ReadOutcome | OrderOutcome): void {
    switch (outcome.kind) {
      case 'done':
      case 'declined':
      case 'failed':
        settle(this.#orders, ticket, outcome)
        return
      case 'found':
      case 'absent':
      case 'unreachable':
        settle(this.#reads, ticket, outcome)
        return
      default:
        settle(this.#writes, ticket, outcome)
    }
  }

  async #call(effect: Extract<Effect, { kind: 'call' }>): Promise<void> {
    const { ticket, to, request, timeoutMs } = effect
    if (this.#transport === undefined) return
    const { clock, counts } = this.#parts
    const sinceMs = clock.monotonicMs()
    const answer = await this.#transport.call(to, request, timeoutMs)
    counts.called(request.kind, answer.kind, clock.monotonicMs() - sinceMs)
    this.step({ kind: 'answer', ticket, answer })
  }
}

function settle<T>(waiting: Map<number, (value: T) => void>, ticket: number, value: T): void {
  const resolve = waiting.get(ticket)
  waiting.delete(ticket)
  resolve?.(value)
}
