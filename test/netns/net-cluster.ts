// A cluster whose nodes each have a host of their own: a network namespace. Nodes are started as on a
// real host, with nothing but a data directory; clients of a node run on its host.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AgentOptions } from 'node:http'
import { fileURLToPath } from 'node:url'
import { Cluster, type Site } from '../e2e/cluster.ts'
import { spawnKnown } from '../e2e/daemon.ts'
import { eventually } from '../e2e/eventually.ts'
import { Net } from './net.ts'

/** What every node takes without being told. */
const PORTS = { port: 8181, groupPort: 4983 } as const

const RELAY = fileURLToPath(new URL('relay.mjs', import.meta.url))

/** Clients come as programs of the host itself do. */
const OWN_HOST = '127.0.0.1'

export interface NetCluster {
  readonly net: Net
  readonly cluster: Cluster
}

/** Makes hosts 1 to `hosts` and a cluster on them; no node runs yet. `cluster.end()` removes all. */
export async function createNetCluster(hosts: number): Promise<NetCluster> {
  const net = Net.create(hosts)
  const sockets = mkdtempSync(join(tmpdir(), 'diststore-netns-'))
  const socketOf = (host: number) => join(sockets, `${host}`)
  const relays = Array.from({ length: hosts }, (_, index) => {
    const host = index + 1
    const relay = [RELAY, socketOf(host), OWN_HOST, String(PORTS.port)]
    const [program = '', ...args] = [...net.on(host), process.execPath, ...relay]
    return spawnKnown(program, args, 'pipe')
  })
  const end = () => {
    for (const relay of relays) relay.kill('SIGKILL')
    net.remove()
    rmSync(sockets, { recursive: true, force: true })
  }
  const site: Site = {
    ports: PORTS,
    place: (number) => ({
      address: `${net.address(number)}:${PORTS.port}`,
      flags: [],
      command: net.on(number),
      // Node's agent passes this on; its type does not say so.
      connect: { socketPath: socketOf(number) } as AgentOptions,
    }),
    end,
  }
  try {
    await eventually(() => {
      for (let host = 1; host <= hosts; host++) statSync(socketOf(host))
    })
    return { net, cluster: new Cluster(site) }
  } catch (error) {
    end()
    throw error
  }
}
