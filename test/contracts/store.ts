// What every store promises, told to both of them: lmdb and memory.
// Never looks inside a store; what only one of them can do is tested beside it.
import fc from 'fast-check'
import type { Test } from 'tap'
import { test } from 'tap'
import { BUCKET_SET_BYTES, DIGEST_BYTES } from '../../src/core/digest.ts'
import type { PageBounds } from '../../src/core/ports.ts'
import type { StoreChange } from '../../src/core/step.ts'
import type { DurableState, Entry } from '../../src/core/types.ts'
import { formatVersion, VERSION_ZERO } from '../../src/core/version.ts'
import { bucketOf } from '../../src/storage/fingerprint.ts'
import type { Store } from '../../src/storage/store.ts'

/** One place for a store: opened, closed and opened again. */
export interface StoreLab {
  /** Opens the store, or opens it again; the one opened before is closed. */
  open(options?: { bytesMax: number }): Promise<Store>
  dispose(): Promise<void>
}

const WRITER = '00000000000000aa'
export const NODE = '0123456789abcdef'

/** Keys that have broken stores: in byte order of their UTF-8. */
export const ODD_KEYS = [
  '\u0000',
  '\u0000a',
  '%00',
  '.',
  '..',
  '__proto__',
  'a',
  'a\u0000',
  'a\u0000b',
  'aa',
  'constructor',
  'x'.repeat(511),
  '\u00e9',
  '\u20ac'.repeat(170),
  '\ufeffbom',
  '\uffff',
  '\u{10000}',
  '\u{1f600}',
]

export function version(n: number): string {
  return formatVersion(1_700_000_000_000 + n, n & 0xffff, WRITER)
}

export function value(key: string, n: number, text = `value ${n}`): Entry {
  const content = { kind: 'value' as const, bytes: Buffer.from(text), contentType: 'text/plain' }
  return { key, version: version(n), expiresAtMs: undefined, requestId: requestId(n), content }
}

export function tombstone(key: string, n: number): Entry {
  return { ...value(key, n), content: { kind: 'tombstone' } }
}

export function put(entry: Entry): StoreChange {
  return { kind: 'put', entry }
}

/** Applies and waits until it is flushed. */
export function applied(store: Store, changes: readonly StoreChange[]): Promise<void> {
  return new Promise((resolve) => store.apply(changes, resolve))
}

export const everything: PageBounds = {
  after: undefined,
  upTo: undefined,
  wanted: undefined,
  valueBytesMax: Number.MAX_SAFE_INTEGER,
  bytesMax: Number.MAX_SAFE_INTEGER,
  keysMax: Number.MAX_SAFE_INTEGER,
}

const state: DurableState = {
  promised: { epoch: 7, proposer: WRITER },
  activated: { epoch: 5, proposer: NODE },
  view: {
    ballot: { epoch: 6, proposer: NODE },
    roster: [{ id: NODE, address: '10.0.0.1:8181' }],
    voters: [],
    groups: [{ masters: [{ id: NODE, incarnation: 3, inSync: true }], history: [], merge: [] }],
    start: { clock: version(1), seq: 12 },
    isUnclean: false,
  },
  owed: [],
}

export function storeContract(name: string, newLab: () => StoreLab): void {
  const rule = (title: string, run: (t: Test, lab: StoreLab) => Promise<void>): void => {
    void test(`${name}: ${title}`, async (t) => {
      const lab = newLab()
      t.teardown(() => lab.dispose())
      await run(t, lab)
    })
  }
  entryRules(rule)
  digestRules(rule)
  pageRules(rule)
  keyRules(rule)
  lastingRules(rule)
  modelRule(rule)
}

type Rule = (title: string, run: (t: Test, lab: StoreLab) => Promise<void>) => void

