// The scenarios by name. Time is the real one: a heartbeat is 250 ms, a silent node dead after 1.75 s.
import type { FaultsOptions } from './faults.ts'
import { FORCED } from './force-scenarios.ts'
import type { Scenario } from './scenario.ts'
import { IN_THE_FIELD } from './field-scenarios.ts'
import {
  forgottenForward,
  lateForward,
  lateInView,
  lonely,
  recalled,
  unheard,
  stallInProposal,
} from './mishaps.ts'
import {
  comeback,
  deafPrimary,
  hungMaster,
  lastWords,
  lateBeat,
  oneEar,
  twoMajorities,
} from './scripts.ts'
import { splitScenarios } from './split-scenarios.ts'

import { BASE, CLEARING, CLIENTS, FAULTS, PAUSE_MS_MAX, SINGLE, scenario } from './scenario-base.ts'
import { OF_MEMBERS } from './scenarios-of-members.ts'

const CLOGGED: FaultsOptions = {
  ...FAULTS,
  weights: { clog: 4, swizzle: 2, kill: 2, pause: 1, mend: 1 },
}

export const SCENARIOS: readonly Scenario[] = [
  scenario('single2', 'two nodes, one fault at a time: the survivor goes on alone', {
    world: { nodes: 2 },
    faults: SINGLE,
    silenceMsMax: 6000,
  }),
  scenario('single3', 'three nodes, one fault at a time', {
    faults: SINGLE,
    silenceMsMax: PAUSE_MS_MAX,
  }),
  scenario('single5', 'five nodes, one fault at a time', {
    world: { nodes: 5 },
    faults: SINGLE,
    silenceMsMax: PAUSE_MS_MAX,
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
  ...splitScenarios(scenario, { base: BASE, clients: CLIENTS, faults: FAULTS }),
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
      // Only a holder is away for 10 s and more while others stall: older data goes on.
      mayFork: true,
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
  scenario(
    'founders5',
    'five empty nodes, of which two pairs are cut apart as they found a cluster',
    {
      world: { nodes: 5, witnesses: 1 },
      faults: undefined,
      script: twoMajorities,
      startEveryMs: { from: 0, to: 60 },
      faultsUntilMs: 6000,
    },
  ),
  scenario('comeback3', 'a primary is cut off, comes back as second master, and is primary again', {
    world: { wallErrorMs: 900 },
    faults: undefined,
    script: comeback,
  }),
  scenario('ttl3', 'three nodes, short lives and many deletes, crashes and cut cables', {
    ...CLEARING,
    faults: {
      ...FAULTS,
      weights: { kill: 3, unplug: 1, pause: 1, split: 2, splitOneWay: 1, mend: 3 },
    },
  }),
  scenario('ttl5', 'five nodes, short lives and many deletes, crashes of up to two', {
    ...CLEARING,
    world: { ...CLEARING.world, nodes: 5 },
    faults: { ...FAULTS, weights: { kill: 4, unplug: 2, pause: 1, leave: 1 }, downMax: 2 },
  }),
  scenario('ttlsplit3', 'deletes are forgotten, and three nodes that may go on alone merge', {
    ...CLEARING,
    world: { ...CLEARING.world, settings: { ...BASE.world.settings, minCopies: 1 } },
    faults: {
      ...FAULTS,
      weights: { kill: 2, unplug: 1, split: 3, shatter: 2, mend: 3 },
      everyMs: { from: 500, to: 5000 },
      downMs: { from: 50, to: 6000 },
    },
    mayFork: true,
  }),
  scenario('ttlmirror3', 'tombstones go while masters are lost and mirror again and again', {
    ...CLEARING,
    prefilled: 300,
    clients: { ...CLEARING.clients, everyMs: { from: 2, to: 40 } },
    faults: {
      ...FAULTS,
      weights: { kill: 3, unplug: 3 },
      everyMs: { from: 100, to: 1500 },
      downMs: { from: 10, to: 1000 },
    },
    faultsFromMs: 2500,
    faultsUntilMs: 20_000,
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
    silenceMsMax: PAUSE_MS_MAX,
  }),
  scenario('deaf4', 'a primary that hears nobody, though everybody hears it', {
    world: { nodes: 4 },
    faults: undefined,
    script: deafPrimary,
    silenceMsMax: PAUSE_MS_MAX,
  }),
  scenario('oneear3', 'a node that hears nothing of a healthy primary must not unseat it', {
    // Three heartbeats that are lost in a row lift the veto of the others: chance has that in 1 run of 1000.
    world: { network: { ...BASE.world.network, lossShare: 0 } },
    faults: undefined,
    script: oneEar,
    silenceMsMax: 1500,
    faultsUntilMs: 20_000,
  }),
  scenario('late3', 'a forward that arrives when nobody remembers that it was applied', {
    clients: { ...CLIENTS, everyMs: { from: 200, to: 1500 } },
    faults: undefined,
    script: lateForward,
    faultsUntilMs: 80_000,
  }),
  scenario('minute3', 'a forward that is under way for more than a minute, in one view', {
    clients: { ...CLIENTS, everyMs: { from: 200, to: 1500 } },
    faults: undefined,
    script: lateInView,
    faultsUntilMs: 80_000,
  }),
  scenario('forgot3', 'a late forward whose target is primary again, and nobody remembers it', {
    clients: { ...CLIENTS, everyMs: { from: 100, to: 500 } },
    faults: undefined,
    script: forgottenForward,
    faultsUntilMs: 40_000,
  }),
  scenario('recalled3', 'a write that only its entry tells of, retried before and after the next', {
    faults: undefined,
    script: recalled,
    faultsUntilMs: 20_000,
  }),
  scenario(
    'unheard3',
    'a mirror has a write under way, and the stream has not told its request id',
    {
      faults: undefined,
      script: unheard,
      faultsUntilMs: 20_000,
    },
  ),
  scenario('wake2', 'two nodes that stall in turn, one of them in the middle of a proposal', {
    world: { nodes: 2 },
    faults: undefined,
    script: stallInProposal,
  }),
  scenario('lonely3', 'a primary that has lost both others must say so at once', {
    faults: undefined,
    script: lonely,
    faultsUntilMs: 20_000,
  }),
  scenario('calls3', 'three nodes, requests that come twice or seconds late, crashes, pauses', {
    world: {
      network: {
        ...BASE.world.network,
        // No write among them: TCP does not double a request, and no node sends one twice unasked.
        callDouble: { replicate: 0.2, accept: 0.2, prepare: 0.1, commit: 0.2, synced: 0.2 },
        callLate: { replicate: 0.03, write: 0.03, accept: 0.05, commit: 0.2, barrier: 0.05 },
      },
    },
    faults: { ...FAULTS, weights: { kill: 2, unplug: 1, pause: 2, split: 1, mend: 2 } },
  }),
  scenario('soak5', 'five nodes for a long time, a fault now and then', {
    world: { nodes: 5 },
    faults: {
      ...FAULTS,
      weights: { kill: 3, unplug: 1, pause: 4, leave: 1, deafen: 1, setClock: 1 },
      everyMs: { from: 3000, to: 25_000 },
      downMax: 2,
    },
    faultsUntilMs: 60_000,
  }),
  scenario('net3', 'three nodes: clogged ways, links that go and come one by one, crashes', {
    faults: CLOGGED,
  }),
  // Of five, two pairs with a master each may both go on when the network falls apart.
  scenario('net5', 'five nodes: clogged ways, links that go and come one by one, crashes', {
    world: { nodes: 5 },
    faults: CLOGGED,
    mayFork: true,
  }),
  scenario('disk3', 'three nodes with disks that are slow, or fail to flush', {
    faults: { ...FAULTS, weights: { slowDisk: 4, diskError: 3, kill: 1, pause: 1 } },
  }),
  scenario('damage3', 'three nodes, and records that are damaged while one of them is down', {
    faults: { ...SINGLE, weights: { damage: 3, kill: 1 } },
    silenceMsMax: PAUSE_MS_MAX,
  }),
  scenario('full3', 'three nodes whose disks are full again and again', {
    world: { disk: { ...BASE.world.disk, bytesMax: 12_000 } },
    clients: { ...CLIENTS, newShare: 0.1, deleteShare: 0.4 },
    faults: { ...FAULTS, weights: { kill: 2, unplug: 1, pause: 2 } },
  }),
  scenario('small4', 'four nodes, of which one has a disk too small for all keys', {
    world: { nodes: 4, smallDiskBytes: 60_000 },
    prefilled: 100,
    faults: SINGLE,
    silenceMsMax: PAUSE_MS_MAX,
  }),
  ...OF_MEMBERS,
  ...FORCED,
  ...IN_THE_FIELD,
]

export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name)
  if (found !== undefined) return found
  throw new Error(`no scenario ${name}: ${SCENARIOS.map((s) => s.name).join(', ')}`)
}
