// I8: "there is no such key" and "I am a master of it" are said by in-sync masters only.
import type { Effect, Event } from '../../../src/core/step.ts'
import { mastershipOf } from '../../../src/core/view.ts'
import type { Life } from '../life.ts'
import type { Witness, World } from '../world.ts'

export class Vouching implements Witness {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  stepped(life: Life, _event: Event, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (!vouches(effect) || isInSync(life)) continue
      const who = `${life.machine.name}${life.incarnation}`
      this.#world.breach('I8', `${who} spoke as a master and is no in-sync master`)
    }
  }
}

/** Whether something goes out that only an in-sync master may say. */
function vouches(effect: Effect): boolean {
  if (effect.kind === 'send') {
    const { datagram } = effect
    return datagram.kind === 'absent' || (datagram.kind === 'answer' && datagram.isMaster)
  }
  if (effect.kind !== 'respond') return false
  const { response } = effect
  return response.kind === 'absent' || (response.kind === 'found' && response.isMaster)
}

function isInSync(life: Life): boolean {
  const { machine, incarnation } = life
  return (
    mastershipOf(machine.disk.store.state?.view, { id: machine.id, incarnation })?.inSync ?? false
  )
}
