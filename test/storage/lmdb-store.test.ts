// The store in lmdb: the contract, for both durabilities.
import { openLmdbStore } from '../../src/storage/lmdb-store.ts'
import type { Store } from '../../src/storage/store.ts'
import { storeContract } from '../contracts/store.ts'
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
