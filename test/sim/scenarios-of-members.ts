// Scenarios of who takes part: leaving, laptops, witnesses, hand-overs, and majority mode.
import type { FaultsOptions } from './faults.ts'
import { BASE, FAULTS, PAUSE_MS_MAX, SINGLE, scenario } from './scenario-base.ts'
import type { Scenario } from './scenario.ts'
import { changeVoters, halfAgreed, handOn, laptops } from './scripts.ts'
import { farRelease, upgrade } from './upgrade-scripts.ts'

/** Nobody crashes: nothing may be lost, nor a second history begin, however few nodes are left. */
const LEAVES: FaultsOptions = { ...FAULTS, weights: { leave: 6, pause: 1 } }

/** One copy is enough for a write: nothing but the voters stands between the parts of a cut network. */
const MAJORITY: Scenario['world']['settings'] = {
  mode: 'majority',
  voters: 3,
  minCopies: 1,
  valueBytesMax: 8 * 1024 * 1024,
}

const VIOLENT: FaultsOptions = {
  ...FAULTS,
  weights: { kill: 2, unplug: 1, pause: 2, split: 4, splitOneWay: 2, mend: 3, blackout: 0.3 },
}
export const OF_MEMBERS: readonly Scenario[] = [
  scenario('leave2', 'two nodes stopped in order and started again, in any order', {
    world: { nodes: 2 },
    faults: LEAVES,
    // One stalls long enough to be given up, and the other one leaves before it is back.
    mayFork: true,
  }),
  scenario('leave3', 'three nodes stopped in order and started again, in any order', {
    faults: LEAVES,
  }),
  scenario('leavekill3', 'three nodes that stop in order or crash, in any order: few may go on', {
    faults: { ...FAULTS, weights: { leave: 4, kill: 3, unplug: 1, pause: 1 } },
    mayFork: true,
  }),
  scenario('leave5', 'five nodes of which one stops, crashes or stalls at a time', {
    world: { nodes: 5 },
    faults: { ...SINGLE, weights: { leave: 5, kill: 3, unplug: 1, pause: 1 } },
    silenceMsMax: PAUSE_MS_MAX,
  }),
  scenario('laptops', 'three steady nodes, and four that come and go all day', {
    world: { nodes: 7 },
    faults: undefined,
    script: laptops,
    silenceMsMax: PAUSE_MS_MAX,
  }),
  scenario('maj3', 'majority mode: three voters, cut cables, crashes, power cuts', {
    world: { settings: MAJORITY },
    faults: VIOLENT,
  }),
  scenario('maj5', 'majority mode: five voters, a witness among them', {
    world: { nodes: 5, witnesses: 1, settings: { ...MAJORITY, voters: 5 } },
    faults: VIOLENT,
  }),
  scenario('majaccept5', 'majority mode: a view that two of five have accepted, and then a cut', {
    world: {
      nodes: 5,
      settings: { ...MAJORITY, voters: 5 },
      network: { ...BASE.world.network, callLoss: { accept: 0.65, commit: 0.95, view: 0.9 } },
    },
    faults: undefined,
    script: halfAgreed,
    faultsUntilMs: 60_000,
  }),
  scenario('majvoters', 'majority mode: an operator changes the voters while cables are cut', {
    world: { nodes: 5, settings: MAJORITY },
    faults: VIOLENT,
    script: changeVoters,
  }),
  scenario('handoff3', 'an operator hands the mastership from node to node', {
    faults: undefined,
    script: handOn,
    silenceMsMax: 1000,
  }),
  scenario('witness3', 'two nodes and a witness, one fault at a time', {
    world: { witnesses: 1 },
    faults: SINGLE,
    silenceMsMax: 6000,
  }),
  scenario('upgrade4', 'four nodes that become the next release, one after the other', {
    world: { nodes: 4 },
    faults: undefined,
    script: upgrade,
    silenceMsMax: PAUSE_MS_MAX,
  }),
  scenario('release4', 'three nodes, and a fourth of a release that they cannot work with', {
    world: { nodes: 4 },
    faults: undefined,
    script: farRelease,
    silenceMsMax: PAUSE_MS_MAX,
  }),
]
