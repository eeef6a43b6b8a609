// I11 and the contract with the driver: nothing grows without a bound, and everybody gets an answer.
import { DEADLINE_MS, MIRROR_CALL_WAIT_MS } from '../../../src/core/limits.ts'
import type { Event } from '../../../src/core/step.ts'
import type { Life } from '../life.ts'
import type { Witness, World } from '../world.ts'

/** Of whatever a node counts: far above what the clients of a simulation can cause. */
const LOAD_MAX = 5000

/** A request of another node is answered within this, pauses aside. Unit: ms. */
const ANSWER_MS_MAX = DEADLINE_MS + MIRROR_CALL_WAIT_MS

/** Ticks between two looks. */
const TICKS_A_LOOK = 20

export class Load implements Witness {
  readonly #world: World
  #ticks = 0

  constructor(world: World) {
    this.#world = world
  }

  stepped(life: Life, event: Event): void {
    if (event.kind !== 'tick' || ++this.#ticks % TICKS_A_LOOK !== 0) return
    const name = life.machine.name
    for (const [what, count] of Object.entries(life.core.load())) {
      if (count > LOAD_MAX) this.#world.breach('I11', `${name}: ${what} grew to ${count}`)
    }
    const nowMs = this.#world.agenda.nowMs
    for (const asked of life.asked) {
      if (nowMs - asked.sinceMs <= ANSWER_MS_MAX) continue
      const what = `${asked.request.kind} since ${asked.sinceMs.toFixed(1)} ms`
      this.#world.breach('contract', `${name} never answered a ${what}`)
    }
  }
}
