// What the tests of networks as they are have in common: switches that carry no multicast, and what
// nodes say about it. Decides nothing.
import assert from 'node:assert/strict'
import type { Cluster } from '../e2e/cluster.ts'
import type { Daemon } from '../e2e/daemon.ts'
import { eventually } from '../e2e/eventually.ts'
import type { Net } from './net.ts'

/** The switch drops what goes to a group; broadcasts and unicast pass. */
export async function carryNoMulticast(net: Net): Promise<void> {
  const ports = Array.from({ length: net.hosts }, (_, i) => `port${i + 1}`)
  const off = ports.map((port) => `link set ${port} type bridge_slave mcast_flood off`)
  await net.change('switch', ...off)
}

/** Waits until each of these nodes warns so, or, with `not`, does not. */
export async function warned(
  daemons: readonly Daemon[],
  text: RegExp,
  patienceMs?: number,
): Promise<void> {
  await eventually(async () => {
    for (const { client, address } of daemons) {
      const { warnings } = await client.cluster()
      assert(
        warnings.some((warning) => text.test(warning)),
        `${address} warns ${warnings.join('; ')}`,
      )
    }
  }, patienceMs)
}

/** Waits until none of these nodes warns of multicast any more. */
export async function unwarned(daemons: readonly Daemon[], patienceMs?: number): Promise<void> {
  await eventually(async () => {
    for (const { client, address } of daemons) {
      const { warnings } = await client.cluster()
      const left = warnings.filter((warning) => warning.includes('multicast'))
      assert.deepEqual(left, [], `${address} still warns`)
    }
  }, patienceMs)
}

/** The ballot that every node routes to: views that come and go unseen change it too. */
export async function ballot(cluster: Cluster): Promise<string> {
  return (await cluster.settled()).ballot
}
