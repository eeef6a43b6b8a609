// Collects the effects of one step, and remembers what to do when a call, a store or a wait ends.
// Decides nothing.
import type { LogEvent } from './log-events.ts'
import type { CallAnswer, Datagram, NodeRequest, NodeResponse } from './messages.ts'
import type { CommittedChange, Effect, StoreChange } from './step.ts'
import type { Address, Copy, OrderOutcome, ReadOutcome, WriteOutcome } from './types.ts'

type Then<T> = (answer: T, nowMs: number) => void

/** Where the machines of the core put what should happen. Each `then` runs once, in a later step. */
export class Outbox {
  #effects: Effect[] = []
  #lastTicket = 0
  readonly #calls = new Map<number, Then<CallAnswer>>()
  readonly #stores = new Map<number, (nowMs: number) => void>()
  readonly #waits = new Map<number, (nowMs: number) => void>()

  /** The effects since the last call, in order. */
  take(): Effect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  send(to: 'everyone' | Address, datagram: Datagram): void {
    this.#effects.push({ kind: 'send', to, datagram })
  }

  call(
    to: Address,
    request: NodeRequest,
    options: { timeoutMs: number; onAnswer: Then<CallAnswer> },
  ): void {
    const ticket = ++this.#lastTicket
    this.#calls.set(ticket, options.onAnswer)
    this.#effects.push({ kind: 'call', ticket, to, request, timeoutMs: options.timeoutMs })
  }

  /** Applies the changes now; `then` runs when they and everything before them are durable. */
  store(changes: readonly StoreChange[], then: (nowMs: number) => void): void {
    const ticket = ++this.#lastTicket
    this.#stores.set(ticket, then)
    this.#effects.push({ kind: 'store', ticket, changes })
  }

  wake(afterMs: number, then: (nowMs: number) => void): void {
    const ticket = ++this.#lastTicket
    this.#waits.set(ticket, then)
    this.#effects.push({ kind: 'wake', ticket, afterMs })
  }

  respond(ticket: number, response: NodeResponse): void {
    this.#effects.push({ kind: 'respond', ticket, response })
  }

  finish(ticket: number, outcome: WriteOutcome | ReadOutcome | OrderOutcome): void {
    this.#effects.push({ kind: 'finish', ticket, outcome })
  }

  keep(copy: Copy): void {
    this.#effects.push({ kind: 'keep', copy })
  }

  drop(keyHash: string): void {
    this.#effects.push({ kind: 'drop', keyHash })
  }

  dropAll(): void {
    this.#effects.push({ kind: 'dropAll' })
  }

  committed(change: CommittedChange): void {
    this.#effects.push({ kind: 'committed', change })
  }

  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    event: LogEvent,
    fields: Readonly<Record<string, unknown>> = {},
  ): void {
    this.#effects.push({ kind: 'log', level, event, fields })
  }

  /** This node has left: the process may end. */
  gone(): void {
    this.#effects.push({ kind: 'gone' })
  }

  stop(reason: string): void {
    this.#effects.push({ kind: 'stop', reason })
  }

  answered(ticket: number, answer: CallAnswer, nowMs: number): void {
    const then = this.#calls.get(ticket)
    this.#calls.delete(ticket)
    then?.(answer, nowMs)
  }

  stored(ticket: number, nowMs: number): void {
    const then = this.#stores.get(ticket)
    this.#stores.delete(ticket)
    then?.(nowMs)
  }

  woken(ticket: number, nowMs: number): void {
    const then = this.#waits.get(ticket)
    this.#waits.delete(ticket)
    then?.(nowMs)
  }

  /** Calls, stores and waits that have not ended. For the bounds that the simulator checks. */
  get openCount(): number {
    return this.#calls.size + this.#stores.size + this.#waits.size
  }
}
