// Ten minutes in which one node after the other stands still for up to a second, under load: how many
// views were made for it. Each one is a false alarm, because nobody died.
import { setTimeout as wait } from 'node:timers/promises'
import { type Figures, percentile } from '../../e2e/measure/figures.ts'
import { SteadyWrites } from '../../e2e/steady-writes.ts'
import type { NetCluster } from '../net-cluster.ts'

const FOR_MS = 10 * 60_000
const STALL_MS = { from: 50, to: 1000 }
const REST_MS = { from: 0, to: 1000 }
const PER_SECOND = 8
const WRITES = 20
export const HOSTS_OF_STALLS = 4

export async function measureStalls({ cluster }: NetCluster): Promise<Figures> {
  const before = await cluster.start(1, 2, 3, 4)
  const load = new SteadyWrites(cluster.running(), { perSecond: PER_SECOND, prefix: 'stall' })
  await load.applied(WRITES)
  const viewsBefore = views(cluster)
  const startMs = performance.now()
  const endMs = startMs + FOR_MS
  const stallsMs: number[] = []
  while (performance.now() < endMs) {
    const nodes = cluster.running()
    const victim = nodes[Math.floor(Math.random() * nodes.length)]
    const startedMs = performance.now()
    victim?.pause()
    await wait(between(STALL_MS))
    victim?.resume()
    stallsMs.push(performance.now() - startedMs)
    await wait(between(REST_MS))
  }
  await load.applied(WRITES)
  await load.stop()
  const after = await cluster.settled()
  const answered = (code: number) => load.history.filter(({ status }) => status === code).length
  return {
    minutes: FOR_MS / 60_000,
    stalls: stallsMs.length,
    'longest stall ms': percentile(stallsMs, 1),
    'views made': views(cluster) - viewsBefore,
    'primary is another one': Number(before.masters[0]?.id !== after.masters[0]?.id),
    'longest ms without a write': percentile([load.longestGapAfter(startMs)], 1),
    writes: load.history.length,
    'writes answered 503 or 504': answered(503) + answered(504),
    'writes not answered': answered(0),
  }
}

function views(cluster: NetCluster['cluster']): number {
  return cluster.running().reduce((sum, node) => sum + node.logged('view-active').length, 0)
}

function between({ from, to }: { readonly from: number; readonly to: number }): number {
  return from + Math.random() * (to - from)
}
