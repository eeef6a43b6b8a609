// I13: in-sync masters never differ, so no audit may find anything: not even in the middle of writes.
import type { Effect, Event } from '../../../src/core/step.ts'
import type { Life } from '../life.ts'
import type { Witness, World } from '../world.ts'

export class Audits implements Witness {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  stepped(life: Life, _event: Event, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'log' || effect.event !== 'audit-difference') continue
      const { keys } = effect.fields
      this.#world.breach('I13', `an audit of ${life.machine.name} found ${JSON.stringify(keys)}`)
    }
  }
}
