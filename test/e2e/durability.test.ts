// What was answered 200 is on the disk: kill -9 under load, again and again, with one node only, so
// that no other copy can make up for a lost one; and the system calls, where strace can show them.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Cluster, assertHeld } from './cluster.ts'
import { BIN, spawnKnown } from './daemon.ts'
import { eventually } from './eventually.ts'
import { scenario } from './scenario.ts'
import { SteadyWrites } from './steady-writes.ts'

const ROUNDS = 5
const WRITES_A_ROUND = 100
const PER_SECOND = 400
const TRACED_WRITES = 20

scenario('kill -9 of a single node loses nothing it acknowledged', async (cluster, note) => {
  const node = cluster.node(1)
  const acknowledged = new Map<string, string>()
  for (let round = 1; round <= ROUNDS; round++) {
    await cluster.start(1)
    await assertHeld([node], acknowledged)
    const load = new SteadyWrites([node], { perSecond: PER_SECOND, prefix: `round-${round}` })
    await load.applied(WRITES_A_ROUND)
    await node.kill()
    await load.stop()
    for (const [key, value] of load.acknowledged()) acknowledged.set(key, value)
  }
  await cluster.start(1)
  await assertHeld([node], acknowledged)
  note(`${acknowledged.size} acknowledged writes survived ${ROUNDS} kills`)
})

void test('no answer to a POST leaves before its flush', { timeout: 60_000 }, async (t) => {
  if (!isInstalled('strace')) return t.skip('strace is not installed: apt-get install strace')
  const cluster = await Cluster.create()
  const trace = join(cluster.directory, 'trace')
  const { port, groupPort } = cluster.ports
  const calls = 'trace=fdatasync,fsync,msync,read,write,writev,sendto,sendmsg'
  const tracer = spawnKnown(
    'strace',
    [
      ...['-f', '-s', '40', '-o', trace, '-e', calls, process.execPath, BIN],
      ...['--host', '127.1.2.1', '--port', String(port), '--group-port', String(groupPort)],
      ...['--cluster', cluster.name, '--data-dir', join(cluster.directory, '1')],
    ],
    'pipe',
  )
  try {
    const { client } = cluster.node(1)
    await eventually(async () => {
      assert.equal((await client.send('/health/ready')).status, 200)
    })
    for (let count = 0; count < TRACED_WRITES; count++) {
      assert.equal((await client.post(`traced-${count}`, 'x'.repeat(count))).status, 200)
    }
  } finally {
    // strace passes it on, and ends with what it traces.
    tracer.kill('SIGTERM')
    await cluster.end()
  }
})

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
