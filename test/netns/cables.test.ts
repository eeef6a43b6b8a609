// Cables are pulled and put back, or carry one way only, under load. The host at the cut cable keeps
// its clients; alone it is told from the others and acknowledges nothing.
import { assertKnowsNothing, judge, startClients } from './load.ts'
import { hostOf } from './net-cluster.ts'
import type { Net } from './net.ts'
import { type Hosts, longNetScenario, netScenario } from './scenario.ts'

/** Acknowledged writes before each fault, and after it. */
const WRITES = 60

interface Fault {
  readonly begin: (net: Net, host: number) => Promise<void>
  readonly end: (net: Net, host: number) => Promise<void>
}

const FAULTS = {
  'is pulled': {
    begin: (net, host) => net.unplug(host),
    end: (net, host) => net.plug(host),
  },
  'carries nothing to it': {
    begin: (net, host) => net.deafen(host),
    end: (net, host) => net.undeafen(host),
  },
  'carries nothing from it': {
    begin: (net, host) => net.mute(host),
    end: (net, host) => net.unmute(host),
  },
} as const satisfies Record<string, Fault>

for (const [role, what, register] of [
  ['primary', 'is pulled', netScenario],
  ['primary', 'carries nothing to it', netScenario],
  ['primary', 'carries nothing from it', longNetScenario],
  ['second', 'is pulled', longNetScenario],
  ['second', 'carries nothing to it', longNetScenario],
  ['second', 'carries nothing from it', longNetScenario],
  ['copies', 'is pulled', longNetScenario],
] as const) {
  const whose = { primary: 'the primary', second: 'the second master', copies: 'a copy holder' }
  register(`the cable of ${whose[role]} ${what}, and is good again`, { hosts: 4 }, (hosts) =>
    cut(hosts, role, FAULTS[what]),
  )
}

async function cut(
  { net, cluster, note }: Hosts,
  role: 'primary' | 'second' | 'copies',
  fault: Fault,
): Promise<void> {
  await cluster.start(1, 2, 3, 4)
  const clients = startClients(cluster.running())
  await clients.acknowledged(WRITES)
  const { primary, second, others } = await cluster.roles()
  const victim = { primary, second, copies: others[0] ?? second }[role]
  const rest = cluster.running().filter((daemon) => daemon !== victim)

  await fault.begin(net, hostOf(victim))
  const cutAt = performance.now()
  await clients.acknowledged(WRITES, rest)
  await cluster.settled(rest)
  await assertKnowsNothing(victim)
  await clients.acknowledged(WRITES, rest)
  note(`cut for ${((performance.now() - cutAt) / 1000).toFixed(1)} s`)
  await fault.end(net, hostOf(victim))

  await cluster.settled()
  await clients.acknowledged(WRITES)
  await judge(cluster, clients, { memoryLostAt: [], sides: undefined, note })
}
