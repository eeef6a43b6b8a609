// Masters whose disks differ: the store is as large as the smaller one's disk, and whoever is asked
// says so.
import assert from 'node:assert/strict'
import { assertHeld } from '../e2e/cluster.ts'
import { written } from '../e2e/client.ts'
import { eventually, forAll } from '../e2e/eventually.ts'
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

/** More than the small disk has, in values that fit a page of keys and in ones that do not. */
const MANY = Array.from({ length: 160 }, (_, i) => [`many-${i}`, VALUE] as const)
const SMALL_MIB = 24

longDiskScenario(
  'a disk too small for all keys: its node says so, goes on, and leaves the mastership to another',
  NEEDS,
  async (s) => {
    const { cluster, note } = s
    await cluster.start(1)
    const [big] = cluster.nodes(1)
    assert(big !== undefined)
    await forAll(MANY, 8, async ([key, value]) => {
      assert.equal((await big.client.put(key, value)).status, 200)
    })
    const { node: small } = await s.nodeOnSmallDisk(2, SMALL_MIB)
    small.start()
    await eventually(async () => {
      assert(small.isRunning, 'it ended')
      const { warnings, node } = await small.client.cluster()
      assert.match(warnings.join('\n'), /too small for all keys/)
      assert.equal(node.role, 'node')
    })
    const startedMs = performance.now()
    await eventually(async () => {
      assert.equal((await small.client.put('late', VALUE)).status, 200)
    })
    note(`values are taken again after ${(performance.now() - startedMs).toFixed(0)} ms`)
    for (const [key] of MANY.slice(0, 5)) {
      assert.equal((await small.client.get(key)).text, VALUE, 'it reads from the master')
    }
    const { warnings } = await big.client.cluster()
    assert.match(warnings.join('\n'), new RegExp(`${small.address} .*too small for all keys`))

    cluster.node(3).start()
    await eventually(async () => {
      const masters = (await big.client.cluster()).view?.masters ?? []
      assert.deepEqual(
        masters.map(({ address, inSync }) => [address, inSync]),
        [
          [big.address, true],
          [cluster.node(3).address, true],
        ],
      )
    })
    await assertHeld(cluster.nodes(1, 3), new Map([...MANY, ['late', VALUE]]))
    assert(small.isRunning)
  },
)
