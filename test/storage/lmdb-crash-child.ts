// Writes to a store without end and says which writes are flushed: made to be killed.
// Use: node --import tsx lmdb-crash-child.ts DIR
import { writeSync } from 'node:fs'
import { openLmdbStore } from '../../src/storage/lmdb-store.ts'
import { value } from '../contracts/store-words.ts'
import { optionsFor } from './lmdb-lab.ts'

/** Ends by itself after this many, should nobody kill it. */
const WRITES_MAX = 200_000
const UNDER_WAY = 20

const dir = process.argv[2] ?? ''
const store = await openLmdbStore(optionsFor(dir))
const first = store.keyCount
let next = first

function write(): void {
  const n = next++
  if (n - first >= WRITES_MAX) return
  // One in ten lies apart from its record.
  const text = `value ${n} `.repeat(n % 10 === 0 ? 500 : 5)
  store.apply([{ kind: 'put', entry: value(`k${n}`, n, text) }], () => {
    writeSync(1, `${n}\n`)
    write()
  })
}
for (let i = 0; i < UNDER_WAY; i++) write()
