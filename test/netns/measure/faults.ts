// One fault after the other on five hosts, ten times each, under a steady load of writes through the
// nodes that stay: how long no write is answered, and how long until two masters are in sync again.
import type { Cluster } from '../../e2e/cluster.ts'
import type { Daemon } from '../../e2e/daemon.ts'
import { pause } from '../../e2e/eventually.ts'
import { type Figures, percentile } from '../../e2e/measure/figures.ts'
import { SteadyWrites } from '../../e2e/steady-writes.ts'
import { hostOf, type NetCluster } from '../net-cluster.ts'
import type { Net } from '../net.ts'

const ROUNDS = 10
const PER_SECOND = 25
/** Before the fault, and after everything is whole again. */
const WRITES = 25
export const HOSTS_OF_FAULTS = 5

type Role = 'primary' | 'second' | 'copies'

interface Fault {
  readonly victim: Role
  readonly begin: (victim: Daemon, net: Net) => unknown
  /** Makes it good again; the node then runs and is reached. */
  readonly end: (victim: Daemon, net: Net) => unknown
  /** Ends by itself after this. Unit: ms. Undefined: once the others have done without it. */
  readonly lastsMs?: number
}

const KILL = {
  begin: (victim: Daemon) => victim.kill(),
  end: (victim: Daemon) => victim.start(),
}
const STOP = {
  begin: (victim: Daemon) => victim.stop(),
  end: (victim: Daemon) => victim.start(),
}
const HANG = {
  begin: (victim: Daemon) => victim.pause(),
  end: (victim: Daemon) => victim.resume(),
}
const UNPLUG = {
  begin: (victim: Daemon, net: Net) => net.unplug(hostOf(victim)),
  end: (victim: Daemon, net: Net) => net.plug(hostOf(victim)),
}
const DEAFEN = {
  begin: (victim: Daemon, net: Net) => net.deafen(hostOf(victim)),
  end: (victim: Daemon, net: Net) => net.undeafen(hostOf(victim)),
}
const MUTE = {
  begin: (victim: Daemon, net: Net) => net.mute(hostOf(victim)),
  end: (victim: Daemon, net: Net) => net.unmute(hostOf(victim)),
}

/** By the name of the measurement; then by what is done to whom. */
export const FAULTS: Readonly<Record<string, Readonly<Record<string, Fault>>>> = {
  kills: {
    'kill -9 of the primary': { victim: 'primary', ...KILL },
    'kill -9 of the second master': { victim: 'second', ...KILL },
    'kill -9 of a copy holder': { victim: 'copies', ...KILL },
    'SIGTERM to the primary': { victim: 'primary', ...STOP },
  },
  cables: {
    'cable of the primary pulled': { victim: 'primary', ...UNPLUG },
    'cable of the second master pulled': { victim: 'second', ...UNPLUG },
    'cable of a copy holder pulled': { victim: 'copies', ...UNPLUG },
  },
  oneway: {
    'nothing arrives at the primary': { victim: 'primary', ...DEAFEN },
    'nothing leaves the primary': { victim: 'primary', ...MUTE },
    'nothing arrives at the second master': { victim: 'second', ...DEAFEN },
    'nothing leaves the second master': { victim: 'second', ...MUTE },
  },
  hangs: {
    'primary hangs for 1 s': { victim: 'primary', ...HANG, lastsMs: 1000 },
    'primary hangs for 3 s': { victim: 'primary', ...HANG, lastsMs: 3000 },
    'primary hangs for 10 s': { victim: 'primary', ...HANG, lastsMs: 10_000 },
    'second master hangs for 3 s': { victim: 'second', ...HANG, lastsMs: 3000 },
  },
}

/** Every fault of one kind. */
export async function measureFaults(hosts: NetCluster, kind: string): Promise<Figures> {
  await hosts.cluster.start(1, 2, 3, 4, 5)
  const figures: Record<string, number> = {}
  for (const [what, fault] of Object.entries(FAULTS[kind] ?? {})) {
    const rounds: { stallMs: number; wholeMs: number }[] = []
    for (let round = 1; round <= ROUNDS; round++) rounds.push(await playRound(hosts, fault))
    const stalls = rounds.map(({ stallMs }) => stallMs)
    const wholes = rounds.map(({ wholeMs }) => wholeMs)
    figures[`${what}: median ms without a write`] = percentile(stalls, 0.5)
    figures[`${what}: worst ms without a write`] = percentile(stalls, 1)
    figures[`${what}: median ms to two copies`] = percentile(wholes, 0.5)
    figures[`${what}: worst ms to two copies`] = percentile(wholes, 1)
  }
  return figures
}

async function playRound(
  { net, cluster }: NetCluster,
  fault: Fault,
): Promise<{ stallMs: number; wholeMs: number }> {
  const victim = await roleOf(cluster, fault.victim)
  const rest = cluster.running().filter((daemon) => daemon !== victim)
  const load = new SteadyWrites(rest, { perSecond: PER_SECOND, prefix: `${performance.now()}` })
  await load.applied(WRITES)
  const brokenMs = performance.now()
  const begun = fault.begin(victim, net)
  if (fault.lastsMs !== undefined) {
    await pause(fault.lastsMs)
    await fault.end(victim, net)
  }
  // A node that hangs for a moment stays a master: then all of them have to agree.
  await cluster.settled(fault.lastsMs === undefined ? rest : cluster.running())
  const wholeMs = performance.now() - brokenMs
  await load.applied(WRITES)
  await load.stop()
  await begun
  if (fault.lastsMs === undefined) await fault.end(victim, net)
  await cluster.settled()
  return { stallMs: load.longestGapAfter(brokenMs), wholeMs }
}

async function roleOf(cluster: Cluster, role: Role): Promise<Daemon> {
  const { primary, second, others } = await cluster.roles()
  return { primary, second, copies: others[0] ?? second }[role]
}
