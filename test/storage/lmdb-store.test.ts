// The store in lmdb: the contract, for both durabilities; and what a large one takes.
import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { openLmdbStore } from '../../src/storage/lmdb-store.ts'
import type { Store } from '../../src/storage/store.ts'
import { storeContract } from '../contracts/store.ts'
import { applied, put, value } from '../contracts/store-words.ts'
import { optionsFor, removeDir, temporaryDir } from './lmdb-lab.ts'

for (const durability of ['fsync', 'relaxed'] as const) {
  storeContract(`lmdb ${durability}`, () => {
    const dir = temporaryDir()
    let store: Store | undefined
    return {
      open: async (options) => {
        await store?.close()
        store = await openLmdbStore(optionsFor(dir, { durability, ...options }))
        return store
      },
      dispose: async () => {
        await store?.close()
        removeDir(dir)
      },
    }
  })
}

/** Four of them outgrow each size of a map that lmdb chooses by itself up to 16 MiB. */
const LARGE = 'x'.repeat(4 * 1024 * 1024)

void test('a store that grows lies in memory once', async (t) => {
  const dir = temporaryDir()
  t.teardown(() => removeDir(dir))
  const store = await openLmdbStore(optionsFor(dir))
  for (let n = 1; n <= 4; n++) await applied(store, [put(value(`k${n}`, n, LARGE))])
  t.ok(store.get('k4'))
  const maps = readFileSync('/proc/self/maps', 'utf8').split('\n')
  t.equal(maps.filter((line) => line.endsWith(`${dir}/data.mdb`)).length, 1)
  await store.close()
})
