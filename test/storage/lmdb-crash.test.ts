// A killed process: whatever was reported as flushed is there, and nothing else is torn.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'tap'
import { openLmdbStore } from '../../src/storage/lmdb-store.ts'
import { NODE, plain, value } from '../contracts/store-words.ts'
import { optionsFor, removeDir, temporaryDir } from './lmdb-lab.ts'

const CHILD = join(import.meta.dirname, 'lmdb-crash-child.ts')
const ROUNDS = 3
const WRITES_BEFORE_KILL = 300

/** Runs the child until it has reported enough, kills it, and returns how many it reported. */
async function writtenUntilKilled(dir: string): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = new Promise<string | null>((resolve) => {
    child.once('close', (_, signal) => resolve(signal))
  })
  let first: number | undefined
  let expected = 0
  for await (const line of createInterface({ input: child.stdout })) {
    first ??= Number(line)
    if (expected === 0) expected = first
    if (Number(line) !== expected) throw new Error(`${line} was flushed before ${expected}`)
    expected++
    if (expected - first === WRITES_BEFORE_KILL) child.kill('SIGKILL')
  }
  const signal = await closed
  if (signal !== 'SIGKILL') throw new Error('the child ended before it was killed')
  return expected
}

void test('what was flushed before a kill is there afterwards', async (t) => {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  for (let round = 0; round < ROUNDS; round++) {
    const flushed = await writtenUntilKilled(dir)
    const store = await openLmdbStore(
      optionsFor(dir, {
        newNodeId: () => {
          throw new Error('a known store needs no name')
        },
      }),
    )
    const wrong: string[] = []
    // Beyond what was reported there may be more, in order and without a gap.
    for (let n = 0; n < Math.max(flushed, store.keyCount); n++) {
      const wanted = value(`k${n}`, n, `value ${n} `.repeat(n % 10 === 0 ? 500 : 5))
      const found = plain(store.get(`k${n}`))
      if (JSON.stringify(found) !== JSON.stringify(plain(wanted))) wrong.push(`k${n}`)
    }
    t.same(wrong, [])
    t.ok(flushed >= (round + 1) * WRITES_BEFORE_KILL, `${flushed} flushed`)
    t.equal(store.nodeId, NODE)
    t.equal(store.incarnation, 2 * round + 2)
    t.equal(store.highestVersion, value('', store.keyCount - 1).version)
    await store.close()
  }
})
