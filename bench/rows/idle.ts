// What nodes cost that have nothing to do: clusters of real processes, left alone for a while.
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Eavesdropper } from '../../test/e2e/eavesdropper.ts'
import { type Cluster, clusterOf, metricsOf, startCluster, sumOf } from '../cluster.ts'
import { until } from '../node.ts'
import type { Row, RowOptions, RowReport } from '../row.ts'
import type { Server } from '../server.ts'

const NODES = [3, 20, 50]

/** Nobody asks them anything for so long. Unit: s. */
const IDLE_S = 20

/** Every node has started by then; views are being agreed on. Unit: ms. */
const ROSTER_WAIT_MS = 180_000

/** What a beginning leaves behind is then over. Unit: ms. */
const REST_MS = 5000

/** Where nodes speak that are told nothing else: `--group`. */
const GROUP = '239.192.73.81'

export const IDLE: Readonly<Record<string, Row>> = {
  idle: {
    about: 'a node of a cluster without clients, unpinned',
    goal: '<= 1 % of a core; datagrams/s and bytes/s stated',
    measure: idle,
  },
}

async function idle({ directory, nodes = NODES }: RowOptions): Promise<RowReport> {
  const figures: Record<string, number> = {}
  for (const size of nodes) {
    const fromMs = performance.now()
    const cluster = await startCluster(join(directory, String(size)), {
      nodes: size,
      net: '127.1.4',
    })
    try {
      await untilAllAreIn(cluster)
      const startSeconds = (performance.now() - fromMs) / 1000
      const startCpu = mean(cluster.servers.map((server) => server.cpuSeconds))
      await pause(REST_MS)
      const measured = {
        'start until all are in one view, two at once, s': startSeconds,
        'processor time of a node until then, s': startCpu,
        ...(await measure(cluster)),
      }
      for (const [what, value] of Object.entries(measured)) {
        figures[`${size} nodes: ${what}`] = Math.round(value * 1000) / 1000
      }
    } finally {
      await cluster.stop()
    }
  }
  return { figures }
}

async function untilAllAreIn({ servers }: Cluster): Promise<void> {
  const [first] = servers
  if (first === undefined) throw new Error('a cluster needs a node')
  await until(
    async () => {
      const { view } = await clusterOf(first)
      return view?.roster.length === servers.length ? view : undefined
    },
    { waitMs: ROSTER_WAIT_MS, otherwise: `not all of ${servers.length} nodes came together` },
  )
}

async function measure({ servers, groupPort }: Cluster): Promise<Record<string, number>> {
  const before = await Promise.all(servers.map(trafficOf))
  const place = { host: servers[0]?.host ?? '', group: GROUP, groupPort }
  const listener = await Eavesdropper.start(place)
  const cpuBefore = servers.map((server) => server.cpuSeconds)
  const sleepsBefore = servers.map((server) => server.sleeps)
  const fromMs = performance.now()
  await pause(IDLE_S * 1000)
  const seconds = (performance.now() - fromMs) / 1000
  const shares = servers.map((server, i) => (server.cpuSeconds - (cpuBefore[i] ?? 0)) / seconds)
  const wakes = servers.map((server, i) => (server.sleeps - (sleepsBefore[i] ?? 0)) / seconds)
  listener.end()
  const after = await Promise.all(servers.map(trafficOf))

  const each = after.map((now, i) => rateOf(before[i] ?? now, now))
  const heardBytes = listener.heard.reduce((sum, packet) => sum + packet.length, 0)
  shares.sort((a, b) => a - b)
  return {
    'processor time of a node, median, % of a core': 100 * (shares[shares.length >> 1] ?? 0),
    'processor time of a node, worst, % of a core': 100 * (shares.at(-1) ?? 0),
    'times a node wakes a second': mean(wakes),
    'datagrams a node sends a second': mean(each.map(({ sent }) => sent)),
    'datagrams a node takes a second': mean(each.map(({ taken }) => taken)),
    'calls a node makes a second': mean(each.map(({ calls }) => calls)),
    'multicast payload a node sends, bytes/s': heardBytes / seconds / servers.length,
    'multicast payload a node takes, bytes/s': heardBytes / seconds,
    'bytes of a heartbeat, mean': heardBytes / listener.heard.length,
    'memory of a node, resident, MB': mean(servers.map((it) => it.residentBytes)) / 1e6,
  }
}

interface Traffic {
  readonly atMs: number
  readonly sent: number
  readonly taken: number
  readonly calls: number
}

async function trafficOf(server: Server): Promise<Traffic> {
  const metrics = await metricsOf(server)
  return {
    atMs: performance.now(),
    sent: sumOf(metrics, 'diststore_datagrams_out_total'),
    taken: sumOf(metrics, 'diststore_datagrams_in_total'),
    calls: sumOf(metrics, 'diststore_node_calls_total'),
  }
}

/** A second. */
function rateOf(before: Traffic, after: Traffic): Omit<Traffic, 'atMs'> {
  const seconds = (after.atMs - before.atMs) / 1000
  const rate = (what: 'sent' | 'taken' | 'calls') => (after[what] - before[what]) / seconds
  return { sent: rate('sent'), taken: rate('taken'), calls: rate('calls') }
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}
