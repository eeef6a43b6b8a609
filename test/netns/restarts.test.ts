// Nodes and whole clusters are restarted under load, in order and without it; nodes return with old
// data or with none.
import assert from 'node:assert/strict'
import { eventually } from '../e2e/eventually.ts'
import { judge, startClients } from './load.ts'
import { longNetScenario, netScenario } from './scenario.ts'

/** Acknowledged writes before each fault, and after it. */
const WRITES = 60
const KEYS = 30
/** Eleven processes that start at once keep a small machine busy. Unit: ms. */
const ELEVEN_WAIT_MS = 120_000

netScenario(
  'all are killed at once, and start in the same instant',
  { hosts: 3 },
  async ({ cluster, note }) => {
    await cluster.start(1, 2, 3)
    const clients = startClients(cluster.running())
    await clients.acknowledged(WRITES)
    const killedAt = performance.now()
    await cluster.killAll()
    await cluster.start(1, 2, 3)
    await clients.acknowledged(WRITES)
    const memoryLostAt = [killedAt, killedAt]
    await judge(cluster, clients, { memoryLostAt, sides: undefined, note })
  },
)

netScenario(
  'a master returns with keys that were deleted, a master returns empty',
  { hosts: 4 },
  async ({ cluster, note }) => {
    await cluster.start(1, 2, 3, 4)
    const clients = startClients(cluster.running())
    const memoryLostAt: number[] = []
    const keys = Array.from({ length: KEYS }, (_, count) => `deleted-${count}`)
    const stale = (await cluster.roles()).primary
    for (const key of keys) await clients.apply('put', key, stale)
    await clients.acknowledged(WRITES)
    memoryLostAt.push(performance.now())
    await stale.kill()
    await clients.acknowledged(WRITES)
    const { primary } = await cluster.roles()
    for (const key of keys) await clients.apply('delete', key, primary)
    stale.start()
    await cluster.settled()
    const assertGone = async () => {
      for (const key of keys) {
        for (const { client, address } of cluster.running()) {
          assert.equal((await client.get(key)).status, 404, `${key} at ${address}`)
        }
      }
    }
    await assertGone()

    const empty = (await cluster.roles()).second
    memoryLostAt.push(performance.now())
    await empty.kill()
    empty.wipe()
    empty.start()
    await clients.acknowledged(WRITES)
    await cluster.settled()
    await assertGone()
    await judge(cluster, clients, { memoryLostAt, sides: undefined, note })
  },
)

longNetScenario(
  'a cluster is killed, and a master that lost its disk is the first to return',
  { hosts: 3 },
  async ({ cluster, note }) => {
    await cluster.start(1, 2, 3)
    const clients = startClients(cluster.running())
    await clients.acknowledged(WRITES)
    const { primary } = await cluster.roles()
    const killedAt = performance.now()
    await cluster.killAll()
    primary.wipe()
    primary.start()
    await eventually(async () => {
      assert.equal((await primary.client.send('/health/live')).status, 200)
    })
    await cluster.start(...[1, 2, 3].filter((number) => cluster.node(number) !== primary))
    await clients.acknowledged(WRITES)
    const memoryLostAt = [killedAt, killedAt]
    await judge(cluster, clients, { memoryLostAt, sides: undefined, note })
  },
)

longNetScenario('every node is restarted in turn', { hosts: 4 }, async ({ cluster, note }) => {
  await cluster.start(1, 2, 3, 4)
  const clients = startClients(cluster.running())
  const memoryLostAt: number[] = []
  for (const number of [1, 2, 3, 4]) {
    await clients.acknowledged(WRITES)
    const { code } = await cluster.node(number).stop()
    assert.equal(code, 0)
    memoryLostAt.push(performance.now())
    await clients.acknowledged(WRITES)
    cluster.node(number).start()
    await cluster.settled()
  }
  await judge(cluster, clients, { memoryLostAt, sides: undefined, note })
})

longNetScenario(
  'eleven nodes are started in the same instant',
  { hosts: 11 },
  async ({ cluster, note }) => {
    for (const node of cluster.nodes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)) node.start()
    const { roster } = await eventually(() => cluster.settled(), ELEVEN_WAIT_MS)
    assert.equal(roster.length, 11)
    const clients = startClients(cluster.nodes(1, 2, 3))
    await clients.acknowledged(WRITES)
    await judge(cluster, clients, { memoryLostAt: [], sides: undefined, note })
  },
)
