// The rules of the store contract about records: an entry that goes from store to store as it is kept.
// Never looks inside a record.
import type { StoredRecord } from '../../src/core/ports.ts'
import type { StoreChange } from '../../src/core/step.ts'
import { INLINE_MAX } from '../../src/wire/record.ts'
import type { Store } from '../../src/storage/store.ts'
import { applied, everything, namesOf, plain, put, tombstone, value } from './store-words.ts'
import type { Rule } from './store-words.ts'

const END_MS = 1_900_000_000_000

const ENTRIES = [
  value('a', 1),
  { ...value('b', 2), expiresAtMs: END_MS },
  value('c', 3, ''),
  value('d', 4, 'x'.repeat(INLINE_MAX)),
]

function recordsOf(store: Store): StoredRecord[] {
  const { items } = store.page({ ...everything, asRecords: true })
  return items.flatMap((item) => (item.kind === 'record' ? [item.record] : []))
}

const puts = (records: readonly StoredRecord[]): StoreChange[] =>
  records.map((record) => ({ kind: 'putRecord', record }))

export function recordRules(rule: Rule): void {
  rule(
    'who asks for records gets them of small values, and else what others get',
    async (t, lab) => {
      const store = await lab.open()
      const others = [tombstone('y', 8), value('z', 9, 'x'.repeat(INLINE_MAX + 1))]
      await applied(store, [...ENTRIES, ...others].map(put))
      const { items } = store.page({ ...everything, asRecords: true })
      t.same(
        items.map((item) => item.kind),
        ['record', 'record', 'record', 'record', 'entry', 'entry'],
      )
      t.same(plain(items.slice(4)), plain(others.map((entry) => ({ kind: 'entry', entry }))))
      t.same(
        recordsOf(store).map(({ key, version, expiresAtMs, valueBytes }) => {
          return { key, version, expiresAtMs, valueBytes }
        }),
        ENTRIES.map(({ key, version, expiresAtMs, content }) => {
          const valueBytes = content.kind === 'value' ? content.bytes.length : 0
          return { key, version, expiresAtMs, valueBytes }
        }),
      )
      t.notOk(store.page(everything).items.some((item) => item.kind === 'record'))
      t.equal(store.page({ ...everything, asRecords: true, bytesMax: 20 }).end, 'd')
    },
  )

  rule('a local entry is in no record', async (t, lab) => {
    const store = await lab.open()
    await new Promise<void>((resolve) => store.putLocal(value('a', 1), resolve))
    t.same(recordsOf(store), [])
  })

  rule(
    'a record that is put is its entry: at once, on the disk, and opened again',
    async (t, lab) => {
      const store = await lab.open()
      await applied(store, ENTRIES.map(put))
      const records = recordsOf(store)
      const told = { keys: store.keyCount, bytes: store.bytes, digest: store.digest() }
      await applied(
        store,
        records.map(({ key }) => ({ kind: 'remove', key })),
      )
      t.equal(store.keyCount, 0)
      const flushed = applied(store, puts(records))
      const look = (of: Store): void => {
        t.same(plain(ENTRIES.map(({ key }) => of.get(key))), plain(ENTRIES))
        t.same(namesOf(of.page(everything)), ['a', 'b', 'c', 'd'])
        t.same(plain({ keys: of.keyCount, bytes: of.bytes, digest: of.digest() }), plain(told))
      }
      look(store)
      await flushed
      look(store)
      t.same(plain(recordsOf(store)), plain(records))
      look(await lab.open())
    },
  )

  rule('a record ends when it is told to, whatever its bytes say', async (t, lab) => {
    let store = await lab.open()
    await applied(store, ENTRIES.map(put))
    const later = [END_MS + 5, undefined]
    for (const expiresAtMs of later) {
      const changed = recordsOf(store).map((record) => ({ ...record, expiresAtMs }))
      const flushed = applied(store, puts(changed))
      t.equal(store.get('b')?.expiresAtMs, expiresAtMs)
      await flushed
      // What was put in the last moments may be missing from what is due.
      store = await lab.open()
      const due = store.due({ kind: 'expiring', upToMs: 1e15, after: undefined, entriesMax: 9 })
      t.equal(due.entries.length, expiresAtMs === undefined ? 0 : ENTRIES.length)
      const { version, content } = store.get('b') ?? {}
      t.same(
        plain({ version, content }),
        plain({ version: ENTRIES[1]?.version, content: ENTRIES[1]?.content }),
      )
      t.equal(store.head('b')?.expiresAtMs, expiresAtMs)
    }
  })

  rule('a record takes the place of a large value and of a tombstone', async (t, lab) => {
    const store = await lab.open()
    await applied(store, [put(value('a', 1))])
    const [record] = recordsOf(store)
    if (record === undefined) throw new Error('there is a record')
    for (const before of [value('a', 5, 'x'.repeat(50_000)), tombstone('a', 6)]) {
      await applied(store, [put(before)])
      await applied(store, puts([record]))
      t.same(plain(store.get('a')), plain(value('a', 1)))
      t.equal(store.keyCount, 1)
    }
  })
}
