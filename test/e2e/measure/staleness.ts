// How old a copy can be while another node writes: with every datagram, and without some of them.
import { Agent } from 'node:http'
import { Client } from '../client.ts'
import type { Cluster } from '../cluster.ts'
import { measureStaleness } from '../stale-reads.ts'
import { type Figures, percentile, rounded } from './figures.ts'

const WRITES = 200
const EVERY_MS = 50
const INVALIDATION = 5
const LOST = [0, 0.3, 1] as const

export async function staleness(cluster: Cluster): Promise<Figures> {
  const figures: Record<string, number> = {}
  for (const lost of LOST) {
    await cluster.stopAll()
    for (const daemon of cluster.nodes(1, 2, 3, 4, 5)) daemon.lose(INVALIDATION, lost)
    await cluster.start(1, 2, 3, 4, 5)
    const { primary, others } = await cluster.roles()
    const agents = others.map(() => new Agent({ keepAlive: true }))
    const readers = others.map(({ address }, i) => new Client(`http://${address}`, agents[i]))
    const { staleMs, fromCopies, reads } = await measureStaleness(primary.client, readers, {
      key: `lost-${lost}`,
      writes: WRITES,
      everyMs: EVERY_MS,
    })
    for (const agent of agents) agent.destroy()
    const title = `${lost * 100} % of invalidations lost`
    figures[`${title}: p50 ms`] = percentile(staleMs, 0.5)
    figures[`${title}: p99 ms`] = percentile(staleMs, 0.99)
    figures[`${title}: max ms`] = rounded(Math.max(...staleMs))
    figures[`${title}: share from copies`] = rounded(fromCopies / reads)
  }
  return figures
}
