// How much room a disk has, between two looks at it. The disk is the one this test runs on.
import { statfsSync } from 'node:fs'
import { test } from 'tap'
import { DiskSpace } from '../../src/storage/disk-space.ts'
import { removeDir, temporaryDir } from './lmdb-lab.ts'

const MIB = 1024 * 1024

/** Far more than anything else changes on a disk meanwhile; too little to look at once. */
const LOT = 2 ** 50

void test('what was handed over counts at once, twice and with something for each batch', async (t) => {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  // Room inside the file that dwarfs the disk, so that what the disk has makes no difference.
  const space = new DiskSpace(dir, { reusableBytes: () => 2 ** 52, underWayBytes: () => 0 })
  t.equal(space.roomBytes, Number.POSITIVE_INFINITY, 'before the first look')
  await space.look()
  const room = space.roomBytes
  space.spend(100 * MIB)
  t.equal(room - space.roomBytes, 100 * MIB + 32 * 1024)
  t.equal(space.isLow, false)
  space.spend(2 ** 52)
  t.equal(space.isLow, true)
  t.equal(space.roomBytes, 0)
})

void test('a new master may also take half of what is kept free', async (t) => {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  const space = new DiskSpace(dir, { reusableBytes: () => 2 ** 40, underWayBytes: () => 0 })
  await space.look()
  const { blocks, bsize } = statfsSync(dir)
  const reserve = Math.min(64 * MIB, 0.1 * blocks * bsize)
  t.equal(
    space.lastRoomBytes - space.roomBytes,
    reserve / 4,
    'half of it, and twice as much a byte',
  )
  space.spend(2 ** 52)
  t.equal(space.lastRoomBytes, 0)
})

void test('a look sees what was spent before it, and not what is still under way', async (t) => {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  let underWay = 0
  const store = { reusableBytes: () => 2 ** 52, underWayBytes: () => underWay }
  const space = new DiskSpace(dir, store)
  await space.look()
  const room = space.roomBytes
  space.spend(LOT)
  t.ok(room - space.roomBytes > LOT / 2)
  await space.look()
  t.ok(room - space.roomBytes < LOT / 2)
  underWay = LOT
  await space.look()
  t.ok(room - space.roomBytes > LOT / 2)
})

void test('a look that is under way asks nothing of a store that was closed', async (t) => {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  let asked = 0
  const reusableBytes = (): number => ++asked
  const space = new DiskSpace(dir, { reusableBytes, underWayBytes: () => 0 })
  const looking = space.look()
  space.stop()
  await looking
  t.equal(asked, 0)
})
