// Masters whose disks differ: the store is as large as the smaller one's disk, and whoever is asked
// says so.
import assert from 'node:assert/strict'
import { assertHeld } from '../e2e/cluster.ts'
import { written } from '../e2e/client.ts'
import { eventually } from '../e2e/eventually.ts'
import { longDiskScenario } from './scenario.ts'

const NEEDS = { programs: [], smallDisk: true }
const VALUE = 'x'.repeat(200_000)

longDiskScenario(
  'the other master is full: 507 from everybody, until there is room',
  NEEDS,
  async (s) => {
    const { cluster } = s
    await cluster.start(1)
    const { disk } = await s.nodeOnSmallDisk(2, 24)
    // In this order, so that it is the other master.
    await cluster.start(2)
    await cluster.start(3)
    const { client } = cluster.node(1)
    assert.equal((await client.put('early', VALUE)).status, 200)
    disk.fill()
    // Until the node has looked at its disk a write would end it.
    await eventually(async () => {
      assert.match((await cluster.node(2).client.cluster()).warnings.join(), /is full/)
    })
    await eventually(async () => {
      for (const node of cluster.nodes(1, 2, 3)) {
        const answer = await node.client.put('late', VALUE)
        assert.equal(answer.status, 507, `${node.address}: ${answer.text}`)
        assert.match(written(answer).detail ?? '', /^The store is full: /)
      }
    })
    assert.equal((await client.delete('early')).status, 200)
    disk.unfill()
    await eventually(async () => {
      assert.equal((await client.put('again', VALUE)).status, 200)
    })
    await assertHeld(await cluster.masters(), new Map([['again', VALUE]]))
  },
)
