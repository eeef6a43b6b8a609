// I11: nothing that a node keeps grows without a bound.
import {
  COMMITS_REMEMBERED,
  HISTORY_MAX,
  INVALIDATIONS_REMEMBERED,
  NODES_MAX,
  OWED_MAX,
  OWN_WRITES_REMEMBERED,
} from '../../../src/core/limits.ts'
import type { Event } from '../../../src/core/step.ts'
import { mastershipOf } from '../../../src/core/view.ts'
import type { Life } from '../life.ts'
import type { Witness, World } from '../world.ts'

/** Of whatever a node counts: far above what the clients of a simulation can cause. */
const LOAD_MAX = 5000

/** What has a limit of its own, that a long run may reach or that is lower. */
const OWN_MAX: Readonly<Record<string, number>> = {
  commits: COMMITS_REMEMBERED,
  // Two generations of each.
  invalidated: 2 * (INVALIDATIONS_REMEMBERED + OWN_WRITES_REMEMBERED),
  history: HISTORY_MAX,
  owed: OWED_MAX,
  members: NODES_MAX,
}

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
      if (count <= (OWN_MAX[what] ?? LOAD_MAX)) continue
      this.#world.breach('I11', `${name}: ${what} grew to ${count}`)
    }
    // Nobody asks them any more: they would take their room for nothing.
    const copies = isInSync(life) ? life.copies.count : 0
    if (copies > 0) this.#world.breach('I11', `${name} is in sync and keeps ${copies} copies`)
  }
}

/** It has accepted a view in which it is a master in sync, in this life. */
function isInSync({ machine, incarnation }: Life): boolean {
  const view = machine.disk.store.state?.view
  return mastershipOf(view, { id: machine.id, incarnation })?.inSync === true
}
