// Processes end by kill -9 while clients on every host go on.
import { netScenario } from './scenario.ts'
import { judge, startClients } from './load.ts'

/** Acknowledged writes before each fault, and after it. */
const WRITES = 100

netScenario(
  'the primary, the second master and a copy holder are killed in turn',
  { hosts: 4 },
  async ({ cluster, note }) => {
    await cluster.start(1, 2, 3, 4)
    const clients = startClients(cluster.running())
    const memoryLostAt: number[] = []
    for (const role of ['primary', 'second', 'copy'] as const) {
      await clients.acknowledged(WRITES)
      const { primary, second, others } = await cluster.roles()
      const victim = { primary, second, copy: others[0] ?? second }[role]
      memoryLostAt.push(performance.now())
      await victim.kill()
      await clients.acknowledged(WRITES)
      await cluster.roles()
      victim.start()
      await cluster.settled()
    }
    await judge(cluster, clients, { memoryLostAt, sides: undefined, note })
  },
)
