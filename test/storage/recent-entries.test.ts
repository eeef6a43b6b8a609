// What was read lately is read again without the table, and never after it has changed.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { Entry } from '../../src/core/types.ts'
import {
  RECENT_BYTES_MAX,
  RECENT_ENTRY_MAX,
  RecentEntries,
} from '../../src/storage/recent-entries.ts'

function entryOf(key: string, bytes: number): Entry {
  const content = { kind: 'value', bytes: new Uint8Array(bytes), contentType: 'a/b' } as const
  return { key, version: '', expiresAtMs: undefined, requestId: '', content }
}

/** Of its own: nothing of the entry stays on the test's stack. */
function addLarge(recent: RecentEntries, key: string): void {
  recent.add(entryOf(key, RECENT_ENTRY_MAX))
}

/** Collections of all garbage that may pass before an entry that nobody holds is gone. */
const COLLECTIONS_MAX = 20

setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')

/** Lets this turn end first: what was looked at in it is held until then. */
async function collectGarbage(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  if (typeof collect === 'function') collect()
}

t.test('an entry is found until it is dropped', async (t) => {
  const recent = new RecentEntries()
  const entry = entryOf('a', 3)
  recent.add(entry)
  t.equal(recent.get('a'), entry)
  recent.drop('a')
  t.equal(recent.get('a'), undefined)
})

t.test('a large entry is known while somebody holds it, until it is dropped', async (t) => {
  const recent = new RecentEntries()
  const large = entryOf('large', RECENT_ENTRY_MAX)
  recent.add(large)
  t.equal(recent.get('large'), large)
  recent.drop('large')
  t.equal(recent.get('large'), undefined)
})

t.test('of what was written only what is large is known', async (t) => {
  const recent = new RecentEntries()
  const large = entryOf('large', RECENT_ENTRY_MAX)
  recent.written(large)
  recent.written(entryOf('small', 3))
  t.equal(recent.get('large'), large)
  t.equal(recent.get('small'), undefined)
})

t.test('large entries that nobody holds are not kept', async (t) => {
  const recent = new RecentEntries()
  const gone = 'large'.repeat(2)
  addLarge(recent, gone)
  const isGone = () => recent.get(gone) === undefined
  for (let i = 0; i < COLLECTIONS_MAX && !isGone(); i++) await collectGarbage()
  t.ok(isGone())
})

t.test('all together stay below the bound', async (t) => {
  const recent = new RecentEntries()
  const size = RECENT_ENTRY_MAX / 2
  const count = (2 * RECENT_BYTES_MAX) / size
  for (let i = 0; i < count; i++) recent.add(entryOf(`k${i}`, size))
  const kept = Array.from({ length: count }, (_, i) => recent.get(`k${i}`)).filter(Boolean).length
  t.ok(kept > 0 && kept * size < RECENT_BYTES_MAX, `${kept} kept`)
  t.ok(recent.get(`k${count - 1}`))
})
