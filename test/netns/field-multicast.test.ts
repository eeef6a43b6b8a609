// Multicast that a switch does not carry, forgets, or carries again.
import assert from 'node:assert/strict'
import { eventually } from '../e2e/eventually.ts'
import { ballot, carryNoMulticast, unwarned, warned } from './field.ts'
import { judge, startClients } from './load.ts'
import { longNetScenario, netScenario } from './scenario.ts'

/** Acknowledged writes before and after each fault. */
const WRITES = 60

netScenario(
  'without multicast one named node is enough, and after a power cut none',
  { hosts: 4 },
  async ({ net, cluster, note }) => {
    await carryNoMulticast(net)
    const [first, ...others] = cluster.nodes(1, 2, 3, 4)
    assert(first !== undefined)
    first.start()
    for (const other of others) other.start('--node', first.address)
    await cluster.settled()
    await warned(cluster.running(), /^no multicast of .* reaches this node/)
    const clients = startClients(cluster.running())
    await clients.acknowledged(WRITES)

    const { second } = await cluster.roles()
    const memoryLostAt = [performance.now()]
    await second.kill()
    await clients.acknowledged(WRITES)
    second.start()
    await cluster.settled()
    await clients.acknowledged(WRITES)

    memoryLostAt.push(performance.now())
    await cluster.killAll()
    for (const daemon of [first, ...others]) daemon.start()
    await cluster.settled()
    await clients.acknowledged(WRITES)
    await judge(cluster, clients, { memoryLostAt, sides: undefined, note })
  },
)

longNetScenario(
  'a switch that snoops, without a querier, forgets the group: unicast carries on',
  { hosts: 3 },
  async ({ net, cluster, note }) => {
    await cluster.start(1, 2, 3)
    await unwarned(cluster.running())
    const before = await ballot(cluster)
    const clients = startClients(cluster.running())
    await clients.acknowledged(WRITES)

    // The switch believes in a querier, and nobody asks the hosts: members age out after 2 s. It
    // starts to believe a response interval, 0.1 s, after the querier is set up.
    await net.change(
      'switch',
      'link set left type bridge mcast_query_interval 100000 mcast_membership_interval 200',
      'link set left type bridge mcast_query_response_interval 10 mcast_startup_query_count 1',
      'link set left type bridge mcast_snooping 1 mcast_querier 1',
    )
    await warned(cluster.running(), /multicast/)
    await warned(cluster.running(), /^no multicast of .* reaches this node|does not reach/)
    await clients.acknowledged(WRITES)
    assert.equal(await ballot(cluster), before, 'nobody was lost')
    for (const daemon of cluster.running()) {
      assert.deepEqual(daemon.logged('node-dead'), [], `${daemon.address} lost somebody`)
    }

    await net.change('switch', 'link set left type bridge mcast_snooping 0')
    await unwarned(cluster.running(), 60_000)
    await clients.acknowledged(WRITES)
    assert.equal(await ballot(cluster), before)
    await judge(cluster, clients, { memoryLostAt: [], sides: undefined, note })
  },
)

netScenario(
  'two hosts that hear no multicast meet through a third that hears both',
  { hosts: 3 },
  async ({ net, cluster }) => {
    // What is sent to the group gets to host 3, and to no other.
    for (const port of [1, 2]) {
      await net.change('switch', `link set port${port} type bridge_slave mcast_flood off`)
    }
    await cluster.start(1, 2, 3)
    const deaf = cluster.nodes(1, 2)
    await warned(deaf, /^no multicast of .* reaches this node/)
    await warned(cluster.nodes(3), /^the multicast of this node does not reach/)
    const { warnings } = await cluster.node(3).client.cluster()
    assert.deepEqual(
      warnings.filter((warning) => warning.startsWith('no multicast')),
      [],
      'host 3 hears both',
    )
    await eventually(async () => {
      const { nodes } = await cluster.node(1).client.cluster()
      assert.deepEqual(
        nodes.map(({ state }) => state),
        ['alive', 'alive', 'alive'],
      )
    })
  },
)
