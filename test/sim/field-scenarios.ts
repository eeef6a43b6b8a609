// Scenarios of networks as they are: no multicast, most of it lost, hosts that change their address.
import { BASE, CLIENTS, FAULTS, PAUSE_MS_MAX, SINGLE, scenario } from './scenario-base.ts'
import type { Scenario } from './scenario.ts'
import type { Stage } from './stage.ts'

/** Between two hosts that move. Unit: ms. */
const MOVE_EVERY_MS = 2500

/** A host that moved loses its node soon after, every so often. */
const KILL_EVERY = 3

/** Its node is back after this. Unit: ms. */
const DOWN_MS = 800

/** One host after the other gets another address, the acting primary's every second time. */
export function moving(stage: Stage): void {
  let turn = 0
  const next = (): void => {
    const { machines } = stage.world
    const host = turn % 2 === 0 ? stage.primary() : machines[(turn >> 1) % machines.length]
    turn++
    if (host !== undefined) {
      stage.move(host, `10.1.3.${turn}:8181`)
      if (turn % KILL_EVERY === 0) stage.kill(host, DOWN_MS)
    }
    stage.after(MOVE_EVERY_MS, next)
  }
  stage.at(4000, next)
}

/** Who does not find the others in time founds a cluster of its own, and the two are merged. */
const NO_MULTICAST: Partial<Scenario['world']> = {
  network: { ...BASE.world.network, groupLossShare: 1 },
  areTold: true,
}

export const IN_THE_FIELD: readonly Scenario[] = [
  scenario(
    'unicast3',
    'three nodes without multicast, told once of one of them; one fault at a time',
    {
      world: NO_MULTICAST,
      mayFork: true,
      faults: SINGLE,
      silenceMsMax: PAUSE_MS_MAX,
    },
  ),
  scenario(
    'unicast5',
    'five nodes without multicast that crash, leave, and lose their power together',
    {
      world: { ...NO_MULTICAST, nodes: 5 },
      mayFork: true,
      faults: { ...FAULTS, weights: { kill: 3, leave: 2, pause: 1, blackout: 0.5 } },
    },
  ),
  scenario(
    'hub4',
    'three nodes without multicast that are told once of a witness, and meet there',
    {
      world: { ...NO_MULTICAST, nodes: 4, witnesses: 1 },
      mayFork: true,
      faults: SINGLE,
      silenceMsMax: 6000,
    },
  ),
  scenario('radio4', 'four nodes that lose four of ten multicasts, and read a few keys', {
    world: { nodes: 4, network: { ...BASE.world.network, groupLossShare: 0.4 } },
    clients: { ...CLIENTS, hotShare: 0.9 },
    faults: SINGLE,
    silenceMsMax: PAUSE_MS_MAX,
  }),
  scenario('lossy4', 'four nodes that lose four of ten datagrams of every kind', {
    world: { nodes: 4, network: { ...BASE.world.network, lossShare: 0.4 } },
    faults: SINGLE,
  }),
  scenario('moving4', 'four hosts whose addresses change, with crashes', {
    world: { nodes: 4 },
    faults: undefined,
    script: moving,
    silenceMsMax: PAUSE_MS_MAX,
  }),
]
