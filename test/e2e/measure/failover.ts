// Ten nodes, ten times: the primary is killed under writes. How long until the next 200?
import type { Cluster } from '../cluster.ts'
import { SteadyWrites } from '../steady-writes.ts'
import { type Figures, percentile } from './figures.ts'

const ROUNDS = 10
const PER_SECOND = 50
const WRITES = 50

export async function failover(cluster: Cluster): Promise<Figures> {
  await cluster.start(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
  const gapsMs: number[] = []
  let lost = 0
  for (let round = 1; round <= ROUNDS; round++) {
    const { primary, others } = await cluster.roles()
    const load = new SteadyWrites(others, { perSecond: PER_SECOND, prefix: `round-${round}` })
    await load.applied(WRITES)
    const killedMs = performance.now()
    await primary.kill()
    await load.applied(WRITES)
    await load.stop()
    gapsMs.push(load.gapAfter(killedMs) ?? Infinity)
    const now = await cluster.roles()
    for (const key of load.acknowledged().keys()) {
      const [one, other] = [now.primary, now.second].map(({ client }) => client.getLocal(key))
      if ((await one)?.status !== 200 || (await other)?.status !== 200) lost++
    }
    primary.start()
    await cluster.settled()
  }
  return {
    rounds: ROUNDS,
    'median ms to the next 200': percentile(gapsMs, 0.5),
    'worst ms to the next 200': percentile(gapsMs, 1),
    'acknowledged writes lost': lost,
  }
}
