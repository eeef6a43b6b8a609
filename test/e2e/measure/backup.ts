// A million entries are restored, and backed up from a master that is read meanwhile: how long it
// takes, and what the reads pay.
import { createWriteStream, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Pool } from 'undici'
import { type BackupEntry, BackupWriter } from '../../../src/wire/backup.ts'
import type { Cluster } from '../cluster.ts'
import { diststore } from '../command.ts'
import { type Figures, percentile, rounded } from './figures.ts'

const KEYS = 1_000_000
const KEYS_IN_A_FRAME = 256
const VALUE = Buffer.alloc(100, 'x')
const READERS = 8
/** Reads without a backup, as many before as after. Unit: ms. */
const QUIET_MS = 5000
const WAIT_MS = 20 * 60_000

export async function backup(cluster: Cluster): Promise<Figures> {
  // Else a million flushes are measured, which is what restoring waits for.
  cluster.flags = ['--durability', 'relaxed']
  await cluster.start(1, 2)
  const { primary } = await cluster.roles()
  const made = join(cluster.directory, 'made')
  await pipeline(frames, createWriteStream(made))
  const restoreMs = await run(primary.address, ['restore', made])
  const before = await readFor(primary.address, QUIET_MS)
  const file = join(cluster.directory, 'backup')
  let isOver = false
  const reading = readWhile(primary.address, () => !isOver)
  const backupMs = await run(primary.address, ['backup', file])
  isOver = true
  const during = await reading
  const after = await readFor(primary.address, QUIET_MS)
  const quiet = [...before, ...after]
  const [p99, p99Quiet] = [percentile(during, 0.99), percentile(quiet, 0.99)]
  return {
    keys: KEYS,
    's to restore, without waiting for the disk': rounded(restoreMs / 1000),
    's to back up, read meanwhile': rounded(backupMs / 1000),
    'MB of the file': rounded(statSync(file).size / 1e6),
    'reads meanwhile': during.length,
    'p50 ms of reads without': percentile(quiet, 0.5),
    'p50 ms of reads meanwhile': percentile(during, 0.5),
    'p99 ms of reads without': p99Quiet,
    'p99 ms of reads meanwhile': p99,
    'p99 meanwhile over without': rounded(p99 / p99Quiet),
  }
}

function keyAt(index: number): string {
  return `key-${String(index).padStart(7, '0')}`
}

function* frames(): Iterable<Buffer> {
  const writer = new BackupWriter()
  const about = { cluster: 'made', node: 'made', stream: '', committed: 0, keys: KEYS }
  yield writer.start({ ...about, at: new Date().toISOString() })
  for (let start = 0; start < KEYS; start += KEYS_IN_A_FRAME) {
    const count = Math.min(KEYS_IN_A_FRAME, KEYS - start)
    yield writer.entries(Array.from({ length: count }, (_, i) => entry(keyAt(start + i))))
  }
  yield writer.end()
}

function entry(key: string): BackupEntry {
  const version = '018bcfe568000000-00000000000000aa'
  const contentType = 'application/octet-stream'
  return { key, version, expiresAtMs: undefined, contentType, bytes: VALUE }
}

/** Unit: ms. */
async function run(address: string, words: readonly string[]): Promise<number> {
  const startedMs = performance.now()
  const { code, stderr } = await diststore(address, words, { waitMs: WAIT_MS })
  if (code !== 0) throw new Error(`${words[0]} failed: ${stderr}`)
  return performance.now() - startedMs
}

function readFor(address: string, ms: number): Promise<number[]> {
  const endMs = performance.now() + ms
  return readWhile(address, () => performance.now() < endMs)
}

/** Reads any keys, eight at a time; how long each took. Unit: ms. */
async function readWhile(address: string, goesOn: () => boolean): Promise<number[]> {
  const pool = new Pool(`http://${address}`, { connections: READERS })
  const tookMs: number[] = []
  const endMs = performance.now() + WAIT_MS
  const reader = async () => {
    while (goesOn() && performance.now() < endMs) {
      const startedMs = performance.now()
      const path = `/get/${keyAt(Math.floor(Math.random() * KEYS))}`
      const { statusCode, body } = await pool.request({ method: 'GET', path })
      const { byteLength } = await body.arrayBuffer()
      if (statusCode !== 200 || byteLength !== VALUE.length)
        throw new Error(`${path}: ${statusCode}`)
      tookMs.push(performance.now() - startedMs)
    }
  }
  await Promise.all(Array.from({ length: READERS }, reader))
  await pool.close()
  return tookMs
}
