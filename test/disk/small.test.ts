// Masters whose disks differ: the store is as large as the smaller one's disk, and whoever is asked
// says so.
import assert from 'node:assert/strict'
import { assertHeld } from '../e2e/cluster.ts'
import { written } from '../e2e/client.ts'
import { eventually } from '../e2e/eventually.ts'
import { longDiskScenario } from './scenario.ts'

const NEEDS = { programs: [], smallDisk: true }
/** Less than what a store of this size keeps free, and some values. */
const LEFT_BYTES = 1_500_000
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
    // Room for the writes that come before the primary has heard of it.
    disk.fill(LEFT_BYTES)
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
