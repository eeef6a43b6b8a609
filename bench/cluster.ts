// A cluster of diststore on this machine: each node has an address of its own, none is held to a processor.
// Says what its nodes say of themselves.
import { join } from 'node:path'
import { type Flags, freePort, startNode, until, untilReady } from './node.ts'
import type { Server } from './server.ts'

/**
 * Until they are ready. A start takes a processor for seconds, and every node there is has to do with each
 * newcomer: fifty that come together on two processors are not ready in time.
 */
const STARTS_AT_ONCE = 2

/** The second master has mirrored by then. Unit: ms. */
const MASTERS_WAIT_MS = 30_000

export interface ClusterOptions {
  readonly nodes: number
  /** Three numbers; the nodes are at .1, .2 and so on. */
  readonly net: string
  readonly flags?: Flags
  /** Of node itself. */
  readonly nodeFlags?: readonly string[]
}

export interface Cluster {
  readonly servers: readonly Server[]
  readonly groupPort: number
  readonly net: string
  /** Of every node: with a host and its port, another one joins. */
  readonly flags: Flags
  /** Ends all of them at once. What they stored goes with the directory. */
  readonly stop: () => Promise<void>
}

/** All of them are ready; the one at .7 logs in the directory 7. Leaves none behind when one is not. */
export async function startCluster(directory: string, about: ClusterOptions): Promise<Cluster> {
  const { nodes, net, flags = {}, nodeFlags = [] } = about
  const [port, groupPort] = [await freePort(), await freePort()]
  const all = { ...flags, cluster: `bench-${net}-${process.pid}`, 'group-port': groupPort }
  const servers: Server[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.kill()))
  }
  let next = 1
  const startSome = async (): Promise<void> => {
    while (next <= nodes) {
      const number = next++
      const place = { ...all, host: `${net}.${number}`, port }
      const how = { isFree: true, nodeFlags }
      const server = await startNode(join(directory, String(number)), place, how)
      servers.push(server)
      await untilReady(server)
    }
  }
  try {
    const starts = await Promise.allSettled(Array.from({ length: STARTS_AT_ONCE }, startSome))
    for (const start of starts) if (start.status === 'rejected') throw start.reason
  } catch (error) {
    await stop()
    throw error
  }
  return { servers, groupPort, net, flags: all, stop }
}

/** Of GET /cluster. */
export interface ClusterAnswer {
  readonly view: {
    readonly masters: readonly { readonly address: string; readonly inSync: boolean }[]
    readonly roster: readonly unknown[]
  } | null
  readonly keys: number
  readonly copies: number
}

export async function clusterOf(server: Server): Promise<ClusterAnswer> {
  const response = await fetch(`${originOf(server)}/cluster`)
  return (await response.json()) as ClusterAnswer
}

/** The primary, once it has a second master in sync. */
export function untilTwoMasters(servers: readonly Server[]): Promise<Server> {
  return until(
    async () => {
      for (const server of servers) {
        const { view } = await clusterOf(server)
        const [primary, second] = view?.masters ?? []
        const isFirst = primary?.address === addressOf(server)
        if (isFirst && primary.inSync && second?.inSync === true) return server
      }
      return undefined
    },
    { waitMs: MASTERS_WAIT_MS, otherwise: 'there are no two masters in sync' },
  )
}

/** The lines of GET /metrics: name and labels, and the number. */
export async function metricsOf(server: Server): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${originOf(server)}/metrics`)
  const lines = (await response.text()).split('\n').filter((line) => /^[a-z]/.test(line))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    }),
  )
}

/** All lines of one name together. */
export function sumOf(metrics: ReadonlyMap<string, number>, name: string): number {
  let sum = 0
  for (const [line, value] of metrics) if (line.split('{')[0] === name) sum += value
  return sum
}

export function addressOf({ host, port }: Server): string {
  return `${host}:${port}`
}

export function originOf(server: Server): string {
  return `http://${addressOf(server)}`
}
