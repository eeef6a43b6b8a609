// A disk that cannot be written: the node says so in a sentence and ends, and harms nothing.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { assertHeld } from '../e2e/cluster.ts'
import type { Daemon } from '../e2e/daemon.ts'
import { eventually } from '../e2e/eventually.ts'
import { diskScenario, longDiskScenario } from './scenario.ts'

const NEEDS = { programs: [], smallDisk: true }

diskScenario('a read-only data directory ends the start, new or not', NEEDS, async (setting) => {
  const { node, disk } = await setting.nodeOnSmallDisk(1, 24)
  const directory = join(setting.cluster.directory, '1')
  const refused = new RegExp(
    `^diststored: The store in ${directory} cannot be opened \\(.+\\): check that the directory is writable`,
  )
  disk.lock()
  assert.match(await endOf(node), refused)
  disk.unlock()

  await setting.cluster.start(1)
  assert.equal((await node.client.put('key', 'value')).status, 200)
  await node.stop()
  disk.lock()
  assert.match(await endOf(node), refused)
  disk.unlock()

  await setting.cluster.start(1)
  await assertHeld([node], new Map([['key', 'value']]))
})

longDiskScenario(
  'a disk without any room: the start fails in good order, or the node serves',
  NEEDS,
  async (setting) => {
    const { node, disk } = await setting.nodeOnSmallDisk(1, 24)
    await setting.cluster.start(1)
    assert.equal((await node.client.put('key', 'value')).status, 200)
    await node.kill()
    disk.fill()
    // lmdb may or may not need a new page to note that the node starts.
    node.start()
    const isServing = await eventually(async () => {
      if (!node.isRunning) return false
      assert.equal((await node.client.send('/health/ready')).status, 200)
      return true
    })
    setting.note(isServing ? 'it serves' : lastLine(node))
    if (isServing) {
      await assertHeld([node], new Map([['key', 'value']]))
      assert.equal((await node.client.put('another', 'value')).status, 507)
      await node.kill()
    } else assert.match(lastLine(node), /^diststored: The store .* (free space|is writable)/)
    disk.unfill()
    await setting.cluster.start(1)
    await assertHeld([node], new Map([['key', 'value']]))
  },
)

/** Starts the node, which must end by itself with status 1; its last words. */
async function endOf(node: Daemon): Promise<string> {
  node.start()
  await eventually(() => assert(!node.isRunning, 'the node runs'))
  const { code, signal } = await node.kill()
  assert.deepEqual({ code, signal }, { code: 1, signal: null })
  return lastLine(node)
}

function lastLine(node: Daemon): string {
  return node.logTail().split('\n').at(-1) ?? ''
}
