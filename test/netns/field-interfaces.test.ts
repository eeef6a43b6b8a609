// Hosts with several interfaces, and interfaces that come late, go, and get another address.
import assert from 'node:assert/strict'
import type { Daemon } from '../e2e/daemon.ts'
import { eventually } from '../e2e/eventually.ts'
import { netScenario } from './scenario.ts'

/** Waits until each of these nodes sees just these addresses, all alive, in a view with all of them. */
async function together(daemons: readonly Daemon[], hosts: readonly string[]): Promise<void> {
  const addresses = hosts.map((host) => `${host}:8181`).sort()
  await eventually(async () => {
    for (const { client, address } of daemons) {
      const { nodes, view } = await client.cluster()
      const alive = nodes.filter(({ state }) => state === 'alive')
      assert.deepEqual(alive.map((node) => node.address).sort(), addresses, `seen by ${address}`)
      const roster = view?.roster.map((node) => node.address) ?? []
      assert.deepEqual([...roster].sort(), addresses, `the roster of ${address}`)
      assert.equal((await client.send('/health/ready')).status, 200)
    }
  })
}

/** What one stores, all get. */
async function share(daemons: readonly Daemon[], key: string): Promise<void> {
  const [first] = daemons
  assert(first !== undefined)
  assert.equal((await first.client.post(key, `of ${key}`)).status, 200)
  for (const { client } of daemons) assert.equal((await client.get(key)).text, `of ${key}`)
}

/** An interface of this name, with something at its other end. */
function cable(name: string): string[] {
  const end = `${name}-end`
  return [
    `link add ${name} type veth peer name ${end}`,
    `link set ${end} up`,
    `link set ${name} up`,
  ]
}

function up(name: string, subnet: string): string[] {
  return [`address add ${subnet} dev ${name}`, `link set ${name} up`]
}

netScenario(
  'of several interfaces the one of the LAN is chosen, on every host another way',
  { hosts: 3 },
  async ({ net, cluster }) => {
    // Host 1: a bridge of containers, which the system names first. Host 2: a second network without
    // a way out. Host 3: a tunnel with the default route.
    await net.change(1, 'link add docker0 type bridge', ...cable('veth1'))
    await net.change(1, 'link set veth1 master docker0', ...up('docker0', '172.17.0.1/16'))
    await net.change(2, ...cable('eth1'), ...up('eth1', '10.7.0.2/24'))
    await net.change(2, 'route add default via 10.1.2.1')
    await net.change(
      3,
      ...cable('tun0'),
      ...up('tun0', '10.8.0.3/24'),
      'route add default dev tun0',
    )
    const { roster } = await cluster.start(1, 2, 3)
    assert.deepEqual(roster.map(({ address }) => address).sort(), [
      '10.1.2.1:8181',
      '10.1.2.2:8181',
      '10.1.2.3:8181',
    ])
  },
)

netScenario(
  'an interface that appears late, changes its address, goes and comes back',
  { hosts: 3 },
  async ({ net, cluster }) => {
    const nodes = cluster.nodes(1, 2, 3)
    const late = cluster.node(3)
    await net.change(3, 'address flush dev eth0', 'link set eth0 down')
    late.start()
    await eventually(async () => {
      const { node, warnings } = await late.client.cluster()
      assert.equal(node.address, '127.0.0.1:8181')
      assert(warnings.some((warning) => warning.startsWith('this host has no network')))
    })
    cluster.node(1).start()
    cluster.node(2).start()
    await together(cluster.nodes(1, 2), ['10.1.2.1', '10.1.2.2'])

    await net.change(3, 'link set eth0 up', 'address add 10.1.2.3/24 dev eth0')
    await together(nodes, ['10.1.2.1', '10.1.2.2', '10.1.2.3'])
    await share(nodes, 'late')

    await net.change(3, 'address flush dev eth0', 'address add 10.1.2.77/24 dev eth0')
    await together(nodes, ['10.1.2.1', '10.1.2.2', '10.1.2.77'])
    await share(nodes, 'moved')

    // The interface itself goes, and another one of that name comes: memberships go with it.
    await net.change('switch', 'link delete port3')
    await eventually(async () => {
      const { nodes: seen } = await cluster.node(1).client.cluster()
      assert.equal(seen.find(({ address }) => address === '10.1.2.77:8181')?.state, 'dead')
    })
    await net.change(
      'switch',
      `link add port3 type veth peer name eth0 netns ${net.nameOf(3)}`,
      'link set port3 master left up',
    )
    await net.change(3, 'address add 10.1.2.77/24 dev eth0', 'link set eth0 up')
    await together(nodes, ['10.1.2.1', '10.1.2.2', '10.1.2.77'])
    await share(nodes, 'back')
    await eventually(async () => {
      for (const { client } of nodes) {
        const { warnings } = await client.cluster()
        assert.deepEqual(
          warnings.filter((warning) => /multicast|interface/.test(warning)),
          [],
        )
      }
    }, 60_000)
  },
)
