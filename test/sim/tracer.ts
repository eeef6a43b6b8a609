// Writes down every step of a world, line by line.
import type { Effect, Event } from '../../src/core/step.ts'
import { Describer } from './describe.ts'
import type { Life } from './life.ts'
import type { Witness, World } from './world.ts'

export class Tracer implements Witness {
  readonly #world: World
  readonly #write: (line: string) => void
  readonly #describe: Describer
  /** What each node's beats said last. */
  readonly #beats = new Map<string, string>()

  constructor(world: World, write: (line: string) => void) {
    this.#world = world
    this.#write = write
    this.#describe = new Describer(world.names)
  }

  /** A line of somebody else's: a fault, a client. */
  note(who: string, what: string): void {
    this.#write(`${this.#world.agenda.nowMs.toFixed(3).padStart(10)} ${who} ${what}`)
  }

  stepped(life: Life, event: Event, effects: readonly Effect[]): void {
    const who = `${life.machine.name}${life.incarnation}`
    const came = this.#describe.event(event)
    if (came !== undefined) this.note(who, came)
    for (const effect of effects) {
      const went = this.#describe.effect(effect)
      if (went !== undefined && !this.#isSaidAlready(who, went)) this.note(who, `  ${went}`)
    }
  }

  /** A beat that says what the one before it said. */
  #isSaidAlready(who: string, went: string): boolean {
    if (!went.startsWith('BEATS')) return false
    const before = this.#beats.get(who)
    this.#beats.set(who, went)
    return before === went
  }

  started(life: Life): void {
    this.note(`${life.machine.name}${life.incarnation}`, 'STARTS')
  }

  ended(life: Life): void {
    this.note(`${life.machine.name}${life.incarnation}`, 'ENDS')
  }
}
