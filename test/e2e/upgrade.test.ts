// A rolling upgrade: nodes of an older build are replaced one by one by this one under load, and one goes
// back again. Long: the older commit is built first.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertHeld, assertSame, type Cluster } from './cluster.ts'
import type { Daemon } from './daemon.ts'
import { buildOlder, type OlderBuild } from './older-build.ts'
import { scenario } from './scenario.ts'
import { SteadyWrites } from './steady-writes.ts'

const NUMBERS = [1, 2, 3]

/** Written while each pair of builds works together. */
const WRITES_A_STEP = 40

if (process.env['TEST_LONG'] !== '1') {
  void test('a rolling upgrade', { skip: 'only with --long: it builds an older commit' }, () => {})
} else {
  const older = buildOlder()
  if (older === undefined) {
    void test('a rolling upgrade', { skip: 'there is no older commit to build' }, () => {})
  } else {
    process.once('exit', () => older.end())
    upgradeFrom(older)
  }
}

function upgradeFrom(older: OlderBuild): void {
  scenario(`a rolling upgrade from ${older.name}, and one step back`, async (cluster, note) => {
    for (const node of cluster.nodes(...NUMBERS)) node.become(older.program)
    await cluster.start(...NUMBERS)
    const kept = new Map<string, string>()

    // The last one to go is the primary: until then an old primary works with new nodes.
    const { primary, second, others } = await cluster.roles()
    for (const node of [...others, second, primary]) {
      const said = await replace(cluster, { node, program: undefined, kept })
      note(`${node.address} is new: ${said}`)
    }

    // Now a new primary works with an old node, which becomes a master when the other one leaves.
    const now = await cluster.roles()
    const [back] = now.others
    assert(back !== undefined)
    note(`one back: ${await replace(cluster, { node: back, program: older.program, kept })}`)
    await now.second.stop()
    await cluster.settled()
    const { second: master } = await cluster.roles()
    assert.equal(master, back, 'the old build is the other master')
    now.second.start()
    await cluster.settled()
    await assertHeld(await cluster.masters(), kept)
  })
}

/** Stops a node in order and starts it as another build, while clients write through the others. */
async function replace(
  cluster: Cluster,
  step: { node: Daemon; program: string | undefined; kept: Map<string, string> },
): Promise<string> {
  const { node, program, kept } = step
  const through = cluster.running().filter((each) => each !== node)
  const prefix = `step-${kept.size}-${program === undefined ? 'on' : 'back'}`
  const load = new SteadyWrites(through, { perSecond: 50, prefix })
  await load.applied(WRITES_A_STEP)
  const { code } = await node.stop()
  assert.equal(code, 0, `${node.address} stops in good order`)
  if (program === undefined) node.becomeNew()
  else node.become(program)
  node.start()
  await cluster.settled()
  await load.applied(WRITES_A_STEP)
  await load.stop()

  // On a starved machine a primary may be replaced meanwhile: then a write may be refused or unknown. How
  // many were is told; what was acknowledged must be there in any case.
  for (const { status, key } of load.history) assert([200, 503, 504].includes(status ?? 0), key)
  for (const [key, value] of load.acknowledged()) kept.set(key, value)
  const { primary, second } = await cluster.roles()
  await assertSame(primary, second)
  await assertHeld([primary, second], kept)
  for (const { client, address } of cluster.running()) {
    const [key = '', value] = [...kept].at(-1) ?? []
    assert.equal((await client.get(key)).text, value, `${key} at ${address}`)
    const { warnings } = await client.cluster()
    const aboutOthers = warnings.filter((text) => !text.includes('no secret'))
    assert.deepEqual(aboutOthers, [], address)
  }
  return load.summary()
}
