// The rules of the store contract about time: what is due, in which order, and what a purge takes.
// Never looks inside a store.
import type { DueBounds, DueKind, DuePage } from '../../src/core/ports.ts'
import type { StoreChange } from '../../src/core/step.ts'
import type { Entry } from '../../src/core/types.ts'
import type { Store } from '../../src/storage/store.ts'
import { versionMs } from '../../src/core/version.ts'
import { applied, ODD_KEYS, put, tombstone, value, version } from './store-words.ts'
import type { Rule, StoreLab } from './store-words.ts'

const DAY_MS = 86_400_000

function ending(key: string, n: number, expiresAtMs: number): Entry {
  return { ...value(key, n), expiresAtMs }
}

function all(kind: DueKind, upToMs: number): DueBounds {
  return { kind, upToMs, after: undefined, entriesMax: Number.MAX_SAFE_INTEGER }
}

function keysOf(page: DuePage): string[] {
  return page.entries.map(({ key }) => key)
}

/** Fills a place and opens it again: what was put a moment ago need not be due yet. */
async function filled(lab: StoreLab, entries: readonly Entry[]): Promise<Store> {
  await applied(await lab.open(), entries.map(put))
  return lab.open()
}

export function dueRules(rule: Rule): void {
  rule('entries that end are due in the order of their ends', async (t, lab) => {
    const ends = [ending('c', 1, 3000), ending('a', 2, 2000.5), ending('b', 3, 2001), value('x', 4)]
    const store = await filled(lab, [...ends, tombstone('gone', 5)])
    const page = store.due(all('expiring', 2001))
    t.same(page, {
      entries: [
        { key: 'a', version: version(2), dueMs: 2001 },
        { key: 'b', version: version(3), dueMs: 2001 },
      ],
      end: undefined,
    })
    t.same(keysOf(store.due(all('expiring', 2000))), [])
    t.same(keysOf(store.due(all('expiring', DAY_MS))), ['a', 'b', 'c'])
  })

  rule('tombstones are due by the time of their versions', async (t, lab) => {
    const store = await filled(lab, [tombstone('late', 9), tombstone('early', 3), value('x', 1)])
    const page = store.due(all('tombstone', versionMs(version(3))))
    t.same(page.entries, [{ key: 'early', version: version(3), dueMs: versionMs(version(3)) }])
    t.same(keysOf(store.due(all('tombstone', versionMs(version(9))))), ['early', 'late'])
    t.same(keysOf(store.due(all('expiring', versionMs(version(9))))), [])
  })

  rule('what was replaced, removed or purged is due no more', async (t, lab) => {
    const keys = ['replaced', 'deleted', 'removed', 'purged', 'prolonged', 'kept']
    const store = await filled(
      lab,
      keys.map((key, i) => ending(key, i, 1000 + i)),
    )
    const changes: StoreChange[] = [
      put(value('replaced', 10)),
      put(tombstone('deleted', 11)),
      { kind: 'remove', key: 'removed' },
      { kind: 'purge', key: 'purged', version: version(12) },
      put(ending('prolonged', 13, DAY_MS)),
    ]
    const flushed = applied(store, changes)
    t.same(keysOf(store.due(all('expiring', 2000))), ['kept'], 'at once')
    await flushed
    const again = await lab.open()
    t.same(keysOf(again.due(all('expiring', 2000))), ['kept'])
    t.same(keysOf(again.due(all('expiring', DAY_MS))), ['kept', 'prolonged'])
    t.same(keysOf(again.due(all('tombstone', DAY_MS ** 2))), ['deleted'])
  })

  rule('a page of what is due ends after entriesMax, and goes on after its end', async (t, lab) => {
    const keys = ODD_KEYS.slice(0, 7)
    const store = await filled(
      lab,
      keys.map((key, i) => ending(key, i, 1000 + (i >> 1))),
    )
    const found: string[] = []
    let after: DueBounds['after']
    let pages = 0
    do {
      const page = store.due({ ...all('expiring', 2000), after, entriesMax: 3 })
      found.push(...keysOf(page))
      after = page.end
      pages++
    } while (after !== undefined)
    t.same(found, keys)
    t.equal(pages, 3)
  })

  rule('every odd key has its place', async (t, lab) => {
    const store = await filled(
      lab,
      ODD_KEYS.map((key, i) => ending(key, i, 5)),
    )
    t.same(keysOf(store.due(all('expiring', 5))), ODD_KEYS)
  })

  rule('ends before 1970 and beyond all calendars are kept in order', async (t, lab) => {
    const store = await filled(lab, [ending('never', 1, 1e300), ending('always', 2, -1)])
    t.same(keysOf(store.due(all('expiring', 0))), ['always'])
    t.same(keysOf(store.due(all('expiring', 1e300))), ['always', 'never'])
  })

  rule('a purge removes this version and any older one, and nothing newer', async (t, lab) => {
    const store = await lab.open()
    const held = [tombstone('same', 5), value('older', 4), value('newer', 6)]
    await applied(store, held.map(put))
    const purge = (key: string): StoreChange => ({ kind: 'purge', key, version: version(5) })
    await applied(store, ['same', 'older', 'newer', 'never'].map(purge))
    t.same(
      held.map(({ key }) => store.get(key)?.version),
      [undefined, undefined, version(6)],
    )
    t.equal(store.keyCount, 1)
    await applied(store, [put(value('k', 5)), purge('k'), put(value('k', 7)), purge('k')])
    t.equal(store.get('k')?.version, version(7), 'in the order given')
  })
}
