// Who else is in the network: another cluster, and somebody who repeats, alters and invents packets.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { spawnKnown } from '../e2e/daemon.ts'
import { eventually } from '../e2e/eventually.ts'
import { ballot } from './field.ts'
import { judge, startClients } from './load.ts'
import { longNetScenario } from './scenario.ts'

const NOISE = fileURLToPath(new URL('noise.mjs', import.meta.url))
const PACKETS = 20_000
const WRITES = 60

/** What a node without --group and --group-port uses. */
const GROUP = '239.192.73.81'
const GROUP_PORT = '4983'

longNetScenario(
  'another cluster, repeated, altered and invented packets: counted, and not noticed',
  { hosts: 5 },
  async ({ net, cluster, note }) => {
    const nodes = cluster.nodes(1, 2, 3)
    await cluster.start(1, 2, 3)
    const before = await ballot(cluster)
    const clients = startClients(nodes)
    await clients.acknowledged(WRITES)

    const stranger = cluster.stranger(4, 'another')
    stranger.start('--cluster', 'another')
    const addresses = nodes.map(({ address }) => address)
    const noise = [NOISE, GROUP, GROUP_PORT, net.address(5), String(PACKETS), ...addresses]
    const [program = '', ...args] = [...net.on(5), process.execPath, ...noise]
    const child = spawnKnown(program, args, 'pipe')
    assert(child.stdout !== null)
    const said = text(child.stdout)
    const [code] = await once(child, 'exit')
    assert.deepEqual({ code, said: await said }, { code: 0, said: `${PACKETS} packets sent\n` })
    await eventually(async () => {
      const { view } = await stranger.client.cluster()
      assert.deepEqual(
        view?.roster.map(({ address }) => address),
        [stranger.address],
        'the stranger is a cluster of its own',
      )
    })
    await clients.acknowledged(WRITES)

    for (const { client, address } of nodes) {
      const report = await client.cluster()
      assert.equal(report.view?.ballot, before, `${address} changed its view`)
      assert.deepEqual(
        report.nodes.map((node) => node.address),
        [...addresses].sort(),
        `${address} knows somebody else`,
      )
    }
    // Said once when it begins; what came later is said within a minute, or when the node stops.
    await stranger.kill()
    await judge(cluster, clients, { memoryLostAt: [], sides: undefined, note })
    await cluster.stopAll()
    for (const daemon of nodes) {
      const sum = new Map<string, number>()
      for (const line of daemon.logged('packets-refused')) {
        for (const [reason, count] of Object.entries(line)) {
          if (typeof count === 'number') sum.set(reason, (sum.get(reason) ?? 0) + count)
        }
      }
      for (const reason of ['cluster', 'replay', 'tag', 'magic']) {
        assert((sum.get(reason) ?? 0) > 0, `${daemon.address} counted no ${reason}`)
      }
      note(`${daemon.address} refused ${[...sum].map(([why, n]) => `${n} x ${why}`).join(', ')}`)
    }
  },
)
