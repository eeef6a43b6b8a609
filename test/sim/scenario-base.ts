// What most scenarios have in common: three nodes on a good network, mixed clients, crashes and pauses.
import type { ClientsOptions } from './clients.ts'
import type { FaultsOptions } from './faults.ts'
import type { Scenario } from './scenario.ts'

/**
 * How long writes may pause after one fault, whatever chance adds to it. Unit: ms. 2.4 s until a master
 * that is silent or stranded is given up, then two proposals that outbid each other, of 0.2 s and a pause
 * of up to 0.6 s each, one that comes of it, and 0.4 s until a forward is tried again.
 */
export const PAUSE_MS_MAX = 5000

export const CLIENTS: ClientsOptions = {
  everyMs: { from: 10, to: 110 },
  burstShare: 0.03,
  burst: { from: 2, to: 6 },
  hotKeys: 8,
  hotShare: 0.5,
  newShare: 0.25,
  writeShare: 0.6,
  strongShare: 0.25,
  sessionShare: 0.3,
  deleteShare: 0.3,
  ttlShare: 0.05,
  ttlMs: { from: 300, to: 5000 },
  conditionShare: 0.15,
  twiceShare: 0.03,
  retryShare: 0.7,
}

export const FAULTS: FaultsOptions = {
  rhythm: 'heaped',
  weights: { kill: 3, unplug: 1, pause: 2 },
  everyMs: { from: 200, to: 3000 },
  downMs: { from: 50, to: 3500 },
  pauseMs: { from: 50, to: 1500 },
  cutMs: { from: 100, to: 4000 },
  slowDiskMs: { from: 50, to: 400 },
  downMax: Infinity,
}

export const BASE: Omit<Scenario, 'name' | 'about'> = {
  world: {
    nodes: 3,
    witnesses: 0,
    settings: { mode: 'available', voters: 0, minCopies: 'auto', valueBytesMax: 8 * 1024 * 1024 },
    network: {
      delayMs: { from: 0.1, to: 1 },
      spikeShare: 0.02,
      spikeMs: { from: 5, to: 120 },
      lossShare: 0.02,
      groupLossShare: 0,
      doubleShare: 0.01,
      callLoss: {},
      callDouble: {},
      doubleAfterMs: { from: 0, to: 5000 },
      callLate: {},
      lateMs: { from: 500, to: 6000 },
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
  mayFork: false,
  isMergeKnown: false,
  script: undefined,
}

export const SINGLE: FaultsOptions = {
  ...FAULTS,
  rhythm: 'single',
  weights: { kill: 5, unplug: 2, pause: 3 },
  everyMs: { from: 400, to: 1500 },
}

/** Entries end, and tombstones go, within seconds. A retry after that would be another delete. */
export const CLEARING = {
  world: { tombstoneTtlMs: 2000, auditEveryMs: 300 },
  clients: {
    ...CLIENTS,
    deleteShare: 0.4,
    ttlShare: 0.5,
    ttlMs: { from: 100, to: 3000 },
    twiceShare: 0,
    retryShare: 0,
  },
} as const

export type Change = Partial<Omit<Scenario, 'name' | 'about' | 'world'>> & {
  readonly world?: Partial<Scenario['world']>
}

export function scenario(name: string, about: string, change: Change): Scenario {
  return { ...BASE, ...change, name, about, world: { ...BASE.world, ...change.world } }
}
