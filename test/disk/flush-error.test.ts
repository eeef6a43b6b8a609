// A disk that fails to flush: no write is acknowledged by it, the node ends with a sentence, and
// what was acknowledged before is there afterwards. strace gives the errors.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { assertHeld } from '../e2e/cluster.ts'
import { eventually } from '../e2e/eventually.ts'
import { SteadyWrites } from '../e2e/steady-writes.ts'
import { diskScenario } from './scenario.ts'

/** Flushes of one thread that still succeed: enough to start. */
const GOOD_FLUSHES = 12
const PER_SECOND = 100

const CALLS = 'fdatasync,fsync,msync,sync_file_range'
const INJECT = `inject=${CALLS}:error=EIO:when=${GOOD_FLUSHES}+`

const NEEDS = { programs: ['strace'], smallDisk: false }

diskScenario(
  'a flush that fails: the node ends, and no acknowledged write is lost',
  NEEDS,
  async (s) => {
    const { cluster, note } = s
    const trace = join(cluster.directory, 'trace')
    const strace = ['strace', '-D', '-f', '-qq', '-o', trace, '-e', `trace=${CALLS}`, '-e', INJECT]
    const node = s.nodeUnder(1, strace)
    node.start()
    await eventually(async () => {
      assert.equal((await node.client.send('/health/ready')).status, 200)
    })
    const load = new SteadyWrites([node], { perSecond: PER_SECOND, prefix: 'key' })
    await eventually(() => assert(!node.isRunning, 'the node goes on'))
    await load.stop()
    const { code, signal } = await node.kill()
    assert.deepEqual({ code, signal }, { code: 1, signal: null })
    const sentence = /^diststored: The store could not write to disk \(.+\): check free space/m
    assert.match(node.logTail(), sentence)
    const acknowledged = load.acknowledged()
    note(`${acknowledged.size} writes were acknowledged before; ${load.summary()}`)
    assert(acknowledged.size > 0)

    // Started again it flushes a few times only; reading takes none.
    node.start()
    await eventually(() => assertHeld([node], acknowledged))
  },
)