function entryRules(rule: Rule): void {
  rule('a change is visible when apply returns, and flushed later in order', async (t, lab) => {
    const store = await lab.open()
    const order: number[] = []
    const done = [1, 2, 3].map(
      (n) =>
        new Promise<void>((resolve) => {
          store.apply([put(value('k', n))], () => {
            order.push(n)
            resolve()
          })
        }),
    )
    t.equal(store.get('k')?.version, version(3))
    t.same(order, [], 'never synchronously')
    await Promise.all(done)
    t.same(order, [1, 2, 3])
    t.equal(store.get('k')?.version, version(3))
  })

  rule('an apply of nothing is flushed after what was applied before it', async (t, lab) => {
    const store = await lab.open()
    const order: string[] = []
    store.apply([put(value('k', 1))], () => order.push('put'))
    await new Promise<void>((resolve) => {
      store.apply([], () => {
        order.push('nothing')
        resolve()
      })
    })
    t.same(order, ['put', 'nothing'])
    await applied(store, [])
  })

  rule(
    'an entry reads back as it was put, expired or not, before and after flush',
    async (t, lab) => {
      const store = await lab.open()
      const entries = [
        value('plain', 1),
        { ...value('expired', 2), expiresAtMs: 1 },
        { ...value('expiring', 3), expiresAtMs: 1_900_000_000_123.5 },
        value('empty', 4, ''),
        value('large', 5, 'L'.repeat(100_000)),
        value('edge', 6, 'e'.repeat(4096)),
        value('edge+1', 7, 'e'.repeat(4097)),
        tombstone('gone', 8),
      ]
      const flushed = applied(store, entries.map(put))
      for (const entry of entries) t.same(plain(store.get(entry.key)), plain(entry), entry.key)
      await flushed
      for (const entry of entries) t.same(plain(store.get(entry.key)), plain(entry), entry.key)
      t.equal(store.get('never'), undefined)
      t.equal(store.keyCount, 7, 'tombstones do not count')
      t.equal(store.highestVersion, version(8))
    },
  )

  rule('overwrites, tombstones and removes keep the count', async (t, lab) => {
    const store = await lab.open()
    const steps: [StoreChange, number][] = [
      [put(value('k', 1)), 1],
      [put(value('k', 2, 'x'.repeat(10_000))), 1],
      [put(tombstone('k', 3)), 0],
      [put(value('k', 4)), 1],
      [{ kind: 'remove', key: 'k' }, 0],
      [{ kind: 'remove', key: 'k' }, 0],
      [{ kind: 'remove', key: 'never' }, 0],
      [put(tombstone('k', 2)), 0],
    ]
    for (const [change, count] of steps) {
      await applied(store, [change])
      t.equal(store.keyCount, count)
    }
    t.equal(store.highestVersion, version(4), 'a removed version still counts')
  })

  rule('the last change to a key in one apply wins', async (t, lab) => {
    const store = await lab.open()
    await applied(store, [put(value('k', 1)), { kind: 'remove', key: 'k' }, put(value('k', 2))])
    t.equal(store.get('k')?.version, version(2))
    await applied(store, [put(value('k', 3)), { kind: 'remove', key: 'k' }])
    t.equal(store.get('k'), undefined)
    t.equal(store.keyCount, 0)
  })

  rule('a store over its limit is full, and no longer after removes', async (t, lab) => {
    const store = await lab.open({ bytesMax: 100_000 })
    t.equal(store.isFull, false)
    await applied(store, [put(value('a', 1, 'x'.repeat(60_000)))])
    t.equal(store.isFull, false)
    await applied(store, [put(value('b', 2, 'x'.repeat(60_000)))])
    t.equal(store.isFull, true)
    await applied(store, [put(tombstone('a', 3))])
    t.equal(store.isFull, false)
    await applied(store, [put(value('b', 4, 'x'.repeat(99_000)))])
    t.equal(store.isFull, true)
    await applied(store, [{ kind: 'remove', key: 'b' }])
    t.equal(store.isFull, false)
  })
}

