// A node started later: how long until it is in the roster? And a write to any node: how many copies?
import { written } from '../client.ts'
import type { Cluster } from '../cluster.ts'
import { eventually } from '../eventually.ts'
import { type Figures, percentile } from './figures.ts'

export async function join(cluster: Cluster): Promise<Figures> {
  await cluster.start(1, 2, 3)
  const tookMs: number[] = []
  for (const number of [4, 5, 6, 7, 8]) {
    const daemon = cluster.node(number)
    const startedMs = performance.now()
    daemon.start()
    await eventually(async () => {
      const { view } = await cluster.node(1).client.cluster()
      if (!view?.roster.some(({ address }) => address === daemon.address)) throw new Error('absent')
    })
    tookMs.push(performance.now() - startedMs)
  }
  return {
    joins: tookMs.length,
    'median ms from start to roster': percentile(tookMs, 0.5),
    'worst ms from start to roster': percentile(tookMs, 1),
  }
}

export async function copies(cluster: Cluster): Promise<Figures> {
  await cluster.start(1, 2, 3)
  const counts: number[] = []
  for (const { client, address } of cluster.running()) {
    counts.push(written(await client.post(`to ${address}`, 'value')).copies ?? 0)
  }
  return { posts: counts.length, 'fewest copies answered': Math.min(...counts) }
}
