// Drives the core: every socket, timer, flush and client becomes an event, every effect an action.
// Decides nothing about entries or views.
import { unreachable } from '../core/assert.ts'
import { TICK_EVERY_MS } from '../core/limits.ts'
import type { CallAnswer, NodeRequest, NodeResponse, Sender } from '../core/messages.ts'
import type { NodeCore } from '../core/node.ts'
import type { Effect, Event } from '../core/step.ts'
import type {
  Address,
  ReadOutcome,
  ReadQuery,
  WriteCommand,
  WriteOutcome,
} from '../core/types.ts'
import type { Copies } from '../storage/copies.ts'
import type { Store } from '../storage/store.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { after, every, nextPhase, type StopTimer } from '../system/timers.ts'
import { REQUESTS_MAX } from './limits.ts'
import type { Transport } from './transport.ts'

type Outcome = WriteOutcome | ReadOutcome

export interface DriverParts {
  readonly core: NodeCore
  readonly store: Store
  readonly copies: Copies
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
  /** The core says that this node must not go on. */
  readonly onStop: (reason: string) => void
}

export class Driver {
  readonly #parts: DriverParts
  readonly #finishes = new Map<number, (outcome: Outcome) => void>()
  readonly #responses = new Map<number, (response: NodeResponse) => void>()
  #lastTicket = 0
  #stopTicking: StopTimer = () => {}
  #isStopped = false

  constructor(parts: DriverParts) {
    this.#parts = parts
  }

  start(): void {
    // After a stall a timer fires before the sockets are read. The tick waits until they were, so
    // that no heartbeat that lies in a buffer is missed when the others are judged.
    this.#stopTicking = every(TICK_EVERY_MS, () => nextPhase(() => this.#tick()))
    this.#tick()
  }

  step(event: Event): void {
    if (this.#isStopped) return
    const effects = this.#parts.core.step(event, this.#parts.clock.monotonicMs())
    for (const effect of effects) this.#act(effect)
  }

  write(command: WriteCommand): Promise<WriteOutcome> {
    return this.#ask((ticket) => ({ kind: 'write', ticket, command })) as Promise<WriteOutcome>
  }

  read(query: ReadQuery): Promise<ReadOutcome> {
    return this.#ask((ticket) => ({ kind: 'read', ticket, query })) as Promise<ReadOutcome>
  }

  /** Another node's request. */
  answer(sender: Sender, request: NodeRequest): Promise<NodeResponse> {
    if (this.#isStopped || this.#responses.size >= REQUESTS_MAX) {
      return Promise.resolve({ kind: 'unable', reason: 'this node is stopping or overloaded' })
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
    this.#stopTicking()
    const reason = 'this node is stopping'
    for (const finish of this.#finishes.values()) finish({ kind: 'unknown', reason })
    for (const respond of this.#responses.values()) respond({ kind: 'unable', reason })
    this.#finishes.clear()
    this.#responses.clear()
  }

  #tick(): void {
    this.step({ kind: 'tick', wallMs: this.#parts.clock.wallMs() })
  }

  #ask(event: (ticket: number) => Event): Promise<Outcome> {
    if (this.#isStopped) {
      return Promise.resolve({ kind: 'refused', reason: 'this node is stopping' })
    }
    const ticket = ++this.#lastTicket
    return new Promise((resolve) => {
      this.#finishes.set(ticket, resolve)
      this.step(event(ticket))
    })
  }

  #act(effect: Effect): void {
    const { store, copies, transport, log } = this.#parts
    switch (effect.kind) {
      case 'send':
        transport.send(effect.to, effect.datagram)
        return
      case 'call':
        void this.#call(effect.ticket, effect.to, effect)
        return
      case 'respond':
        settle(this.#responses, effect.ticket, effect.response)
        return
      case 'finish':
        settle(this.#finishes, effect.ticket, effect.outcome)
        return
      case 'store': {
        const { ticket } = effect
        store.apply(effect.changes, () => this.step({ kind: 'stored', ticket }))
        return
      }
      case 'wake': {
        const { ticket } = effect
        after(effect.afterMs, () => this.step({ kind: 'woken', ticket }))
        return
      }
      case 'keep':
        copies.put(effect.copy)
        return
      case 'drop':
        copies.drop(effect.key)
        return
      case 'log':
        log[effect.level](effect.event, effect.fields)
        return
      case 'stop':
        this.#parts.onStop(effect.reason)
        return
      default:
        unreachable(effect)
    }
  }

  async #call(
    ticket: number,
    to: Address,
    about: { request: NodeRequest; timeoutMs: number },
  ): Promise<void> {
    const answer: CallAnswer = await this.#parts.transport.call(to, about.request, about.timeoutMs)
    this.step({ kind: 'answer', ticket, answer })
  }
}

function settle<T>(waiting: Map<number, (value: T) => void>, ticket: number, value: T): void {
  const resolve = waiting.get(ticket)
  waiting.delete(ticket)
  resolve?.(value)
}
