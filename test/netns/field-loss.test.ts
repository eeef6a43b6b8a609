// A network that loses four of ten datagrams of every kind, as poor wireless ones do.
import assert from 'node:assert/strict'
import { ballot, warned } from './field.ts'
import { judge, startClients } from './load.ts'
import { longNetScenario } from './scenario.ts'

const LOST_SHARE = 0.4
const WRITES = 80

longNetScenario(
  'four of ten datagrams lost: nobody is given up, and /cluster says so',
  { hosts: 4 },
  async ({ cluster, note }) => {
    for (const daemon of cluster.nodes(1, 2, 3, 4)) daemon.lose('any', LOST_SHARE)
    await cluster.start(1, 2, 3, 4)
    const clients = startClients(cluster.running())
    await clients.acknowledged(WRITES)
    const before = await ballot(cluster)
    await warned(cluster.running(), /% of the multicast of .* is lost on the way to this node/)
    await clients.acknowledged(WRITES)
    assert.equal(await ballot(cluster), before, 'no view was needed')

    const { second } = await cluster.roles()
    const memoryLostAt = [performance.now()]
    await second.kill()
    await clients.acknowledged(WRITES)
    second.start()
    await cluster.settled()
    for (const daemon of cluster.running()) {
      const given = daemon.logged('node-dead').filter(({ address }) => address !== second.address)
      assert.deepEqual(given, [], `${daemon.address} gave up somebody who was there`)
    }
    await judge(cluster, clients, { memoryLostAt, sides: undefined, note })
  },
)
