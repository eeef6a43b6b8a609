// The rules of the store contract about order: pages of a store, and lists of its keys.
// Never looks inside a store.
import { BUCKET_SET_BYTES } from '../../src/core/digest.ts'
import type { StoreChange } from '../../src/core/step.ts'
import { bucketOf } from '../../src/storage/fingerprint.ts'
import type { Store } from '../../src/storage/store.ts'
import {
  applied,
  everything,
  names,
  namesOf,
  ODD_KEYS,
  plain,
  put,
  tombstone,
  value,
  version,
} from './store-words.ts'
import type { Rule } from './store-words.ts'

export function pageRules(rule: Rule): void {
  const keys = Array.from({ length: 40 }, (_, i) => `k${String(i).padStart(2, '0')}`)
  const fill = (store: Store): Promise<void> =>
    applied(
      store,
      keys.map((key, i) => put(value(key, i, 'v'.repeat(10 * i)))),
    )

  rule('a page holds all within after and upTo, in order', async (t, lab) => {
    const store = await lab.open()
    await fill(store)
    const page = store.page({ ...everything, after: 'k05', upTo: 'k08' })
    t.same(namesOf(page), ['k06', 'k07', 'k08'])
    t.equal(page.end, undefined)
    t.same(plain(page.items[0]), plain({ kind: 'entry', entry: store.get('k06') }))
    t.same(namesOf(store.page({ ...everything, after: 'k39' })), [])
    t.same(namesOf(store.page({ ...everything, after: 'k041', upTo: 'k050' })), ['k05'])
  })

  rule('a page ends after keysMax keys or bytesMax bytes, and says where', async (t, lab) => {
    const store = await lab.open()
    await fill(store)
    const some = store.page({ ...everything, keysMax: 3 })
    t.same([namesOf(some), some.end], [['k00', 'k01', 'k02'], 'k02'])
    const light = store.page({ ...everything, bytesMax: 60 })
    t.same([namesOf(light), light.end], [['k00', 'k01', 'k02', 'k03'], 'k03'])
    const last = store.page({ ...everything, after: 'k38', keysMax: 1 })
    t.same([namesOf(last), last.end], [['k39'], 'k39'])
    const past = store.page({ ...everything, after: 'k39', keysMax: 1 })
    t.same([namesOf(past), past.end], [[], undefined])
  })

  rule('what is put where a walk found a gap is there, and counted once', async (t, lab) => {
    const store = await lab.open()
    await applied(store, [put(value('k10', 1)), put(value('k30', 2))])
    const heads = { ...everything, valueBytesMax: -1 }
    for (const upTo of ['k25', undefined]) {
      t.same(
        namesOf(store.page({ ...heads, after: 'k10', upTo })),
        upTo === undefined ? ['k30'] : [],
      )
      t.equal(store.get('k20'), undefined)
      // One that is new, one again before and after a flush, one that goes, and those at the edges.
      const [first, second] = [put(value('k20', 3)), put(value('k20', 4))]
      store.apply([first, second, put(value('k22', 5)), put(value('k10', 6))], () => {})
      t.equal(store.get('k20')?.version, version(4))
      await applied(store, [{ kind: 'remove', key: 'k22' }, put(value('k30', 7))])
      t.equal(store.get('k20')?.version, version(4))
      t.equal(store.get('k22'), undefined)
      await applied(store, [put(value('k20', 8)), put(value('k22', 9))])
      t.equal(store.keyCount, 4)
      t.same(namesOf(store.page(everything)), ['k10', 'k20', 'k22', 'k30'])
      await applied(
        store,
        ['k20', 'k22'].map((key) => ({ kind: 'remove', key }) as const),
      )
      t.equal(store.keyCount, 2)
    }
  })

  rule('larger values are left as heads; -1 leaves all, tombstones too', async (t, lab) => {
    const store = await lab.open()
    const large = value('large', 3, 'x'.repeat(50_000))
    await applied(store, [put(tombstone('a', 1)), put(value('b', 2)), put(large)])
    const kinds = (valueBytesMax: number): string[] =>
      store.page({ ...everything, valueBytesMax }).items.map((item) => item.kind)
    t.same(kinds(49_999), ['entry', 'entry', 'head'])
    t.same(kinds(50_000), ['entry', 'entry', 'entry'])
    t.same(kinds(0), ['entry', 'head', 'head'])
    t.same(kinds(-1), ['head', 'head', 'head'])
    t.same(store.page({ ...everything, valueBytesMax: -1, bytesMax: 0 }).items, [
      { kind: 'head', head: { key: 'a', version: version(1), isTombstone: true, valueBytes: 0 } },
      { kind: 'head', head: { key: 'b', version: version(2), isTombstone: false, valueBytes: 7 } },
      {
        kind: 'head',
        head: { key: 'large', version: version(3), isTombstone: false, valueBytes: 50_000 },
      },
    ])
  })

  rule('a page holds wanted buckets only, and counts the keys it passed over', async (t, lab) => {
    const store = await lab.open()
    await fill(store)
    const wanted = new Uint8Array(BUCKET_SET_BYTES)
    for (const key of ['k03', 'k30']) {
      const bucket = bucketOf(Buffer.from(key))
      wanted[bucket >> 3] = (wanted[bucket >> 3] ?? 0) | (1 << (bucket & 7))
    }
    t.same(namesOf(store.page({ ...everything, wanted })), ['k03', 'k30'])
    const page = store.page({ ...everything, wanted, keysMax: 10 })
    t.same([namesOf(page), page.end], [['k03'], 'k09'])
  })

  rule('a walk by pages skips and repeats nothing while writes go on', async (t, lab) => {
    const store = await lab.open()
    await fill(store)
    const seen: string[] = []
    const flushes: Promise<void>[] = []
    let after: string | undefined
    for (let n = 100; ; n++) {
      const page = store.page({ ...everything, after, keysMax: 7 })
      seen.push(...namesOf(page))
      if (page.end === undefined) break
      after = page.end
      // Before and behind the cursor: a new key, an overwrite, a remove.
      flushes.push(applied(store, [put(value('k00a', n)), put(value('k39', n))]))
      if (n % 2 === 0) await flushes.at(-1)
      if (n === 101) flushes.push(applied(store, [put(value('k29a', n))]))
      if (n === 102) flushes.push(applied(store, [{ kind: 'remove', key: 'k29a' }]))
      if (n === 103) flushes.push(applied(store, [put(value('k29b', n))]))
    }
    t.same(seen, [...keys.slice(0, 30), 'k29b', ...keys.slice(30)].sort())
    await Promise.all(flushes)
  })
}

