// Three nodes that are read and not written: a master is killed. How long does the slowest read at the other one wait?
import type { Cluster } from '../cluster.ts'
import { type Figures, percentile } from './figures.ts'

const ROUNDS = 10
/** After a kill; the next view and its mirror are over by then. Unit: ms. */
const READ_MS = 3000

type Master = 'primary' | 'second'

export async function reads(cluster: Cluster): Promise<Figures> {
  await cluster.start(1, 2, 3)
  return {
    rounds: ROUNDS,
    ...(await slowest(cluster, 'second')),
    ...(await slowest(cluster, 'primary')),
  }
}

async function slowest(cluster: Cluster, victim: Master): Promise<Figures> {
  const waitsMs: number[] = []
  for (let round = 1; round <= ROUNDS; round++) waitsMs.push(await playRound(cluster, victim))
  const what = `slowest read after kill -9 of the ${victim === 'second' ? 'second master' : victim}`
  return {
    [`${what}: median ms`]: percentile(waitsMs, 0.5),
    [`${what}: worst ms`]: percentile(waitsMs, 1),
  }
}

/** One read after the other, of what both masters have. */
async function playRound(cluster: Cluster, victim: Master): Promise<number> {
  const roles = await cluster.roles()
  const killed = roles[victim]
  const { client, end } = roles[victim === 'second' ? 'primary' : 'second'].keepConnections(1)
  await client.post('key', 'value')
  const death = killed.kill()
  const untilMs = performance.now() + READ_MS
  let longestMs = 0
  while (performance.now() < untilMs) {
    const startedMs = performance.now()
    const { status } = await client.get('key')
    if (status !== 200) throw new Error(`a read was answered ${status}`)
    longestMs = Math.max(longestMs, performance.now() - startedMs)
  }
  await death
  end()
  killed.start()
  await cluster.settled()
  return longestMs
}
