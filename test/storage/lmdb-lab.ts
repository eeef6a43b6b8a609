// Places for lmdb stores in tests: a directory under the system's, removed afterwards, and damage.
// Asserts nothing.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ByteTable } from '../../src/storage/entry-table.ts'
import { openEnvironment } from '../../src/storage/lmdb-environment.ts'
import type { Environment } from '../../src/storage/lmdb-environment.ts'
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
    onConflictDamage: (key) => {
      throw new Error(`the conflict of ${key} is damaged`)
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

/** Changes bytes of a closed store behind its back; undefined removes them. */
export async function tamper(
  dir: string,
  place: { table: (environment: Environment) => ByteTable; key: string },
  change: (bytes: Buffer) => Buffer | undefined,
): Promise<void> {
  const environment = openEnvironment(dir)
  const table = place.table(environment)
  const key = Buffer.from(place.key)
  const bytes = table.getBinary(key)
  if (bytes === undefined) throw new Error(`there is no ${place.key} to change`)
  const changed = change(Buffer.from(bytes))
  await environment.root.batch(() => {
    if (changed === undefined) void table.remove(key)
    else void table.put(key, changed)
  })
  await environment.root.close()
}

/** The same bytes with one bit turned over; a negative place counts from the end. */
export function flip(bytes: Buffer, at: number): Buffer {
  const flipped = Buffer.from(bytes)
  const index = at < 0 ? bytes.length + at : at
  flipped.writeUInt8(bytes.readUInt8(index) ^ 1, index)
  return flipped
}
