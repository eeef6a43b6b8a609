// A thousand misses, one after the other, on a node that is no master: each key read once.
import { Agent } from 'node:http'
import { Client } from '../client.ts'
import type { Cluster } from '../cluster.ts'
import { forAll } from '../eventually.ts'
import { type Figures, percentile } from './figures.ts'

const WARM_UP = 500
const MISSES = 1000
const VALUE = 'x'.repeat(100)

export async function miss(cluster: Cluster): Promise<Figures> {
  await cluster.start(1, 2, 3)
  const { primary, others } = await cluster.roles()
  const keys = Array.from({ length: WARM_UP + MISSES }, (_, index) => `key-${index}`)
  await forAll(keys, 16, async (key) => {
    await primary.client.post(key, VALUE)
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const reader = new Client(`http://${others[0]?.address}`, agent)
  const missMs: number[] = []
  const hitMs: number[] = []
  for (const [index, key] of keys.entries()) {
    const startedMs = performance.now()
    const { headers, text } = await reader.get(key)
    const tookMs = performance.now() - startedMs
    if (text !== VALUE || headers.get('diststore-source') !== 'fetched') {
      throw new Error(`${key} was no miss: ${headers.get('diststore-source')}`)
    }
    if (index >= WARM_UP) missMs.push(tookMs)
    const againMs = performance.now()
    await reader.get(key)
    if (index >= WARM_UP) hitMs.push(performance.now() - againMs)
  }
  agent.destroy()
  return {
    misses: MISSES,
    'p50 ms of a miss': percentile(missMs, 0.5),
    'p99 ms of a miss': percentile(missMs, 0.99),
    'p50 ms of the same read again': percentile(hitMs, 0.5),
    'p99 ms of the same read again': percentile(hitMs, 0.99),
  }
}