export function keyRules(rule: Rule): void {
  rule('every key is a key, in byte order of its UTF-8', async (t, lab) => {
    const store = await lab.open()
    const flushed = applied(
      store,
      [...ODD_KEYS].reverse().map((key, i) => put(value(key, i))),
    )
    const sameKeys = (): void => {
      t.same(names(store), ODD_KEYS)
      t.same([...store.keys({ prefix: '', after: undefined, liveAtMs: 0 })], ODD_KEYS)
      for (const key of ODD_KEYS) t.equal(store.get(key)?.key, key)
      ODD_KEYS.forEach((key, i) => {
        t.same(namesOf(store.page({ ...everything, after: key })), ODD_KEYS.slice(i + 1))
      })
    }
    sameKeys()
    await flushed
    sameKeys()
  })

  rule('keys are listed by prefix and from a place, live ones only', async (t, lab) => {
    const store = await lab.open()
    const keys = ['a', 'a/', 'a/1', 'a/2', 'a/\u{1f600}', 'a0', 'b']
    await applied(store, [...keys.map((key, i) => put(value(key, i))), put(tombstone('a/3', 9))])
    const list = (prefix: string, after?: string): string[] => [
      ...store.keys({ prefix, after, liveAtMs: 0 }),
    ]
    t.same(list(''), keys)
    t.same(list('a/'), ['a/', 'a/1', 'a/2', 'a/\u{1f600}'])
    t.same(list('a/', 'a/1'), ['a/2', 'a/\u{1f600}'])
    t.same(list('a/', 'a'), ['a/', 'a/1', 'a/2', 'a/\u{1f600}'])
    t.same(list('a/', 'b'), [])
    t.same(list('', 'a/2'), ['a/\u{1f600}', 'a0', 'b'])
    t.same(list('zz'), [])
  })

  rule('a list leaves out what has expired', async (t, lab) => {
    const store = await lab.open()
    const expiring = (key: string, expiresAtMs: number): StoreChange =>
      put({ ...value(key, 1), expiresAtMs })
    await applied(store, [expiring('a', 1000), expiring('b', 2000), put(value('c', 1))])
    const at = (liveAtMs: number): string[] => [
      ...store.keys({ prefix: '', after: undefined, liveAtMs }),
    ]
    t.same([at(999), at(1000), at(2000)], [['a', 'b', 'c'], ['b', 'c'], ['c']])
  })

  rule('a list that is being read sees what was there at its start', async (t, lab) => {
    const store = await lab.open()
    const keys = Array.from({ length: 5000 }, (_, i) => `k${String(i).padStart(4, '0')}`)
    await applied(
      store,
      keys.map((key, i) => put(value(key, i))),
    )
    const seen: string[] = []
    for (const key of store.keys({ prefix: 'k', after: undefined, liveAtMs: 0 })) {
      seen.push(key)
      if (seen.length % 1000 === 0) await applied(store, [put(value(key, 9000))])
    }
    t.same(seen, keys)
  })
}
