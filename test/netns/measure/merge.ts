// A network falls into two halves with a master each, and both take 50,000 keys that the other one
// lacks: how long after they meet until both masters hold all of them.
import assert from 'node:assert/strict'
import type { Cluster } from '../../e2e/cluster.ts'
import type { Daemon } from '../../e2e/daemon.ts'
import { eventually, forAll } from '../../e2e/eventually.ts'
import { type Figures, rounded } from '../../e2e/measure/figures.ts'
import { hostOf, type NetCluster } from '../net-cluster.ts'

const KEYS_OF_A_SIDE = 50_000
const VALUE = 'x'.repeat(100)
const PUTS_AT_ONCE = 32
const MERGE_WAIT_MS = 5 * 60_000
export const HOSTS_OF_MERGE = 4

export async function measureMerge({ net, cluster }: NetCluster): Promise<Figures> {
  await cluster.start(1, 2, 3, 4)
  const { primary, second, others } = await cluster.roles()
  const [one, other] = others
  assert(one !== undefined && other !== undefined, 'four nodes')
  const sides = [
    [primary, one],
    [second, other],
  ] as const
  await net.move(sides[1].map(hostOf), 'right')
  await Promise.all(sides.map((side) => cluster.settled(side)))
  await Promise.all(sides.map(([daemon]) => fill(daemon)))

  const healedMs = performance.now()
  await net.move(sides[1].map(hostOf), 'left')
  let mergedMs = Number.NaN
  await eventually(async () => {
    const due = await Promise.all(cluster.running().map(({ client }) => client.cluster()))
    assert(
      due.every(({ merge }) => merge.due === 0),
      'something is to be merged',
    )
    const ballots = new Set(due.map(({ view }) => view?.ballot))
    assert.equal(ballots.size, 1, 'there are two views')
    if (Number.isNaN(mergedMs)) mergedMs = performance.now()
    await assertAllHeld(cluster)
  }, MERGE_WAIT_MS)
  const equalMs = performance.now()
  return {
    'keys that differed': 2 * KEYS_OF_A_SIDE,
    's until nothing was left to merge': rounded((mergedMs - healedMs) / 1000),
    's until both masters held every key': rounded((equalMs - healedMs) / 1000),
    'keys that still differed then': await differences(cluster),
  }
}

async function assertAllHeld(cluster: Cluster): Promise<void> {
  for (const { client, address } of await cluster.masters()) {
    assert.equal((await client.cluster()).keys, 2 * KEYS_OF_A_SIDE, `keys of ${address}`)
  }
}

/** Keys whose versions are not the same on both masters, by their own audit. */
async function differences(cluster: Cluster): Promise<number> {
  const { second } = await cluster.roles()
  const before = (await second.client.cluster()).audit.differences
  const headers = { 'Content-Type': 'application/json' }
  const asked = await second.client.send('/admin/audit', { method: 'POST', body: '{}', headers })
  assert.equal(asked.status, 200, asked.text)
  const askedMs = performance.now()
  return eventually(async () => {
    const { audit } = await second.client.cluster()
    const isNew = audit.lastMs !== null && audit.lastMs < performance.now() - askedMs
    assert(isNew, 'the master has not compared yet')
    return audit.differences - before
  })
}

async function fill(daemon: Daemon): Promise<void> {
  const { client, end } = daemon.keepConnections(PUTS_AT_ONCE)
  const keys = Array.from({ length: KEYS_OF_A_SIDE }, (_, index) => `${hostOf(daemon)}-${index}`)
  await forAll(keys, PUTS_AT_ONCE, async (key) => {
    const { status, text } = await client.put(key, VALUE)
    assert.equal(status, 200, text)
  })
  end()
}
