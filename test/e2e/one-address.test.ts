// Two nodes behind one address, told apart by their ports alone.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { GROUP } from './cluster.ts'
import { Daemon } from './daemon.ts'
import { eventually } from './eventually.ts'
import { scenario } from './scenario.ts'

scenario('two nodes at one address are two nodes', async (cluster) => {
  const { port, groupPort } = cluster.ports
  const [one] = cluster.nodes(1)
  assert(one !== undefined)
  const [host = ''] = one.address.split(':')
  // A node listens on an address of its own in these tests; these two share theirs.
  const secondPort = port + 1
  const own = ['--host', host, '--port', String(secondPort), '--cluster', cluster.name]
  const dataDir = join(cluster.directory, 'second')
  const second = new Daemon({
    address: `${host}:${secondPort}`,
    dataDir,
    logFile: `${dataDir}.log`,
    flags: [...own, '--group', GROUP, '--group-port', String(groupPort)],
    command: [],
    connect: {},
  })
  one.start()
  second.start()
  try {
    await eventually(async () => {
      for (const { client } of [one, second]) {
        const { view } = await client.cluster()
        const masters = view?.masters.filter(({ inSync }) => inSync).map(({ address }) => address)
        assert.deepEqual(masters?.sort(), [one.address, second.address].sort())
      }
    })
    assert.equal((await one.client.post('k', 'v')).status, 200)
    assert.equal((await second.client.get('k')).text, 'v')
    await one.kill()
    await eventually(async () => {
      assert.equal((await second.client.post('k', 'alone')).status, 200)
    })
    one.start()
    await eventually(async () => assert.equal((await one.client.get('k')).text, 'alone'))
  } finally {
    await second.kill()
  }
})
