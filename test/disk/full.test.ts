// A full disk: new values are refused with 507 and a sentence, everything else goes on, and nothing
// that was acknowledged is lost.
import assert from 'node:assert/strict'
import { assertHeld } from '../e2e/cluster.ts'
import { type Answer, written } from '../e2e/client.ts'
import type { Daemon } from '../e2e/daemon.ts'
import { eventually, forAll } from '../e2e/eventually.ts'
import { diskScenario } from './scenario.ts'

const DISK_MIB = 24

/** Many large values at once: more than the disk has room for, between two looks at it. */
const BURST = { values: 200, bytes: 400_000, atOnce: 60 }
const SINGLE_BYTES = 60_000
const SINGLES_MAX = 400

const NEEDS = { programs: [], smallDisk: true }

diskScenario(
  'a full disk: 507, reads and deletes go on, and room helps',
  NEEDS,
  async (setting) => {
    const { node, disk } = await setting.nodeOnSmallDisk(1, DISK_MIB)
    await setting.cluster.start(1)
    const entries = await fillUp(node)
    const bytes = [...entries.values()].reduce((sum, value) => sum + value.length, 0)
    setting.note(`full after ${entries.size} values, ${bytes} bytes, on ${DISK_MIB} MiB`)
    assert(bytes > (DISK_MIB << 20) / 2, `${bytes} bytes are most of the disk`)
    await assertHeld([node], entries)

    disk.fill()
    await eventually(async () => {
      const { warnings } = await node.client.cluster()
      assert(
        warnings.some((text) => text.includes('is full')),
        warnings.join('; '),
      )
    })
    assertFull(await node.client.put('one-more', ''))
    await assertHeld([node], entries)
    disk.unfill()

    const gone = [...entries.keys()].slice(0, entries.size / 2)
    for (const key of gone) {
      assert.equal((await node.client.delete(key)).status, 200, `${key} is deleted`)
      entries.delete(key)
    }
    await eventually(async () => {
      assert.equal((await node.client.put('again', 'room')).status, 200)
    })
    entries.set('again', 'room')
    await node.kill()
    await setting.cluster.start(1)
    await assertHeld([node], entries)
    for (const key of gone) assert.equal((await node.client.get(key)).status, 404)
  },
)

/** Writes until the node says that it is full; what it acknowledged. */
async function fillUp(node: Daemon): Promise<Map<string, string>> {
  const entries = new Map<string, string>()
  const write = async (key: string, bytes: number): Promise<boolean> => {
    const value = key.padEnd(bytes, 'x')
    const answer = await node.client.put(key, value)
    if (answer.status === 200) entries.set(key, value)
    else assertFull(answer)
    return answer.status === 200
  }
  const burst = Array.from({ length: BURST.values }, (_, n) => `burst-${n}`)
  await forAll(burst, BURST.atOnce, async (key) => void (await write(key, BURST.bytes)))
  for (let n = 0; n < SINGLES_MAX; n++) {
    if (!(await write(`single-${n}`, SINGLE_BYTES))) return entries
  }
  throw new Error(`the disk took ${SINGLES_MAX} more values`)
}

function assertFull(answer: Answer): void {
  const { status, type, detail } = written(answer)
  assert.equal(status, 507, answer.text)
  assert.equal(type, 'urn:diststore:problem:store-full')
  assert.match(detail ?? '', /^The store is full: .*\.$/)
}