function digestRules(rule: Rule): void {
  rule('an empty digest is all zeroes', async (t, lab) => {
    t.same((await lab.open()).digest(), new Uint8Array(DIGEST_BYTES))
  })

  rule('equal content has equal digests, whatever the way to it', async (t, lab) => {
    const store = await lab.open()
    store.digest()
    await applied(store, [put(value('a', 1)), put(value('b', 2)), put(tombstone('c', 3))])
    const digest = hex(store.digest())
    await applied(store, [put(value('a', 9))])
    t.not(hex(store.digest()), digest, 'a version counts')
    await applied(store, [put(value('a', 1)), put(value('x', 4)), { kind: 'remove', key: 'x' }])
    t.equal(hex(store.digest()), digest, 'changed and changed back')
    await applied(store, [put(value('c', 3))])
    t.not(hex(store.digest()), digest, 'a tombstone is not a value')
    store.putLocal(value('local', 5), () => {})
    await applied(store, [put(tombstone('c', 3))])
    t.equal(hex(store.digest()), digest, 'local entries do not count')
    const again = await lab.open()
    t.equal(hex(again.digest()), digest, 'opened again')
    for (const key of ['a', 'b', 'c']) await applied(again, [{ kind: 'remove', key }])
    t.same(again.digest(), new Uint8Array(DIGEST_BYTES), 'all removed')
    for (const entry of [tombstone('c', 3), value('b', 2), value('a', 1)]) {
      await applied(again, [put(entry)])
    }
    t.equal(hex(again.digest()), digest, 'in another order')
  })

  rule('a digest is a snapshot', async (t, lab) => {
    const store = await lab.open()
    const before = store.digest()
    store.apply([put(value('a', 1))], () => {})
    t.same(before, new Uint8Array(DIGEST_BYTES))
  })

  rule('the digest of known content never changes between releases', async (t, lab) => {
    const store = await lab.open()
    await applied(store, [put(value('alpha', 1)), put(tombstone('\u{1f600}', 2))])
    const digest = store.digest()
    t.same(nonZero(digest), KNOWN_BUCKETS)
    t.same(
      nonZero(digest).map(([bucket]) => bucket),
      ['alpha', '\u{1f600}'].map((key) => bucketOf(Buffer.from(key))).sort((a, b) => a - b),
    )
  })
}

/** Buckets of the digest above, computed once: another result is another protocol. */
const KNOWN_BUCKETS: [number, string][] = []

