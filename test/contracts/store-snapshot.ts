// The rules of the store contract about snapshots: one moment, whatever happens afterwards.
// Never looks inside a store.
import type { Entry } from '../../src/core/types.ts'
import type { StoreSnapshot } from '../../src/storage/store.ts'
import { applied, ODD_KEYS, plain, put, tombstone, value } from './store-words.ts'
import type { Rule } from './store-words.ts'

/** Everything in a snapshot, read in pages of so many entries, with turns in between. */
async function entriesOf(snapshot: StoreSnapshot, entriesMax: number): Promise<Entry[]> {
  const entries: Entry[] = []
  for (;;) {
    const page = snapshot.page({ after: entries.at(-1)?.key, entriesMax, bytesMax: 1e9 })
    if (page.length === 0) return entries
    for (const item of page) if (item.kind === 'entry') entries.push(item.entry)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

export function snapshotRules(rule: Rule): void {
  rule('a snapshot shows every key as it was, whatever happens afterwards', async (t, lab) => {
    const store = await lab.open()
    const large = value('large', 7, 'x'.repeat(10_000))
    const entries = [...ODD_KEYS.map((key, i) => value(key, i)), large, tombstone('dead', 8)]
    // Not waited for: what was applied before is in, flushed or not.
    store.apply(entries.map(put), () => {})
    const snapshot = await store.snapshot()
    const changes = ['a', 'large', '.'].map((key) => put(value(key, 50, 'later')))
    await applied(store, [...changes, put(value('new', 51)), { kind: 'remove', key: 'aa' }])
    await applied(store, [put(value('a', 52)), put(value('aa', 53)), put(tombstone('%00', 54))])
    const expected = [...entries].sort((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)))
    t.same((await entriesOf(snapshot, 3)).map(plain), expected.map(plain))
    t.same((await entriesOf(snapshot, 1000)).map(plain), expected.map(plain), 'again')
    t.equal(store.get('a')?.version, value('a', 52).version, 'the store itself has moved on')
    snapshot.close()
    snapshot.close()
  })

  rule('each snapshot is of its own moment, and closing one leaves the other', async (t, lab) => {
    const store = await lab.open()
    await applied(store, [put(value('a', 1))])
    const first = await store.snapshot()
    await applied(store, [put(value('b', 2))])
    const second = await store.snapshot()
    await applied(store, [put(value('c', 3))])
    const keys = async (snapshot: StoreSnapshot) =>
      (await entriesOf(snapshot, 10)).map(({ key }) => key)
    t.same(await keys(first), ['a'])
    first.close()
    await applied(store, [put(value('d', 4))])
    t.same(await keys(second), ['a', 'b'])
    second.close()
    const third = await store.snapshot()
    t.same(await keys(third), ['a', 'b', 'c', 'd'])
    third.close()
  })

  rule('a page of a snapshot ends after so many entries, or so many bytes', async (t, lab) => {
    const store = await lab.open()
    const keys = ['a', 'b', 'c', 'd']
    await applied(
      store,
      keys.map((key, i) => put(value(key, i, 'v'.repeat(1000)))),
    )
    const snapshot = await store.snapshot()
    const count = (entriesMax: number, bytesMax: number) =>
      snapshot.page({ after: undefined, entriesMax, bytesMax }).length
    t.same([count(3, 1e6), count(10, 1500), count(10, 1), count(10, 1e6)], [3, 2, 1, 4])
    t.same(snapshot.page({ after: 'd', entriesMax: 1, bytesMax: 1 }), [])
    snapshot.close()
  })
}

function bytesOf({ key }: Entry): Buffer {
  return Buffer.from(key)
}
