// The only holder of the newest data is lost while the other master is still syncing, and a node with
// older data is back: what was acknowledged with two copies is there, and writes go on.
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { written } from './client.ts'
import { assertHeld, assertSame } from './cluster.ts'
import { eventually } from './eventually.ts'
import { scenario } from './scenario.ts'

const WRITES = 30

scenario('the holder is lost while the other master is syncing', async (cluster, note) => {
  const file = join(cluster.directory, 'hold')
  for (const daemon of cluster.nodes(1, 2, 3)) daemon.hold('digest', file)
  await cluster.start(1, 2, 3)
  const { primary: old, second: holder, others } = await cluster.roles()
  const [syncing] = others
  assert(syncing !== undefined)
  const entries = new Map<string, string>()
  const write = async (key: string, value = `value of ${key}`): Promise<void> => {
    const { status, copies } = written(await syncing.client.post(key, value))
    assert.deepEqual({ status, copies }, { status: 200, copies: 2 }, key)
    entries.set(key, value)
  }
  for (let i = 0; i < WRITES; i++) await write(`before-${i}`)

  writeFileSync(file, '')
  await old.kill()
  const expected = [
    [holder.address, true],
    [syncing.address, false],
  ]
  const mastersAre = async (): Promise<void> => {
    const masters = (await syncing.client.cluster()).view?.masters ?? []
    const found = masters.map(({ address, inSync }) => [address, inSync])
    assert.deepEqual(found, expected)
  }
  await eventually(mastersAre)
  for (let i = 0; i < WRITES; i++) await write(`meanwhile-${i}`)
  await write('before-0', 'newer')
  assert.equal((await syncing.client.delete('before-1')).status, 200)
  entries.delete('before-1')
  // Else the loss of the other one would prove nothing.
  await mastersAre()
  await holder.kill()
  rmSync(file)

  const startedMs = performance.now()
  old.start()
  await eventually(() => write('after'))
  note(
    `writes again ${(performance.now() - startedMs).toFixed(0)} ms after the start of the older node`,
  )
  const { primary, second } = await cluster.roles()
  assert.equal(primary.address, old.address, 'it leads with all that was before')
  await assertHeld([primary, second], entries)
  await assertSame(primary, second)
  assert.equal((await primary.client.get('before-1')).status, 404, 'a delete is part of it')

  // The lost one was only away: it finds nothing that it must bring, and takes no part away.
  holder.start()
  await cluster.settled()
  await assertHeld(await cluster.masters(), entries)
  for (const [key, value] of entries) assert.equal((await holder.client.get(key)).text, value, key)
})
