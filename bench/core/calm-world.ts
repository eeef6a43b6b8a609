// A cluster of the simulator in which nothing goes wrong: the real cores, a LAN that loses nothing, and
// clocks that agree. What is measured in it is the protocol, not luck.
import { ALL_RULES } from '../../src/core/rules.ts'
import type { Life } from '../../test/sim/life.ts'
import { ailment } from '../../test/sim/health.ts'
import { BASE } from '../../test/sim/scenario-base.ts'
import { World } from '../../test/sim/world.ts'

const SEED = 1

/** Of the simulation: by then every node must be in. Unit: ms. */
const WHOLE_WAIT_MS = 120_000
const LOOK_EVERY_MS = 100

/** What a beginning leaves behind is then over: late pings, first audits. Unit: ms. */
const REST_MS = 5000

export interface CalmWorld {
  readonly world: World
  readonly primary: Life
  /** A node that is no master. */
  readonly bystander: Life
}

/** All nodes in one view, both masters in sync. Throws if that takes too long. */
export function calmWorld(nodes: number): CalmWorld {
  const world = new World(SEED, {
    ...BASE.world,
    nodes,
    rules: ALL_RULES,
    blindTo: [],
    network: {
      ...BASE.world.network,
      delayMs: { from: 0.1, to: 0.2 },
      spikeShare: 0,
      lossShare: 0,
      doubleShare: 0,
    },
    disk: { ...BASE.world.disk, flushMs: { from: 1, to: 1 }, slowShare: 0 },
    wallErrorMs: 0,
    drift: 0,
  })
  for (const machine of world.machines) world.start(machine)
  while (ailment(world) !== undefined) {
    if (world.agenda.nowMs > WHOLE_WAIT_MS) throw new Error(`not whole: ${ailment(world)}`)
    pass(world, LOOK_EVERY_MS)
  }
  pass(world, REST_MS)
  const lives = world.machines.flatMap(({ life }) => life ?? [])
  const primary = lives.find((life) => life.isActing)
  const bystander = lives.find((life) => !life.core.isMaster)
  if (primary === undefined || bystander === undefined) throw new Error('three nodes are needed')
  return { world, primary, bystander }
}

/** Lets virtual time go on. Unit: ms. */
export function pass(world: World, forMs: number): void {
  world.agenda.runUntil(world.agenda.nowMs + forMs, () => world.violations.length > 0)
  const [violation] = world.violations
  if (violation !== undefined) throw new Error(`${violation.rule}: ${violation.text}`)
}

/** The nodes do nothing by themselves any more: whoever wants something of a core steps it. */
export function freeze({ world }: CalmWorld): void {
  for (const { life } of world.machines) life?.pause(Number.POSITIVE_INFINITY)
}
