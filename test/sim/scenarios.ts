// The scenarios by name. Time is the real one: a heartbeat is 250 ms, a silent node dead after 1.75 s.
import type { ClientsOptions } from './clients.ts'
import type { FaultsOptions } from './faults.ts'
import type { Scenario } from './scenario.ts'
import {
  changeVoters,
  comeback,
  handOn,
  hungMaster,
  lastWords,
  lateBeat,
  oneEar,
  laptops,
  halfAgreed,
} from './scripts.ts'

const CLIENTS: ClientsOptions = {
  everyMs: { from: 10, to: 110 },
  burstShare: 0.03,
  burst: { from: 2, to: 6 },
  hotKeys: 8,
  hotShare: 0.5,
  newShare: 0.25,
  writeShare: 0.6,
  strongShare: 0.25,
  deleteShare: 0.3,
  ttlShare: 0.05,
  ttlMs: { from: 300, to: 5000 },
  conditionShare: 0.15,
  twiceShare: 0.03,
  retryShare: 0.7,
}

const FAULTS: FaultsOptions = {
  rhythm: 'heaped',
  weights: { kill: 3, unplug: 1, pause: 2 },
  everyMs: { from: 200, to: 3000 },
  downMs: { from: 50, to: 3500 },
  pauseMs: { from: 50, to: 1500 },
  cutMs: { from: 100, to: 4000 },
  downMax: Infinity,
}

const BASE: Omit<Scenario, 'name' | 'about'> = {
  world: {
    nodes: 3,
    witnesses: 0,
    settings: { mode: 'available', voters: 0, minCopies: 'auto', valueBytesMax: 8 * 1024 * 1024 },
    network: {
      delayMs: { from: 0.1, to: 1 },
      spikeShare: 0.02,
      spikeMs: { from: 5, to: 120 },
      lossShare: 0.02,
      doubleShare: 0.01,
      callLoss: {},
    },
    disk: {
      flushMs: { from: 1, to: 5 },
      slowShare: 0.01,
      slowFlushMs: { from: 20, to: 150 },
      bytesMax: undefined,
    },
    wallErrorMs: 300,
    drift: 0.0001,
    tickIsFirst: false,
  },
  clients: CLIENTS,
  faults: FAULTS,
  startEveryMs: { from: 0, to: 200 },
  prefilled: 0,
  clientsFromMs: 1500,
  faultsFromMs: 4000,
  faultsUntilMs: 30_000,
  silenceMsMax: undefined,
  script: undefined,
}

const SINGLE: FaultsOptions = {
  ...FAULTS,
  rhythm: 'single',
  weights: { kill: 5, unplug: 2, pause: 3 },
  everyMs: { from: 400, to: 1500 },
}

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

type Change = Partial<Omit<Scenario, 'name' | 'about' | 'world'>> & {
  readonly world?: Partial<Scenario['world']>
}

function scenario(name: string, about: string, change: Change): Scenario {
  return { ...BASE, ...change, name, about, world: { ...BASE.world, ...change.world } }
}

