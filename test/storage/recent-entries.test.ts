// What was read lately is read again without the table, and never after it has changed.
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

t.test('an entry is found until it is dropped', async (t) => {
  const recent = new RecentEntries()
  const entry = entryOf('a', 3)
  recent.add(entry)
  t.equal(recent.get('a'), entry)
  recent.drop('a')
  t.equal(recent.get('a'), undefined)
})

t.test('large entries are not kept, and all together stay below the bound', async (t) => {
  const recent = new RecentEntries()
  recent.add(entryOf('large', RECENT_ENTRY_MAX))
  t.equal(recent.get('large'), undefined)
  const size = RECENT_ENTRY_MAX / 2
  const count = (2 * RECENT_BYTES_MAX) / size
  for (let i = 0; i < count; i++) recent.add(entryOf(`k${i}`, size))
  const kept = Array.from({ length: count }, (_, i) => recent.get(`k${i}`)).filter(Boolean).length
  t.ok(kept > 0 && kept * size < RECENT_BYTES_MAX, `${kept} kept`)
  t.ok(recent.get(`k${count - 1}`))
})
