// Drives one core without network, disk or clock: what it asks of the world is answered at once, so that
// nothing but the core and a store in memory takes time.
import type { CallAnswer, Datagram, NodeRequest } from '../../src/core/messages.ts'
import type { Effect, Event } from '../../src/core/step.ts'
import type { Life } from '../../test/sim/life.ts'
import { type CalmWorld, freeze, pass } from './calm-world.ts'

/** Of the simulation: disks have flushed by then, and their appointments are forgotten. Unit: ms. */
const FLUSHED_MS = 2

type Answer = (request: NodeRequest) => CallAnswer | undefined

export class Drive {
  /** Events that the core took. */
  events = 0
  /** Requests of clients that ended well. */
  finished = 0
  /** The last question that the core put to the group. */
  query: Extract<Datagram, { kind: 'query' }> | undefined
  readonly #calm: CalmWorld
  readonly #life: Life
  readonly #answer: Answer
  #nowMs: number
  #due: Event[] = []
  #wakes: Event[] = []

  /** `answer`: what other nodes say to this one; undefined: nothing. */
  constructor(calm: CalmWorld, at: 'primary' | 'bystander', answer: Answer = () => undefined) {
    freeze(calm)
    this.#calm = calm
    this.#life = calm[at]
    this.#nowMs = this.#life.nowMs()
    this.#answer = answer
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** Time passes, and nobody ticks. Unit: ms. */
  advance(ms: number): void {
    this.#nowMs += ms
  }

  /** Takes an event; what follows from it waits for `settle`. */
  take(event: Event): void {
    this.events++
    for (const effect of this.#life.core.step(event, this.#nowMs)) this.#carryOut(effect)
  }

  /** Until nothing follows any more; waits of the core end last. */
  settle(): void {
    while (this.#due.length + this.#wakes.length > 0) {
      const due = this.#due.length > 0 ? this.#due : this.#wakes
      if (due === this.#due) this.#due = []
      else this.#wakes = []
      for (const event of due) this.take(event)
    }
    pass(this.#calm.world, FLUSHED_MS)
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'store':
        this.#life.machine.disk.prepare(effect.changes)
        this.#due.push({ kind: 'stored', ticket: effect.ticket })
        return
      case 'call': {
        const answer = this.#answer(effect.request)
        if (answer === undefined) return
        this.#due.push({ kind: 'answer', ticket: effect.ticket, answer })
        return
      }
      case 'wake':
        this.#wakes.push({ kind: 'woken', ticket: effect.ticket })
        return
      case 'send':
        if (effect.datagram.kind === 'query') this.query = effect.datagram
        return
      case 'keep':
        this.#life.copies.put(effect.copy)
        return
      case 'drop':
        this.#life.copies.drop(effect.keyHash)
        return
      case 'finish':
        if (effect.outcome.kind !== 'applied' && effect.outcome.kind !== 'found') {
          throw new Error(`a request ended as ${effect.outcome.kind}`)
        }
        this.finished++
        return
      default:
    }
  }
}
