// A store that was damaged while its node was stopped: a damaged value is never given out and never
// called absent, another master mends it, and damage to the store's structure ends the start with a
// sentence that says what to do. No byte of damage makes a node forget in silence.
import assert from 'node:assert/strict'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assertHeld, type Cluster } from '../e2e/cluster.ts'
import { written } from '../e2e/client.ts'
import type { Daemon } from '../e2e/daemon.ts'
import { eventually } from '../e2e/eventually.ts'
import { diskScenario, longDiskScenario } from './scenario.ts'

const NEEDS = { programs: [], smallDisk: false }

const MARK = 'the value that will be damaged'
const ENTRIES = new Map([
  ['damaged', MARK.padEnd(1000, '.')],
  ['large', 'L'.repeat(100_000)],
  ['small', 's'],
])

/** lmdb's pages, the first two of which describe the rest. */
const PAGE_BYTES = 4096

/** Places in such a page, and the bit that is turned over there. */
const STRUCTURE = [
  { title: 'the mark of the file format', at: 0x18, bit: 0x01 },
  { title: 'the size of a page', at: 0x32, bit: 0x01 },
  { title: 'the list of free pages', at: 0x59, bit: 0x01 },
  { title: 'the root, which is beyond the end', at: 0x89, bit: 0x20 },
] as const

diskScenario(
  'a damaged value: 503 from its only node, until it is written again',
  NEEDS,
  async (s) => {
    const { cluster } = s
    const node = cluster.node(1)
    await cluster.start(1)
    await fill(node)
    await node.stop()
    change(cluster, 1, damageMark)
    await cluster.start(1)

    const answer = await node.client.get('damaged')
    assert.equal(answer.status, 503, answer.text)
    assert.match(written(answer).detail ?? '', /damaged/)
    assert.equal(node.logged('entry-damaged').length, 1)
    const others = new Map([...ENTRIES].filter(([key]) => key !== 'damaged'))
    await assertHeld([node], others)

    assert.equal((await node.client.put('damaged', 'new')).status, 200)
    await node.kill()
    await cluster.start(1)
    await assertHeld([node], new Map([...others, ['damaged', 'new']]))
  },
)

longDiskScenario('a damaged value comes back from the other master', NEEDS, async ({ cluster }) => {
  await cluster.start(1, 2)
  const node = cluster.node(1)
  await fill(node)
  await cluster.stopAll()
  change(cluster, 1, damageMark)
  await cluster.start(1, 2)
  await eventually(() => assertHeld(cluster.nodes(1, 2), ENTRIES))
})

diskScenario('a damaged structure ends the start; the node begins anew', NEEDS, async (s) => {
  const { cluster, note } = s
  await cluster.start(1, 2)
  const node = cluster.node(1)
  await fill(node)
  await node.stop()
  for (const { title, at, bit } of STRUCTURE) {
    const whole = change(cluster, 1, (bytes) => {
      for (const page of [0, PAGE_BYTES]) turn(bytes, page + at, bit)
    })
    node.start()
    await eventually(() => assert(!node.isRunning, `${title}: the node runs`))
    const { code, signal } = await node.kill()
    const words = node.logTail().split('\n').at(-1) ?? ''
    note(`${title}: ${words}`)
    assert.deepEqual({ code, signal }, { code: 1, signal: null }, title)
    assert.match(
      words,
      /^diststored: The store .*is damaged.* move the data directory away; /,
      title,
    )
    change(cluster, 1, (bytes) => whole.copy(bytes))
  }
  renameSync(directoryOf(cluster, 1), `${directoryOf(cluster, 1)}-away`)
  await cluster.start(1)
  await assertHeld(await cluster.masters(), ENTRIES)
})

longDiskScenario(
  'a store that reads as empty is not taken for a new one',
  NEEDS,
  async ({ cluster }) => {
    const node = cluster.node(1)
    await cluster.start(1)
    await fill(node)
    await node.stop()
    renameSync(fileOf(cluster, 1), `${fileOf(cluster, 1)}-away`)
    node.start()
    await eventually(() => assert(!node.isRunning, 'the node runs'))
    assert.match(node.logTail(), /^diststored: The store in .* reads as empty: it is damaged\. /m)
  },
)

async function fill(node: Daemon): Promise<void> {
  for (const [key, value] of ENTRIES) {
    assert.equal((await node.client.put(key, value)).status, 200)
  }
}

/** Changes the file of a stopped node; gives what it was. */
function change(cluster: Cluster, number: number, how: (bytes: Buffer) => unknown): Buffer {
  const whole = readFileSync(fileOf(cluster, number))
  const bytes = Buffer.from(whole)
  how(bytes)
  writeFileSync(fileOf(cluster, number), bytes)
  return whole
}

function damageMark(bytes: Buffer): void {
  let count = 0
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
    turn(bytes, at + 5, 0x01)
    count++
  }
  assert(count > 0, 'the value is in the file')
}

function turn(bytes: Buffer, at: number, bit: number): void {
  bytes.writeUInt8(bytes.readUInt8(at) ^ bit, at)
}

function fileOf(cluster: Cluster, number: number): string {
  return join(directoryOf(cluster, number), 'data.mdb')
}

function directoryOf({ directory }: Cluster, number: number): string {
  return join(directory, `${number}`)
}
