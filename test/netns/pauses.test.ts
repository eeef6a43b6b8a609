// A master's process is stopped for a while and goes on (SIGSTOP, SIGCONT), under load: it neither
// loses nor splits anything, and what it says when it wakes up is true.
import { pause } from '../e2e/eventually.ts'
import { judge, startClients } from './load.ts'
import { type Hosts, longNetScenario, netScenario } from './scenario.ts'

/** Acknowledged writes before each fault, and after it. */
const WRITES = 60

for (const [role, seconds, register] of [
  ['primary', 3, netScenario],
  ['second', 3, longNetScenario],
  ['primary', 1, longNetScenario],
  ['second', 1, longNetScenario],
  ['primary', 10, longNetScenario],
  ['second', 10, longNetScenario],
] as const) {
  const title = `the ${role === 'primary' ? 'primary' : 'second master'} hangs for ${seconds} s`
  register(title, { hosts: 3 }, (hosts) => hang(hosts, role, seconds))
}

async function hang(
  { cluster, note }: Hosts,
  role: 'primary' | 'second',
  seconds: number,
): Promise<void> {
  const { ballot } = await cluster.start(1, 2, 3)
  const clients = startClients(cluster.running())
  await clients.acknowledged(WRITES)
  const victim = (await cluster.roles())[role]
  victim.pause()
  // The fault itself takes this long.
  await pause(seconds * 1000)
  victim.resume()
  await clients.acknowledged(WRITES)
  const after = await cluster.settled()
  note(after.ballot === ballot ? 'the view stayed' : 'another view was made')
  await judge(cluster, clients, { memoryLostAt: [], sides: undefined, note })
}
