// Nodes that are stopped in order hand over, leave the roster, and lose nothing, in whatever order
// they stop and start; operators hand the mastership on, and give up nodes.
import assert from 'node:assert/strict'
import type { Client } from './client.ts'
import { assertHeld } from './cluster.ts'
import { eventually } from './eventually.ts'
import { scenario } from './scenario.ts'
import { SteadyWrites } from './steady-writes.ts'

const ORDERS = [
  [1, 2, 3],
  [1, 3, 2],
  [2, 1, 3],
  [2, 3, 1],
  [3, 1, 2],
  [3, 2, 1],
] as const

scenario('stopped one by one and started in any order, the data stays', async (cluster) => {
  await cluster.start(1, 2, 3)
  const entries = new Map<string, string>()
  for (const [round, stopOrder] of ORDERS.entries()) {
    const key = `round-${round}`
    const node = cluster.node(stopOrder[0])
    assert.equal((await node.client.post(key, key)).status, 200)
    entries.set(key, key)
    for (const number of stopOrder) {
      assert.equal((await cluster.node(number).stop()).code, 0)
    }
    for (const number of ORDERS[(round * 5 + 2) % ORDERS.length] ?? stopOrder) {
      cluster.node(number).start()
    }
    await cluster.settled()
    await assertHeld(await cluster.masters(), entries)
  }
})

scenario('a primary that stops under load: no client of another node sees it', async (cluster) => {
  await cluster.start(1, 2, 3)
  const { primary, second, others } = await cluster.roles()
  const load = new SteadyWrites([second, ...others], { perSecond: 50, prefix: 'load' })
  await load.applied(20)
  assert.equal((await primary.stop()).code, 0)
  await load.applied(20)
  const view = await cluster.settled()
  await load.stop()
  assertAllApplied(load)
  assert.equal(view.roster.length, 2, 'it left the roster')
  await assertHeld(await cluster.masters(), load.acknowledged())
})

scenario('an operator hands the mastership on: nobody sees an error', async (cluster) => {
  await cluster.start(1, 2, 3)
  const { primary, others } = await cluster.roles()
  const load = new SteadyWrites(cluster.running(), { perSecond: 50, prefix: 'load' })
  await load.applied(20)
  const [third] = others
  assert(third !== undefined)
  const detail = await order(third.client, '/admin/handoff', {})
  // Normally the second master; another one where that hung for a moment just then.
  const { primary: heir } = await cluster.roles()
  assert.notEqual(heir.address, primary.address)
  assert.equal(detail, `${heir.address} is primary`)
  await load.applied(10)
  await eventually(() => order(primary.client, '/admin/handoff', { to: third.address }))
  assert.equal((await cluster.roles()).primary.address, third.address)
  await load.applied(20)
  await load.stop()
  assertAllApplied(load)
  await assertHeld(await cluster.masters(), load.acknowledged())
})

scenario('a node that was killed is forgotten, and joins again as a newcomer', async (cluster) => {
  await cluster.start(1, 2, 3)
  const { primary, others } = await cluster.roles()
  const [victim] = others
  assert(victim !== undefined)
  const alive = await post(primary.client, '/admin/forget', { address: victim.address })
  assert.equal(alive.status, 409, alive.text)
  assert.match(alive.text, /alive/)
  await victim.kill()
  await eventually(() => order(primary.client, '/admin/forget', { address: victim.address }))
  assert.equal((await cluster.settled()).roster.length, 2)
  victim.start()
  assert.equal((await cluster.settled()).roster.length, 3)
})

scenario('a witness is never a master', async (cluster) => {
  cluster.node(1).start('--witness')
  await cluster.start(2, 3)
  const { primary, second, others } = await cluster.roles()
  assert.deepEqual(
    others.map(({ address }) => address),
    [cluster.node(1).address],
  )
  const { node } = await cluster.node(1).client.cluster()
  assert.equal(node.role, 'witness')
  assert.equal((await cluster.node(1).client.post('key', 'value')).status, 200)
  await second.kill()
  await eventually(async () => {
    const { view } = await primary.client.cluster()
    assert.deepEqual(
      view?.masters.map(({ address }) => address),
      [primary.address],
    )
  })
  assert.equal((await cluster.node(1).client.post('key', 'again')).status, 200)
})

const MAJORITY = ['--mode', 'majority', '--voters', '3', '--min-copies', '1']

scenario('majority mode: a minority refuses writes and says why', async (cluster) => {
  for (const number of [1, 2]) cluster.node(number).start(...MAJORITY)
  await eventually(async () => {
    const early = await cluster.node(1).client.post('early', 'x')
    assert.equal(early.status, 503)
    assert.match(early.text, /2 of 3 voters are here/)
  })
  cluster.node(3).start(...MAJORITY)
  await cluster.settled()
  const { primary, second, others } = await cluster.roles()
  assert.equal((await primary.client.post('kept', 'value')).status, 200)
  const [third] = others
  assert(third !== undefined)
  await Promise.all([second.kill(), third.kill()])
  // Each under a key of its own: what was under way when the others died may be unknown, not refused.
  let tries = 0
  await eventually(async () => {
    const refused = await primary.client.post(`refused-${++tries}`, 'never')
    assert.equal(refused.status, 503, refused.text)
    assert.match(refused.text, /1 of 3 voters is here, and 2 must agree/)
  })
  third.start(...MAJORITY)
  await cluster.settled([primary, third])
  assert.equal((await third.client.get('kept')).text, 'value')
  assert.equal((await third.client.get(`refused-${tries}`)).status, 404)
})

async function post(client: Client, path: string, body: object) {
  const headers = { 'Content-Type': 'application/json' }
  return client.send(path, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** What the answer says was done. */
async function order(client: Client, path: string, body: object): Promise<string> {
  const answer = await post(client, path, body)
  assert.equal(answer.status, 200, answer.text)
  return (JSON.parse(answer.text) as { detail: string }).detail
}

function assertAllApplied(load: SteadyWrites): void {
  const others = load.history.filter(({ status }) => status !== 200)
  assert.deepEqual(others, [], 'every write was applied')
}
