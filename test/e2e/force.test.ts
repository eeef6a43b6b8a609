// Every master is lost: the others say so and take no writes, until an operator orders them to go on with
// what they have. What only a lost master had is there again when that one returns after all.
import assert from 'node:assert/strict'
import type { Client } from './client.ts'
import { type Cluster, assertHeld } from './cluster.ts'
import type { Daemon } from './daemon.ts'
import { eventually, forAll } from './eventually.ts'
import { scenario } from './scenario.ts'

const KEYS = Array.from({ length: 40 }, (_, i) => `key-${i}`)

scenario(
  'both masters and their disks are lost: an operator has the others go on',
  async (cluster, note) => {
    const { masters, left, copied } = await loseMasters(cluster)
    for (const master of masters) master.wipe()
    const [first] = left
    assert(first !== undefined)
    const refused = await first.client.post('new', 'new')
    assert.equal(refused.status, 503, refused.text)
    assert.match(refused.text, /the newest data is on .*POST \/admin\/force/)

    const done = await force(first.client)
    assert.equal(done.status, 200, done.text)
    note(done.text)
    const view = await cluster.settled()
    assert.equal(view.isUnclean, true)
    assert.equal(view.roster.length, left.length)
    await assertServed(left, copied)
    assert.equal((await first.client.post('new', 'new')).status, 200)
    assert.match((await first.client.cluster()).warnings.join('\n'), /forced/)
    const again = await force(first.client)
    assert.equal(again.status, 409, again.text)
    assert.match(again.text, /there is nothing to force/)

    for (const master of masters) master.start()
    assert.equal((await cluster.settled()).roster.length, 4)
    await assertHeld(await cluster.masters(), new Map([...copied, ['new', 'new']]))
  },
)

scenario('masters that were given up return with their data: it is merged', async (cluster) => {
  const { masters, left, copied, alone } = await loseMasters(cluster)
  const [first] = left
  assert(first !== undefined)
  await eventually(async () => assert.equal((await force(first.client)).status, 200))
  assert.equal((await first.client.post('new', 'new')).status, 200)
  const [back] = masters
  assert(back !== undefined)
  back.start()
  await cluster.settled()
  const all = new Map([...copied, ...alone, ['new', 'new']])
  await eventually(async () => assertHeld(await cluster.masters(), all))
  masters[1]?.start()
  await cluster.settled()
  await assertHeld(await cluster.masters(), all)
})

/** Four nodes, of which two are copy holders; then kill -9 for both masters. */
async function loseMasters(cluster: Cluster): Promise<{
  masters: Daemon[]
  left: Daemon[]
  /** What the nodes that are left have read. */
  copied: ReadonlyMap<string, string>
  /** What they have not. */
  alone: ReadonlyMap<string, string>
}> {
  await cluster.start(1, 2, 3, 4)
  const { primary, second, others } = await cluster.roles()
  const copied = new Map<string, string>()
  const alone = new Map<string, string>()
  for (const [i, key] of KEYS.entries()) {
    assert.equal((await primary.client.post(key, `value of ${key}`)).status, 200)
    ;(i % 4 === 0 ? alone : copied).set(key, `value of ${key}`)
  }
  const [one, other] = others
  assert(one !== undefined && other !== undefined)
  for (const [i, [key, value]] of [...copied].entries()) {
    assert.equal((await (i % 2 === 0 ? one : other).client.get(key)).text, value)
  }
  await Promise.all([primary.kill(), second.kill()])
  return { masters: [primary, second], left: others, copied, alone }
}

async function assertServed(
  daemons: readonly Daemon[],
  entries: ReadonlyMap<string, string>,
): Promise<void> {
  for (const { client } of daemons) {
    await forAll([...entries], 16, async ([key, value]) => {
      assert.equal((await client.get(key)).text, value, key)
    })
  }
}

function force(client: Client): Promise<{ status: number; text: string }> {
  return client.send('/admin/force', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{}',
  })
}
