// Releases that speak other versions of the protocol: one replaces the other node by node, and one that is too
// far from the others comes near them.
import { inRoster } from '../../src/core/view.ts'
import type { Machine } from './machine.ts'
import type { Stage } from './stage.ts'

/** The next release, which still speaks the version of this one. */
const NEXT = { newest: 2, oldest: 1 }

/** One that this release has nothing in common with. */
const FAR = { newest: 3, oldest: 2 }

/** A node that stops in order is back after this. Unit: ms. */
const DOWN_MS = 1500

/** Unit: ms. */
const LOOK_EVERY_MS = 100

/** The far node is there from then on, when the others have a view. Unit: ms. */
const FAR_FROM_MS = 4000

/** It is gone before the cluster is judged as a whole. Unit: ms. */
const FAR_UNTIL_MS = 29_000

/** Every node in turn is stopped in order and comes back as the next release, over and over. */
export function upgrade(stage: Stage): void {
  let turn = 0
  const isReady = (): boolean => stage.isWhole() && stage.isSettled()
  const next = (): void => {
    const { machines } = stage.world
    const machine = machines[turn++ % machines.length]
    if (machine === undefined) return
    stage.leave(machine, () => {
      machine.protocol = NEXT
      stage.world.agenda.after(DOWN_MS, () => {
        stage.world.start(machine)
        stage.after(DOWN_MS, () => stage.when(isReady, next))
      })
    })
  }
  stage.at(4000, () => stage.when(isReady, next))
}

/** The last node becomes one of a far release: it is there, is restarted, and is never one of them. */
export function farRelease(stage: Stage): void {
  const far = stage.world.machines.at(-1)
  if (far === undefined) return
  far.protocol = FAR
  const look = (): void => {
    for (const machine of stage.world.running) judge(stage, machine, far)
    if (stage.world.agenda.nowMs < FAR_UNTIL_MS) stage.after(LOOK_EVERY_MS, look)
    else stage.lose(far)
  }
  stage.at(0, look)
  stage.at(FAR_FROM_MS, () => stage.kill(far, DOWN_MS))
}

function judge(stage: Stage, machine: Machine, far: Machine): void {
  const view = machine.disk.store.state?.view
  const others = view?.roster.filter(({ id }) => id !== far.id) ?? []
  if (others.length > 0 && inRoster(view, far.id)) {
    stage.world.breach('release', `${machine.name} has a view with ${far.name} and others`)
  }
}
