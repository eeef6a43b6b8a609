// What is deleted stays deleted, and what has a time to live ends, on every node of real processes.
import assert from 'node:assert/strict'
import { written } from './client.ts'
import type { Cluster } from './cluster.ts'
import { eventually, forAll } from './eventually.ts'
import { scenario } from './scenario.ts'

/** A default read is at most this old. Unit: ms. */
const STALE_MS_MAX = 2000

const KEYS = 20

scenario('a delete is a 404 on every node, and stays one over any restart', async (cluster) => {
  await cluster.start(1, 2, 3)
  const keys = Array.from({ length: KEYS }, (_, i) => `gone-${i}`)
  const versions = new Map<string, string>()
  const [one, two, three] = cluster.nodes(1, 2, 3)
  assert(one !== undefined && two !== undefined && three !== undefined)
  await forAll(keys, 4, async (key) => {
    assert.equal(written(await one.client.post(key, 'here')).copies, 2)
    // Every node has answered it, so every node that is no master keeps a copy.
    for (const { client } of cluster.running()) assert.equal((await client.get(key)).status, 200)
  })
  await forAll(keys, 4, async (key) => {
    const answer = await two.client.delete(key)
    assert.equal(written(answer).copies, 2, answer.text)
    versions.set(key, answer.headers.get('etag') ?? '')
  })
  await eventually(() => assertGone(cluster, keys), STALE_MS_MAX)

  for (const number of [1, 2, 3]) {
    const node = cluster.node(number)
    await node.kill()
    await cluster.settled()
    await assertGone(cluster, keys)
    node.start()
    await cluster.settled()
    await assertGone(cluster, keys)
  }
  for (const { client } of cluster.running()) {
    for (const [key, etag] of versions) {
      const { status } = await client.get(key, { 'Diststore-Min-Version': etag })
      assert.equal(status, 404, 'deleted, as of that version')
    }
  }
})

scenario('a time to live ends on every node, and no node counts what is over', async (cluster) => {
  await cluster.start(1, 2, 3)
  const { client } = cluster.node(3)
  await client.post('kept', 'for ever')
  const keys = Array.from({ length: KEYS }, (_, i) => `brief-${i}`)
  await forAll(keys, 4, async (key) => {
    assert.equal((await client.post(key, 'soon over', { ttl: '1.5' })).status, 200)
  })
  await eventually(() => assertGone(cluster, keys))
  await eventually(async () => {
    const masters = await cluster.masters()
    const counts = await Promise.all(
      masters.map(async (node) => (await node.client.cluster()).keys),
    )
    assert.deepEqual(counts, [1, 1], 'only what is kept counts')
  })

  const { primary } = await cluster.roles()
  await primary.kill()
  await cluster.settled()
  await assertGone(cluster, keys)
  primary.start()
  await cluster.settled()
  await assertGone(cluster, keys)
  for (const node of cluster.running()) assert.equal((await node.client.get('kept')).status, 200)
})

scenario('a client that names its write finds it at every node at once', async (cluster) => {
  await cluster.start(1, 2, 3)
  for (let turn = 0; turn < 30; turn++) {
    const writer = cluster.node(1 + (turn % 3))
    const answer = await writer.client.post('session', `turn ${turn}`)
    assert.equal(answer.status, 200, answer.text)
    const headers = { 'Diststore-Min-Version': answer.headers.get('etag') ?? '' }
    for (const { client, address } of cluster.running()) {
      const { status, text } = await client.get('session', headers)
      assert.deepEqual({ status, text }, { status: 200, text: `turn ${turn}` }, address)
    }
  }
})

async function assertGone(cluster: Cluster, keys: readonly string[]): Promise<void> {
  for (const { client, address } of cluster.running()) {
    await forAll(keys, 4, async (key) => {
      assert.equal((await client.get(key)).status, 404, `${key} on ${address}`)
    })
  }
}
