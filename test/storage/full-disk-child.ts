// Fills a small disk with a store, once heeding `isFull` and once not, and prints what it saw.
// Use, in a mount namespace of its own: node --import tsx full-disk-child.ts DIR [FLUSHED]
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry } from '../../src/core/types.ts'
import { openLmdbStore } from '../../src/storage/lmdb-store.ts'
import type { Store } from '../../src/storage/store.ts'
import { applied, plain, put, tombstone, value } from '../contracts/store-words.ts'
import { optionsFor } from './lmdb-lab.ts'

/** What the parent reads. Counts depend on the disk; the rest does not. */
export interface FullDiskReport {
  readonly writtenUntilFull: number
  readonly bytesFreeWhenFull: number
  readonly lostWhenFull: readonly string[]
  readonly deletesThatFit: number
  readonly isFullAfterOpening: boolean
  readonly failures: readonly string[]
  readonly reportedAfterFailure: number
  readonly flushed: number
  readonly lostAfterFailure: readonly string[]
  readonly rejections: number
}

const dir = process.argv[2] ?? ''
const storeDir = join(dir, 'store')
const ballast = join(dir, 'ballast')
const VALUE_BYTES = 60_000
const WRITES_MAX = 10_000

let rejections = 0
process.on('unhandledRejection', () => rejections++)

/** Looks at the disk when told, and returns once that is done. */
let look: () => void = () => {}
const timers = {
  nextTurn: (run: () => void) => void setImmediate(run),
  every: (_: number, run: () => void) => {
    look = run
    return () => {}
  },
}

function entryOf(n: number): Entry {
  return value(`k${n}`, n, `${n} `.padEnd(VALUE_BYTES, 'x'))
}

/** Of the first so many entries, those that do not read back. */
function lostOf(store: Store, count: number): string[] {
  const lost: string[] = []
  for (let n = 0; n < count; n++) {
    const wanted = JSON.stringify(plain(entryOf(n)))
    if (JSON.stringify(plain(store.get(`k${n}`))) !== wanted) lost.push(`k${n}`)
  }
  return lost
}

async function heedful() {
  const store = await openLmdbStore(optionsFor(storeDir, { timers }))
  let written = 0
  while (!store.isFull && written < WRITES_MAX) {
    await applied(store, [put(entryOf(written))])
    written++
    look()
    // As slow as the look itself, and asked after it.
    await statfs(dir)
  }
  const disk = await statfs(dir)
  const lostWhenFull = lostOf(store, written)
  let deletesThatFit = 0
  for (; deletesThatFit < 100; deletesThatFit++) {
    await applied(store, [put(tombstone(`gone${deletesThatFit}`, written))])
  }
  await store.close()
  const bytesFreeWhenFull = disk.bavail * disk.bsize
  return { writtenUntilFull: written, bytesFreeWhenFull, lostWhenFull, deletesThatFit }
}

async function heedless(from: number) {
  const failures: string[] = []
  let failed: () => void = () => {}
  const failing = new Promise<void>((resolve) => {
    failed = resolve
  })
  const store = await openLmdbStore(
    optionsFor(storeDir, {
      timers,
      onFailure: (error) => {
        failures.push(`${error.code}: ${error.message}`)
        failed()
      },
    }),
  )
  const isFullAfterOpening = store.isFull
  let flushed = from
  let reportedAfterFailure = 0
  const write = (n: number): Promise<void> =>
    new Promise((resolve) => {
      store.apply([put(entryOf(n))], () => {
        if (failures.length > 0) reportedAfterFailure++
        flushed = n + 1
        resolve()
      })
    })
  for (let n = from; failures.length === 0 && n < WRITES_MAX; n += 2) {
    // Two under way, so that more than one batch meets the full disk.
    const both = Promise.all([write(n), write(n + 1)])
    await Promise.race([both, failing])
  }
  for (let n = 0; n < 5; n++) store.apply([put(tombstone('late', n))], () => reportedAfterFailure++)
  await store.close()
  await store.close()
  return { isFullAfterOpening, failures, reportedAfterFailure, flushed }
}

/** Opens it in a new process, on a disk that has room again. */
async function reopened(flushed: number): Promise<void> {
  const store = await openLmdbStore(optionsFor(storeDir, { timers }))
  console.log(JSON.stringify(lostOf(store, flushed)))
  await store.close()
}

async function main(): Promise<void> {
  if (process.argv[3] !== undefined) return reopened(Number(process.argv[3]))
  writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024, 1))
  const first = await heedful()
  const second = await heedless(first.writtenUntilFull)
  rmSync(ballast)
  const again = [...process.execArgv, import.meta.filename, dir, String(second.flushed)]
  const lost = execFileSync(process.execPath, again, { encoding: 'utf8' })
  const lostAfterFailure: string[] = JSON.parse(lost)
  const report: FullDiskReport = { ...first, ...second, lostAfterFailure, rejections }
  console.log(JSON.stringify(report))
}
await main()
