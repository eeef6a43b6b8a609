// Places for lmdb stores in tests: a directory under the system's, removed afterwards.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LmdbStoreOptions } from '../../src/storage/lmdb-store.ts'

export function temporaryDir(): string {
  return mkdtempSync(join(tmpdir(), `diststore-${randomBytes(3).toString('hex')}-`))
}

export function removeDir(dir: string): void {
  rmSync(dir, { recursive: true, force: true })
}

/** Options of a store in a directory; failure and damage are errors unless a test expects them. */
export function optionsFor(dir: string, changed: Partial<LmdbStoreOptions> = {}): LmdbStoreOptions {
  return {
    dir,
    durability: 'fsync',
    bytesMax: undefined,
    newNodeId: () => '0123456789abcdef',
    onFailure: (error) => {
      throw error
    },
    onDamage: (key) => {
      throw new Error(`${key} is damaged`)
    },
    timers: {
      nextTurn: (run) => void setImmediate(run),
      every: (ms, run) => {
        const timer = setInterval(run, ms).unref()
        return () => clearInterval(timer)
      },
    },
    ...changed,
  }
}