function pageRules(rule: Rule): void {
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

function keyRules(rule: Rule): void {
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

function lastingRules(rule: Rule): void {
  rule('entries, state and identity outlive the process; the incarnation grows', async (t, lab) => {
    const first = await lab.open()
    t.equal(first.nodeId, NODE)
    t.equal(first.incarnation, 1)
    t.equal(first.state, undefined)
    t.equal(first.highestVersion, VERSION_ZERO)
    const old: DurableState = { ...state, view: undefined }
    const flushed = applied(first, [{ kind: 'state', state: old }, put(value('a', 1))])
    t.strictSame(first.state, old)
    await flushed
    await applied(first, [put(value('b', 9, 'b'.repeat(9000))), { kind: 'remove', key: 'b' }])

    const second = await lab.open()
    t.strictSame(second.state, old)
    t.equal(second.nodeId, NODE)
    t.equal(second.incarnation, 2)
    t.equal(second.keyCount, 1)
    t.same(plain(second.get('a')), plain(value('a', 1)))
    t.equal(second.get('b'), undefined)
    t.equal(second.highestVersion, version(9), 'the version of a removed entry')
    await applied(second, [{ kind: 'state', state }])

    const third = await lab.open()
    t.strictSame(third.state, state)
    t.equal(third.incarnation, 3)
  })

  rule('a new store may be closed, and twice, and opened again', async (t, lab) => {
    const store = await lab.open()
    await store.close()
    await store.close()
    t.equal((await lab.open()).incarnation, 2)
  })

  rule('local entries are a world of their own', async (t, lab) => {
    const first = await lab.open()
    await applied(first, [put(value('k', 1))])
    const local = value('k', 2, 'local '.repeat(2000))
    const flushed = new Promise<void>((resolve) => first.putLocal(local, resolve))
    t.same(plain(first.getLocal('k')), plain(local))
    await flushed
    await new Promise<void>((resolve) => first.putLocal(tombstone('gone', 3), resolve))
    t.same(plain(first.get('k')), plain(value('k', 1)))
    t.same([first.keyCount, first.highestVersion], [1, version(1)])
    t.same(names(first), ['k'])
    t.same([...first.localKeys({ prefix: '', after: undefined, liveAtMs: 0 })], ['k'])
    const second = await lab.open()
    t.same(plain(second.getLocal('k')), plain(local))
    t.equal(second.getLocal('gone')?.content.kind, 'tombstone')
    t.equal(second.getLocal('never'), undefined)
  })
}

/** Random changes against a plain Map, now and then opened again. */
function modelRule(rule: Rule): void {
  const key = fc.constantFrom(...ODD_KEYS.slice(0, 9), '\uffff', '\u{10000}')
  const size = fc.constantFrom(0, 1, 100, 4096, 4097, 20_000)
  const change = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), key, size }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('tombstone' as const), key }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), key }) },
  )
  const step = fc.record({
    changes: fc.array(change, { maxLength: 6 }),
    then: fc.constantFrom('go on', 'go on', 'flush', 'open again'),
  })

  rule('any changes leave what a Map would hold', async (t, lab) => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      let store = await lab.open()
      const model = new Map<string, Entry>()
      await applied(
        store,
        names(store).map((key) => ({ kind: 'remove', key })),
      )
      let n = 0
      for (const { changes, then } of steps) {
        const batch = changes.map((change): StoreChange => {
          n++
          if (change.kind === 'remove') {
            model.delete(change.key)
            return { kind: 'remove', key: change.key }
          }
          const entry =
            change.kind === 'put'
              ? value(change.key, n, 'm'.repeat(change.size))
              : tombstone(change.key, n)
          model.set(change.key, entry)
          return put(entry)
        })
        const flushed = applied(store, batch)
        if (then !== 'go on') await flushed
        if (then === 'open again') store = await lab.open()
        holds(store, model)
        await flushed
        holds(store, model)
      }
    })
    await fc.assert(property, { numRuns: 40, seed: 20261121 })
    t.pass('40 runs, seed 20261121')
  })
}

function holds(store: Store, model: ReadonlyMap<string, Entry>): void {
  const wanted = ODD_KEYS.filter((key) => model.has(key)).map((key) => plain(model.get(key)))
  const items = store.page(everything).items
  const found = items.map((item) => plain(item.kind === 'entry' ? item.entry : undefined))
  const live = [...model.values()].filter((entry) => entry.content.kind === 'value').length
  if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new Error('another page')
  if (store.keyCount !== live) throw new Error(`${store.keyCount} keys, not ${live}`)
  for (const key of ODD_KEYS) {
    const got = JSON.stringify(plain(store.get(key)))
    if (got !== JSON.stringify(plain(model.get(key)))) throw new Error(`another ${key}`)
  }
}

export function names(store: Store): string[] {
  return namesOf(store.page({ ...everything, valueBytesMax: -1 })).concat()
}

function namesOf(page: ReturnType<Store['page']>): string[] {
  return page.items.map((item) => (item.kind === 'head' ? item.head.key : item.entry.key))
}

/** A value that compares by content, whichever kind of bytes it holds. */
export function plain(value: unknown): unknown {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Uint8Array) return Buffer.from(part).toString('latin1')
    return isBufferJson(part) ? Buffer.from(part.data).toString('latin1') : part
  })
  return text === undefined ? undefined : JSON.parse(text)
}

/** What Buffer's own toJSON makes of it before a replacer sees it. */
function isBufferJson(part: unknown): part is { data: number[] } {
  return typeof part === 'object' && part !== null && 'type' in part && part.type === 'Buffer'
}

function requestId(n: number): string {
  return n.toString(16).padStart(32, '0')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function nonZero(digest: Uint8Array): [number, string][] {
  const found: [number, string][] = []
  for (let at = 0; at < digest.length; at += 8) {
    const text = hex(digest.subarray(at, at + 8))
    if (text !== '0000000000000000') found.push([at / 8, text])
  }
  return found
}
