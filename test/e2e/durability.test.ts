// What was answered 200 is on the disk: kill -9 under load, again and again, with one node only, so
// that no other copy can make up for a lost one; and the system calls, where strace can show them.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertHeld, Cluster } from './cluster.ts'
import { BIN, spawnKnown } from './daemon.ts'
import { eventually } from './eventually.ts'
import { scenario } from './scenario.ts'
import { SteadyWrites } from './steady-writes.ts'

const ROUNDS = 5
const WRITES_A_ROUND = 100
const PER_SECOND = 400
const TRACED_WRITES = 20

const FLUSHES = ['fdatasync', 'fsync', 'msync']
const TRANSFERS = ['read', 'write', 'writev', 'sendto', 'sendmsg']

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
  const calls = [...FLUSHES, ...TRANSFERS].join(',')
  const strace = ['-D', '-f', '-s', '40', '-o', trace, '-e', `trace=${calls}`]
  const place = ['--host', '127.1.2.1', '--port', String(port), '--group-port', String(groupPort)]
  const flags = [...place, '--cluster', cluster.name, '--data-dir', join(cluster.directory, '1')]
  // -D makes the daemon our child and strace the detached one, which ends with it.
  const daemon = spawnKnown(
    'strace',
    [...strace, process.execPath, BIN, ...flags],
    openSync(join(cluster.directory, '1.log'), 'a'),
  )
  try {
    const { client } = cluster.node(1)
    await eventually(async () => {
      assert.equal((await client.send('/health/ready')).status, 200)
    })
    for (let count = 0; count < TRACED_WRITES; count++) {
      assert.equal((await client.post(`traced-${count}`, 'x'.repeat(count))).status, 200)
    }
    const ended = once(daemon, 'exit')
    daemon.kill('SIGTERM')
    await ended
    await eventually(() => {
      assert.deepEqual(flushesBeforeAnswers(readFileSync(trace, 'utf8')), {
        answers: TRACED_WRITES,
        withoutFlush: 0,
      })
    })
  } finally {
    daemon.kill('SIGKILL')
    await cluster.end()
  }
})

/** Reads the trace: between a POST and its answer, some flush must have come back. */
function flushesBeforeAnswers(trace: string): { answers: number; withoutFlush: number } {
  let state: 'idle' | 'asked' | 'flushed' = 'idle'
  const counts = { answers: 0, withoutFlush: 0 }
  const flushed = new RegExp(`(${FLUSHES.join('|')})(\\(| resumed>).* = 0$`)
  for (const line of trace.split('\n')) {
    if (line.includes('"POST /post HTTP/1.1')) state = 'asked'
    else if (state === 'asked' && flushed.test(line)) state = 'flushed'
    else if (state !== 'idle' && line.includes('"HTTP/1.1 200 OK')) {
      counts.answers++
      if (state === 'asked') counts.withoutFlush++
      state = 'idle'
    }
  }
  return counts
}

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
