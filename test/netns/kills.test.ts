// Processes end by kill -9 while clients on every host go on.
import { judge, startClients } from './load.ts'
import { netScenario } from './scenario.ts'

/** Acknowledged writes before each fault, and after it. */
const WRITES = 60

netScenario(
  'a master is killed, then the other one, then a node that holds copies',
  { hosts: 4 },
  async ({ cluster, note }) => {
    await cluster.start(1, 2, 3, 4)
    const clients = startClients(cluster.running())
    const memoryLostAt: number[] = []
    const kill = async (role: 'primary' | 'second' | 'copies') => {
      await clients.acknowledged(WRITES)
      const { primary, second, others } = await cluster.roles()
      const victim = { primary, second, copies: others[0] ?? second }[role]
      memoryLostAt.push(performance.now())
      await victim.kill()
      await clients.acknowledged(WRITES)
      // A third node becomes master and mirrors before the next one goes.
      await cluster.settled()
      return victim
    }
    const masters = [await kill('second'), await kill('primary')]
    for (const master of masters) master.start()
    await cluster.settled()
    const holder = await kill('copies')
    holder.start()
    await cluster.settled()
    await judge(cluster, clients, { memoryLostAt, sides: undefined, note })
  },
)
