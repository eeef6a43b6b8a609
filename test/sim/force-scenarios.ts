// Scenarios in which every holder of the newest data is lost, and an operator has the others go on.
import {
  bothLost,
  forcedAgain,
  forcedApart,
  neverForced,
  twoOperators,
  undead,
  votersLost,
} from './force-scripts.ts'
import type { Scenario } from './scenario.ts'
import { BASE, CLIENTS, FAULTS, scenario } from './scenario-base.ts'

/** Nodes that read much keep copies of what they read. */
const READERS = { ...CLIENTS, writeShare: 0.4, strongShare: 0.1 }

const QUIET = { clients: READERS, faults: undefined, mayFork: true } as const

export const FORCED: readonly Scenario[] = [
  scenario('forced5', 'both masters lost for good, the others are ordered to go on', {
    ...QUIET,
    world: { nodes: 5 },
    script: bothLost,
  }),
  scenario('undead5', 'both masters lost, the others are ordered to go on, then the lost return', {
    ...QUIET,
    world: { nodes: 5 },
    script: undead,
    faultsUntilMs: 45_000,
  }),
  scenario('operators5', 'both masters lost, two operators order two nodes to go on', {
    ...QUIET,
    world: { nodes: 5 },
    script: twoOperators,
  }),
  scenario('forcedsplit6', 'both masters lost, the others cut in two and ordered to go on', {
    ...QUIET,
    world: { nodes: 6 },
    script: forcedApart,
    faultsUntilMs: 40_000,
  }),
  scenario(
    'forcedmaj5',
    'mode majority: masters and voters lost, forced to go on, the lost return',
    {
      ...QUIET,
      world: { nodes: 5, settings: { ...BASE.world.settings, mode: 'majority', voters: 3 } },
      script: undead,
      faultsUntilMs: 45_000,
    },
  ),
  scenario('forcedmajsplit6', 'mode majority: both parts of what is left are forced, and meet', {
    ...QUIET,
    world: { nodes: 6, settings: { ...BASE.world.settings, mode: 'majority', voters: 3 } },
    script: forcedApart,
    faultsUntilMs: 40_000,
  }),
  scenario('forcedvoters3', 'mode majority: a master without voters is forced to go on', {
    ...QUIET,
    world: { settings: { ...BASE.world.settings, mode: 'majority', voters: 3 } },
    script: votersLost,
  }),
  scenario('unforced4', 'orders to go on without the masters, while one of them is in sight', {
    world: { nodes: 4 },
    faults: undefined,
    script: neverForced,
  }),
  scenario('forcedagain6', 'masters are lost and return, orders to go on, crashes, pauses', {
    world: { nodes: 6 },
    clients: READERS,
    faults: { ...FAULTS, weights: { kill: 2, pause: 1, split: 1, mend: 2 }, downMax: 2 },
    mayFork: true,
    script: forcedAgain,
    faultsUntilMs: 45_000,
  }),
]
