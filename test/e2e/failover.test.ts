// A master dies without a word under load: what was answered 200 stays, and writes go on.
// How long that took is printed, never asserted.
import assert from 'node:assert/strict'
import { assertHeld, assertSame, type Cluster } from './cluster.ts'
import type { Daemon } from './daemon.ts'
import { eventually } from './eventually.ts'
import { type Note, scenario } from './scenario.ts'
import { SteadyWrites } from './steady-writes.ts'

const PER_SECOND = 50
/** Writes before the kill, and as many after. */
const WRITES = 40

scenario(
  'the primary is killed under load: nothing acknowledged is lost',
  async (cluster, note) => {
    await cluster.start(1, 2, 3)
    const { primary, second, others } = await cluster.roles()
    const deletedWhileAway = 'deleted while it was away'
    assert.equal((await primary.client.post(deletedWhileAway, 'old')).status, 200)
    const through = [second, ...others]
    const kept = await killUnderLoad(cluster, { victim: primary, through }, note)

    const now = await cluster.roles()
    assert.equal(now.primary.address, second.address, 'the other master takes over')
    assert.equal((await now.second.client.delete(deletedWhileAway)).status, 200)
    await assertGone(cluster.running(), deletedWhileAway)

    // It comes back with all its old keys, among them one that was deleted meanwhile.
    primary.start()
    await cluster.settled()
    await assertGone([primary], deletedWhileAway)
    assert.equal((await primary.client.get('load-0')).text, 'value of load-0')

    // One master goes, and then the other, until it is the primary again.
    await now.second.kill()
    const again = await cluster.roles()
    assert.equal(again.second.address, primary.address, 'it fills the vacancy')
    await assertGone(cluster.running(), deletedWhileAway)
    await assertHeld([again.primary, again.second], kept)
    now.second.start()
    await cluster.settled()
    await again.primary.kill()
    const last = await cluster.roles()
    assert.equal(last.primary.address, primary.address)
    await assertGone(cluster.running(), deletedWhileAway)
    await assertHeld([last.primary, last.second], kept)
    await assertSame(last.primary, last.second)
  },
)

scenario('the second master is killed under load: nothing is lost', async (cluster, note) => {
  await cluster.start(1, 2, 3, 4)
  const { primary, second, others } = await cluster.roles()
  const kept = await killUnderLoad(cluster, { victim: second, through: others }, note)

  const now = await cluster.roles()
  assert.equal(now.primary.address, primary.address, 'the primary stays')
  second.start()
  const { masters } = await cluster.settled()
  assert.deepEqual(
    masters.map(({ address }) => address),
    [now.primary.address, now.second.address],
    'a node that comes back takes no mastership away',
  )
  for (const [key, value] of [...kept].slice(0, 20)) {
    assert.equal((await second.client.get(key)).text, value)
  }
})

/** Kills `victim` while writes go through others. Returns all that was acknowledged. */
async function killUnderLoad(
  cluster: Cluster,
  nodes: { victim: Daemon; through: readonly Daemon[] },
  note: Note,
): Promise<Map<string, string>> {
  const load = new SteadyWrites(nodes.through, { perSecond: PER_SECOND, prefix: 'load' })
  await load.applied(WRITES)
  const killedMs = performance.now()
  await nodes.victim.kill()
  await load.applied(WRITES)
  await load.stop()
  note(`200 again ${load.gapAfter(killedMs)?.toFixed(0)} ms after kill -9; ${load.summary()}`)

  const kept = load.acknowledged()
  const copies = new Set(load.history.map((write) => write.copies ?? 2))
  assert.deepEqual([...copies], [2], 'with two nodes left every 200 means two copies')
  const { primary, second } = await cluster.roles()
  await assertHeld([primary, second], kept)
  await assertSame(primary, second)
  return kept
}

/** No node finds it, however long it has been away, and no master holds it. */
async function assertGone(daemons: readonly Daemon[], key: string): Promise<void> {
  for (const { client, address } of daemons) {
    await eventually(async () => {
      assert.equal((await client.get(key)).status, 404, `${key} on ${address}`)
    })
    const { role } = (await client.cluster()).node
    if (role !== 'primary' && role !== 'master') continue
    assert.equal((await client.getLocal(key)).status, 404, `${key} held by ${address}`)
  }
}