export const SCENARIOS: readonly Scenario[] = [
  scenario('single2', 'two nodes, one fault at a time: the survivor goes on alone', {
    world: { nodes: 2 },
    faults: SINGLE,
    silenceMsMax: 6000,
  }),
  scenario('single3', 'three nodes, one fault at a time', { faults: SINGLE, silenceMsMax: 4500 }),
  scenario('single5', 'five nodes, one fault at a time', {
    world: { nodes: 5 },
    faults: SINGLE,
    silenceMsMax: 4500,
  }),
  scenario('witness3', 'two nodes and a witness, one fault at a time', {
    world: { witnesses: 1 },
    faults: SINGLE,
    silenceMsMax: 6000,
  }),
  scenario('crash3', 'three nodes, crashes and restarts that overlap', {
    faults: { ...FAULTS, weights: { kill: 4, unplug: 2, pause: 1 } },
  }),
  scenario('crash5', 'five nodes, crashes and restarts that overlap', {
    world: { nodes: 5 },
    faults: { ...FAULTS, weights: { kill: 4, unplug: 2, pause: 1 }, downMax: 2 },
  }),
  scenario('part3', 'three nodes, cut cables both ways and one way, crashes, pauses', {
    faults: {
      ...FAULTS,
      weights: { kill: 2, unplug: 1, pause: 2, split: 3, splitOneWay: 2, mend: 3, deafen: 1 },
    },
  }),
  scenario('accept3', 'three nodes, half of all accept and commit messages lost', {
    world: {
      network: { ...BASE.world.network, callLoss: { accept: 0.5, commit: 0.5, prepare: 0.1 } },
    },
    faults: {
      ...FAULTS,
      weights: { kill: 3, unplug: 1, pause: 2, split: 1, mend: 2 },
      everyMs: { from: 200, to: 1500 },
    },
  }),
  scenario('skew3', 'three nodes with bad clocks that also jump', {
    world: { wallErrorMs: 900, drift: 0.005 },
    faults: {
      ...FAULTS,
      weights: { kill: 2, unplug: 1, pause: 2, setClock: 4, split: 1, mend: 1 },
    },
  }),
  scenario('coldstart3', 'all three nodes lose their power again and again', {
    faults: {
      ...FAULTS,
      weights: { blackout: 3, kill: 1, unplug: 1, pause: 1 },
      everyMs: { from: 500, to: 7000 },
    },
  }),
  scenario('copies5', 'five nodes that read a few keys all the time, and hear badly', {
    world: {
      nodes: 5,
      network: { ...BASE.world.network, lossShare: 0.15, spikeShare: 0.3 },
    },
    clients: {
      ...CLIENTS,
      everyMs: { from: 10, to: 100 },
      burstShare: 0.3,
      burst: { from: 4, to: 16 },
      hotKeys: 12,
      hotShare: 0.97,
      newShare: 0.01,
      writeShare: 0.2,
      strongShare: 0.02,
    },
    faults: {
      ...FAULTS,
      weights: { kill: 5, pause: 2, mend: 2, deafen: 3 },
      everyMs: { from: 300, to: 2000 },
      downMax: 2,
    },
    faultsUntilMs: 20_000,
  }),
  scenario('grow', 'from one node to ten, one by one, with crashes', {
    world: { nodes: 10 },
    faults: {
      ...FAULTS,
      everyMs: { from: 1000, to: 6000 },
      weights: { kill: 3, pause: 1 },
      downMax: 2,
    },
    startEveryMs: { from: 200, to: 3500 },
    faultsFromMs: 10_000,
  }),
  scenario('storm5', 'five nodes, hot keys, everything at once and fast', {
    world: { nodes: 5 },
    clients: { ...CLIENTS, hotKeys: 3, hotShare: 0.85, everyMs: { from: 2, to: 60 } },
    faults: {
      ...FAULTS,
      everyMs: { from: 50, to: 800 },
      downMs: { from: 20, to: 1500 },
      downMax: 2,
    },
    faultsUntilMs: 20_000,
  }),
  scenario('mirror3', 'a few thousand keys on two nodes, masters lost while one is mirroring', {
    prefilled: 1500,
    faults: { ...FAULTS, everyMs: { from: 100, to: 2500 }, downMs: { from: 10, to: 1500 } },
    faultsFromMs: 2500,
    faultsUntilMs: 20_000,
  }),
  scenario('leave2', 'two nodes stopped in order and started again, in any order', {
    world: { nodes: 2 },
    faults: LEAVES,
  }),
  scenario('leave3', 'three nodes stopped in order and started again, in any order', {
    faults: LEAVES,
  }),
  scenario('leave5', 'five nodes of which one stops, crashes or stalls at a time', {
    world: { nodes: 5 },
    faults: { ...SINGLE, weights: { leave: 5, kill: 3, unplug: 1, pause: 1 } },
    silenceMsMax: 4500,
  }),
  scenario(
    'stall3',
    'three nodes that stall, with a timer that fires before the sockets are read',
    {
      world: { tickIsFirst: true },
      faults: {
        ...FAULTS,
        weights: { pause: 6, kill: 1 },
        pauseMs: { from: 200, to: 4000 },
        everyMs: { from: 100, to: 2000 },
      },
    },
  ),
  scenario('birth5', 'five empty nodes start at once, and half of what they agree on is lost', {
    world: {
      nodes: 5,
      network: { ...BASE.world.network, callLoss: { prepare: 0.5, accept: 0.3, ping: 0.3 } },
    },
    faults: undefined,
    startEveryMs: { from: 0, to: 20 },
    faultsUntilMs: 6000,
  }),
  scenario('comeback3', 'a primary is cut off, comes back as second master, and is primary again', {
    world: { wallErrorMs: 900 },
    faults: undefined,
    script: comeback,
  }),
  scenario('latebeat3', 'a node with copies wakes to an old heartbeat, and is cut off', {
    clients: { ...CLIENTS, everyMs: { from: 2, to: 20 }, hotShare: 0.95, writeShare: 0.2 },
    faults: undefined,
    script: lateBeat,
    faultsUntilMs: 20_000,
  }),
  scenario('lastwords4', 'a node with copies misses the last commits of a primary that dies', {
    world: { nodes: 4 },
    clients: {
      ...CLIENTS,
      everyMs: { from: 2, to: 20 },
      hotKeys: 24,
      hotShare: 0.95,
      writeShare: 0.12,
    },
    faults: undefined,
    script: lastWords,
    faultsUntilMs: 20_000,
  }),
  scenario('hung4', 'a second master that answers no calls, though its heartbeats go on', {
    world: { nodes: 4 },
    faults: undefined,
    script: hungMaster,
    silenceMsMax: 4500,
  }),
  scenario('laptops', 'three steady nodes, and four that come and go all day', {
    world: { nodes: 7 },
    faults: undefined,
    script: laptops,
    silenceMsMax: 4500,
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
      network: { ...BASE.world.network, callLoss: { accept: 0.5, commit: 0.9, view: 0.95 } },
    },
    faults: undefined,
    script: halfAgreed,
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
  scenario('oneear3', 'a node that hears nothing of a healthy primary must not unseat it', {
    faults: undefined,
    script: oneEar,
    silenceMsMax: 1500,
    faultsUntilMs: 20_000,
  }),
]

export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name)
  if (found !== undefined) return found
  throw new Error(`no scenario ${name}: ${SCENARIOS.map((s) => s.name).join(', ')}`)
}
