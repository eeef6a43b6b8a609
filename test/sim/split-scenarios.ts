// Scenarios in which both sides of a split may go on, and are merged when they meet.
import type { ClientsOptions } from './clients.ts'
import type { FaultsOptions } from './faults.ts'
import type { Scenario } from './scenario.ts'
import type { Change } from './scenario-base.ts'
import {
  glimpsed,
  leftAndBack,
  lostAfterRestart,
  lostAndAway,
  lostHolder,
  lostWithStale,
} from './lost-holders.ts'
import { CLEARING } from './scenario-base.ts'
import { halvesInSight, shortReign, twoHalves } from './scripts.ts'

/** What every scenario begins with. */
interface Beginning {
  readonly base: Omit<Scenario, 'name' | 'about'>
  readonly clients: ClientsOptions
  readonly faults: FaultsOptions
}

export function splitScenarios(
  scenario: (name: string, about: string, change: Change) => Scenario,
  { base, clients, faults }: Beginning,
): Scenario[] {
  /** Cuts that last long enough for both sides to go on. */
  const splits: FaultsOptions = {
    ...faults,
    weights: { kill: 2, unplug: 1, pause: 1, split: 4, splitOneWay: 1, mend: 2, deafen: 1 },
    everyMs: { from: 500, to: 5000 },
  }

  const even = { ...base.world.network, spikeShare: 0, lossShare: 0, doubleShare: 0 }

  return [
    scenario('part2', 'two nodes that lose sight of each other: both go on, and merge', {
      world: { nodes: 2 },
      faults: splits,
      mayFork: true,
    }),
    scenario('part4', 'four nodes, cut in two both ways and one way, crashes, pauses', {
      world: { nodes: 4 },
      faults: splits,
      mayFork: true,
    }),
    scenario('part5', 'five nodes, cut in two both ways and one way, crashes, pauses', {
      world: { nodes: 5 },
      faults: splits,
      mayFork: true,
    }),
    scenario('alone3', 'three nodes, each of which may go on alone: up to three histories', {
      world: { settings: { ...base.world.settings, minCopies: 1 } },
      faults: { ...splits, weights: { ...splits.weights, shatter: 4 } },
      mayFork: true,
    }),
    scenario('shortreign3', 'a cut-off primary goes on alone, and loses its power a moment later', {
      world: { settings: { ...base.world.settings, minCopies: 1 } },
      faults: undefined,
      script: shortReign,
      mayFork: true,
      faultsUntilMs: 40_000,
    }),
    scenario('oneway4', 'four nodes that hear others which do not hear them', {
      world: { nodes: 4 },
      faults: { ...splits, weights: { split: 2, splitOneWay: 5, mend: 2, kill: 1 } },
      mayFork: true,
    }),
    scenario('merging5', 'five nodes, cut and mended, crashing whenever they merge', {
      world: { nodes: 5 },
      prefilled: 300,
      faults: {
        ...splits,
        weights: { split: 3, shatter: 1, mend: 3, kill: 5, unplug: 2, pause: 2 },
        everyMs: { from: 100, to: 2500 },
        downMs: { from: 20, to: 1500 },
        downMax: 2,
      },
      mayFork: true,
    }),
    scenario(
      'slowmerge6',
      'two halves of which neither has the other one’s writes yet, read meanwhile',
      {
        world: {
          nodes: 6,
          network: { ...base.world.network, callLoss: { heldDigest: 0.9, heldPage: 0.9 } },
        },
        clients: { ...clients, hotKeys: 30, writeShare: 0.4, conditionShare: 0.3 },
        faults: undefined,
        script: twoHalves,
        mayFork: true,
        isMergeKnown: true,
      },
    ),
    scenario(
      'sight6',
      'two halves that write much see each other before they are merged, and are read',
      {
        world: { nodes: 6 },
        clients: {
          ...clients,
          everyMs: { from: 2, to: 20 },
          hotKeys: 60,
          hotShare: 1,
          writeShare: 0.3,
          strongShare: 0,
          sessionShare: 0,
        },
        faults: undefined,
        script: halvesInSight,
        mayFork: true,
      },
    ),
    scenario(
      'ttlhalves4',
      'entries end on one side of a split that the other one has overwritten',
      {
        world: { nodes: 4 },
        clients: {
          ...clients,
          hotKeys: 40,
          hotShare: 1,
          writeShare: 0.7,
          deleteShare: 0,
          conditionShare: 0,
          ttlShare: 0.5,
          ttlMs: { from: 3000, to: 8000 },
        },
        faults: undefined,
        script: twoHalves,
        mayFork: true,
      },
    ),
    scenario('absent3', 'three nodes that are away for long: others go on without what they hold', {
      world: { settings: { ...base.world.settings, minCopies: 1 } },
      faults: {
        ...faults,
        weights: { kill: 3, unplug: 2, split: 1, mend: 1 },
        everyMs: { from: 1000, to: 6000 },
        downMs: { from: 500, to: 20_000 },
      },
      faultsUntilMs: 60_000,
      mayFork: true,
    }),
    scenario('lost3', 'three nodes: a holder is lost while the other master is syncing', {
      faults: undefined,
      script: lostHolder,
      mayFork: true,
    }),
    scenario('losttail3', 'a holder is lost while a master that was restarted is syncing again', {
      faults: undefined,
      script: lostAfterRestart,
      mayFork: true,
    }),
    scenario('lostaway4', 'the same with four, and the syncing master is back when others go on', {
      world: { nodes: 4 },
      faults: undefined,
      script: lostAndAway,
      mayFork: true,
    }),
    scenario('guest4', 'the only holder on one side of a cut had left the other side before', {
      // The one who can tell must be heard when the next view is made.
      world: {
        nodes: 4,
        settings: { ...base.world.settings, minCopies: 1 },
        network: even,
        disk: { ...base.world.disk, slowShare: 0 },
      },
      faults: undefined,
      script: leftAndBack,
      mayFork: true,
    }),
    scenario('glimpse4', 'nodes with older data see the holder of newer data for a moment', {
      world: { nodes: 4, network: even, disk: { ...base.world.disk, slowShare: 0 } },
      faults: undefined,
      script: glimpsed,
    }),
    scenario('loststale3', 'the syncing master still has keys that were deleted and purged', {
      ...CLEARING,
      faults: undefined,
      faultsUntilMs: 50_000,
      script: lostWithStale,
      mayFork: true,
    }),
    scenario('losing4', 'four nodes with slow mirrors that are away for long, again and again', {
      world: {
        nodes: 4,
        network: { ...base.world.network, callLoss: { digest: 0.6, page: 0.6 } },
      },
      prefilled: 50,
      faults: {
        ...faults,
        weights: { kill: 4, unplug: 2, pause: 1, split: 1, mend: 1 },
        everyMs: { from: 500, to: 5000 },
        downMs: { from: 500, to: 25_000 },
      },
      faultsUntilMs: 60_000,
      mayFork: true,
    }),
  ]
}
