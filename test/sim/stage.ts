// Where a script plays: names for the roles of the moment, and things to do at a time.
import { onlyGroup } from '../../src/core/view.ts'
import type { Machine } from './machine.ts'
import type { World } from './world.ts'

export class Stage {
  readonly world: World

  constructor(world: World) {
    this.world = world
  }

  /** Does something at a moment of the world. */
  at(atMs: number, act: () => void): void {
    this.world.agenda.at(atMs, act)
  }

  /** Looks again and again until something holds, then acts; never, if it never holds. */
  when(holds: () => boolean, act: () => void): void {
    if (holds()) act()
    else this.world.agenda.after(LOOK_EVERY_MS, () => this.when(holds, act))
  }

  /** The acting primary. */
  primary(): Machine | undefined {
    return this.world.machines.find((machine) => machine.life?.isActing)
  }

  /** The other masters of the acting primary's view. */
  otherMasters(): Machine[] {
    const primary = this.primary()
    const view = primary?.disk.store.state?.view
    if (view === undefined) return []
    return onlyGroup(view)
      .masters.flatMap(({ id }) => this.world.machineOf(id) ?? [])
      .filter((machine) => machine !== primary)
  }

  /** Running nodes that are no masters. */
  bystanders(): Machine[] {
    const masters = [this.primary(), ...this.otherMasters()]
    return this.world.running.filter((machine) => !masters.includes(machine))
  }

  /** Both ways. */
  cutOff(machine: Machine): void {
    for (const other of this.world.machines) {
      this.world.network.cut(machine, other)
      this.world.network.cut(other, machine)
    }
  }
}

/** Unit: ms. */
const LOOK_EVERY_MS = 5
