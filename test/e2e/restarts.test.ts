// Nodes and whole clusters stop and start again: the data is there, and nobody answers what it
// cannot know.
import assert from 'node:assert/strict'
import { written } from './client.ts'
import { assertHeld, assertSame, type Cluster } from './cluster.ts'
import { eventually, forAll } from './eventually.ts'
import { scenario } from './scenario.ts'

const KEYS = 60

scenario('each node is restarted in turn, then all of them: the data stays', async (cluster) => {
  await cluster.start(1, 2, 3)
  const entries = await fill(cluster, 'before')
  for (const number of [1, 2, 3]) {
    const node = cluster.node(number)
    const { code } = await node.stop()
    assert.equal(code, 0, `${node.address} stops in good order`)
    await cluster.settled()
    node.start()
    await cluster.settled()
    await assertHeld(await cluster.masters(), entries)
    await assertReadable(cluster, entries)
  }

  await cluster.stopAll()
  await cluster.start(1, 2, 3)
  await assertHeld(await cluster.masters(), entries)
  await assertTakesWrites(cluster, 'after SIGTERM of all')

  await cluster.killAll()
  await cluster.start(1, 2, 3)
  await assertHeld(await cluster.masters(), entries)
  await assertReadable(cluster, entries)
  await assertTakesWrites(cluster, 'after kill -9 of all')
  const { primary, second } = await cluster.roles()
  await assertSame(primary, second)
})

scenario('a master that lost its disk never becomes the source', async (cluster) => {
  await cluster.start(1, 2, 3)
  const entries = await fill(cluster, 'kept')

  // Back at once with the old address and nothing on it.
  const { primary } = await cluster.roles()
  await primary.kill()
  primary.wipe()
  primary.start()
  await cluster.settled()
  await assertHeld(await cluster.masters(), entries)
  await assertReadable(cluster, entries)

  // The whole cluster is down, one master comes back empty, and comes back first.
  const { second } = await cluster.roles()
  await cluster.killAll()
  second.wipe()
  second.start()
  await eventually(async () => {
    assert.equal((await second.client.send('/health/live')).status, 200)
  })
  for (const node of cluster.nodes(1, 2, 3)) if (!node.isRunning) node.start()
  await cluster.settled()
  await assertHeld(await cluster.masters(), entries)
  await assertReadable(cluster, entries)
})

scenario('one node alone works, and the second makes it two copies', async (cluster) => {
  const node = cluster.node(1)
  await cluster.start(1)
  const alone = written(await node.client.post('alone', 'one'))
  assert.deepEqual(
    { status: alone.status, copies: alone.copies, degraded: alone.degraded },
    { status: 200, copies: 1, degraded: true },
  )
  assert.equal((await node.client.get('alone')).text, 'one')
  assert.equal((await node.client.get('unknown')).status, 404)

  await cluster.start(2)
  const together = written(await cluster.node(2).client.post('together', 'two'))
  assert.equal(together.copies, 2)
  assert.equal(together.degraded, undefined)
  await assertHeld(
    cluster.nodes(1, 2),
    new Map([
      ['alone', 'one'],
      ['together', 'two'],
    ]),
  )
})

scenario('two of three nodes are gone: the third says so, and invents nothing', async (cluster) => {
  await cluster.start(1, 2, 3)
  const entries = await fill(cluster, 'known')
  const { primary, second, others } = await cluster.roles()
  const [left] = others
  assert(left !== undefined)
  await primary.kill()
  await second.kill()

  // A write that an answer was promised for before both were missed may be unknown: 504.
  const refused = await eventually(async () => {
    const answer = await left.client.post('refused', 'never')
    assert.equal(answer.status, 503, answer.text)
    return answer
  })
  const { applied, detail, type } = written(refused)
  assert.equal(applied, false)
  assert.equal(type, 'urn:diststore:problem:unavailable')
  assert.match(detail ?? '', /bring .* back/, 'the reason says what to do')
  assert(refused.headers.has('retry-after'))
  const [unknown, known] = await Promise.all(
    ['unknown', 'known-0'].map((key) => left.client.get(key)),
  )
  assert.equal(unknown?.status, 503, 'it cannot know that')
  assert.equal(known?.status, 503, 'it cannot prove that')

  primary.start()
  await cluster.settled()
  await assertReadable(cluster, entries)
  for (const { client } of cluster.running()) {
    assert.equal((await client.get('refused')).status, 404, 'not applied means not applied')
    assert.equal((await client.get('unknown')).status, 404)
  }
  await assertTakesWrites(cluster, 'with two of three')
})

/** Stores keys through every running node, each with two copies. */
async function fill(cluster: Cluster, prefix: string): Promise<Map<string, string>> {
  const entries = new Map<string, string>()
  for (let count = 0; count < KEYS; count++) entries.set(`${prefix}-${count}`, `value ${count}`)
  const clients = cluster.running().map(({ client }) => client)
  let turn = 0
  await forAll([...entries], 8, async ([key, value]) => {
    const client = clients[turn++ % clients.length]
    const answer = await client?.post(key, value)
    assert(answer !== undefined && answer.status === 200, answer?.text)
    assert.equal(written(answer).copies, 2, answer.text)
  })
  return entries
}

/** Every running node finds a sample of the entries. */
async function assertReadable(
  cluster: Cluster,
  entries: ReadonlyMap<string, string>,
): Promise<void> {
  const sample = [...entries].slice(0, 10)
  for (const { client, address } of cluster.running()) {
    for (const [key, value] of sample) {
      const { status, text } = await client.get(key)
      assert.deepEqual({ status, text }, { status: 200, text: value }, `${key} from ${address}`)
    }
  }
}

async function assertTakesWrites(cluster: Cluster, key: string): Promise<void> {
  for (const { client, address } of cluster.running()) {
    const { status, copies } = written(await client.post(key, address))
    assert.deepEqual({ status, copies }, { status: 200, copies: 2 }, `a post to ${address}`)
  }
}
