// The data plane: what a node answers from what it holds, and what it leaves to the core.
import t from 'tap'
import type { NodeCore } from '../../src/core/node.ts'
import type { Copy, Entry, ReadOutcome, ReadQuery, WriteOutcome } from '../../src/core/types.ts'
import type { Freshness } from '../../src/http/node-access.ts'
import { CacheNode } from '../../src/node/cache-node.ts'
import type { Driver } from '../../src/node/driver.ts'
import { NodeCounts } from '../../src/node/metrics/counts.ts'
import { Copies } from '../../src/storage/copies.ts'
import { MemoryStore } from '../../src/storage/memory-store.ts'
import { FakeNode } from '../fakes/fake-node.ts'
import { A, command, entry, requestId, version } from '../core/words.ts'

const NOW_MS = 10_000
const WALL_MS = 5000

/** A node whose core says what a test wants it to. */
class Bench {
  readonly counts = new NodeCounts(() => NOW_MS)
  readonly store: MemoryStore
  readonly copies = new Copies(1_000_000)
  readonly node: CacheNode
  /** What went on to the core. */
  readonly asked: ReadQuery[] = []
  fetched: ReadOutcome = { kind: 'unreachable', reason: 'nobody there' }
  isMaster = false
  mayServe = false
  #flushes: (() => void)[] = []

  constructor(bytesMax?: number) {
    this.store = new MemoryStore({
      nodeId: A,
      incarnation: 1,
      state: undefined,
      bytesMax,
      flushLater: (done) => void this.#flushes.push(done),
    })
    const isMaster = (): boolean => this.isMaster
    const core = {
      mayServe: () => this.mayServe,
      mayServeCopy: (copy: Copy, nowMs: number) => nowMs - copy.provenAtMs <= 1000,
      copyAgeMs: (copy: Copy, nowMs: number) => nowMs - copy.provenAtMs,
      isEnough: (held: Entry | undefined, min = '') => (held?.version ?? '') >= min,
      isCopyEnough: ({ known }: Copy, min = '') =>
        (known.kind === 'entry' ? known.entry.version : '') >= min,
      storeAgeMs: () => 30,
      copiesOf: () => 2,
      get isMaster(): boolean {
        return isMaster()
      },
    }
    const driver = {
      read: (query: ReadQuery) => {
        this.asked.push(query)
        return Promise.resolve(this.fetched)
      },
    }
    this.node = new CacheNode({
      core: core as unknown as NodeCore,
      driver: driver as unknown as Driver,
      store: this.store,
      copies: this.copies,
      clock: { monotonicMs: () => NOW_MS, wallMs: () => WALL_MS },
      nextVersion: () => version(77),
      warnings: () => [],
      counts: this.counts,
      watch: { heardBy: () => [], report: () => new FakeNode().network() },
      events: { subscribe: (prefix: string) => new FakeNode().events(prefix) },
      backups: { begin: () => new FakeNode().backup() },
    })
  }

  stored(...entries: Entry[]): this {
    const changes = entries.map((e) => ({ kind: 'put', entry: e }) as const)
    this.store.apply(changes, () => {})
    return this
  }

  copied(known: Entry | undefined, ageMs: number, key = 'k'): this {
    const word =
      known === undefined ? { kind: 'absent' as const } : { kind: 'entry' as const, entry: known }
    this.copies.put({ key, known: word, provenAtMs: NOW_MS - ageMs, run: 0 })
    return this
  }

  flush(): void {
    for (const done of this.#flushes.splice(0)) done()
  }
}

const V1 = entry('k', version(1))
const V2 = entry('k', version(2))
const EXPIRED = entry('k', version(1), { value: 'x', expiresAtMs: WALL_MS })
const DEAD = entry('k', version(1), {})

function master(): Bench {
  const bench = new Bench()
  bench.isMaster = true
  bench.mayServe = true
  return bench
}

function local(entry: Entry): Bench {
  const bench = new Bench()
  bench.store.putLocal(entry, () => {})
  return bench
}

async function read(bench: Bench, freshness: Freshness, min?: string): Promise<string> {
  const outcome = await bench.node.read('k', freshness, min)
  const asked = bench.asked
    .map(
      ({ strength, minVersion }) => `, asked ${strength}${minVersion === min ? '' : ' anything'}`,
    )
    .join('')
  if (outcome.kind === 'unreachable') return `unreachable${asked}`
  const what = outcome.kind === 'found' ? `found ${outcome.entry.version.slice(8, 12)}` : 'absent'
  return `${what} ${outcome.source} ${outcome.ageMs}${asked}`
}

t.test(
  'reads: what is here, else the core, else an old copy if the client takes one',
  async (t) => {
    const any: Freshness = { kind: 'proven' }
    const strong: Freshness = { kind: 'strong' }
    const here: Freshness = { kind: 'onlyHere' }
    const stale = (ageMsMax: number): Freshness => ({ kind: 'stale', ageMsMax })
    const reaching = (bench: Bench): Bench => {
      bench.fetched = { kind: 'found', entry: V2, ageMs: 0, source: 'fetched' }
      return bench
    }
    const cases: readonly (readonly [string, Bench, Freshness, string])[] = [
      ['a local entry', local(V1), any, 'found 0001 local 0'],
      ['an expired local entry', local(EXPIRED), any, 'unreachable, asked fresh'],
      ['a local entry, strong', reaching(local(V1)), strong, 'found 0002 fetched 0, asked strong'],
      ['a master', master().stored(V1), any, 'found 0001 local 30'],
      ['a master without it', master(), any, 'absent local 30'],
      ['a master with a tombstone', master().stored(DEAD), any, 'absent local 30'],
      ['a master, expired', master().stored(EXPIRED), any, 'absent local 30'],
      ['a store from another time', new Bench().stored(V1), any, 'unreachable, asked fresh'],
      ['a proven copy', new Bench().copied(V1, 1000), any, 'found 0001 copy 1000'],
      ['a proven absence', new Bench().copied(undefined, 5), any, 'absent copy 5'],
      ['a proven copy, expired', new Bench().copied(EXPIRED, 5), any, 'absent copy 5'],
      [
        'an old copy',
        reaching(new Bench().copied(V1, 1001)),
        any,
        'found 0002 fetched 0, asked fresh',
      ],
      ['only here, proven', new Bench().copied(V1, 1000), here, 'found 0001 copy 1000'],
      ['only here, old', new Bench().copied(V1, 1001), here, 'unreachable'],
      [
        'stale, but reachable',
        reaching(new Bench().copied(V1, 2000)),
        stale(3000),
        'found 0002 fetched 0, asked fresh',
      ],
      ['stale', new Bench().copied(V1, 2000), stale(2000), 'found 0001 copy 2000, asked fresh'],
      ['too stale', new Bench().copied(V1, 2001), stale(2000), 'unreachable, asked fresh'],
      [
        'stale, of any age',
        new Bench().copied(V1, 9000),
        stale(Infinity),
        'found 0001 copy 9000, asked fresh',
      ],
      ['stale, nothing held', new Bench(), stale(2000), 'unreachable, asked fresh'],
    ]
    for (const [title, bench, freshness, expected] of cases) {
      t.equal(await read(bench, freshness), expected, title)
    }
  },
)

t.test('a damaged entry of a master is asked for elsewhere, and is not absent', async (t) => {
  const bench = master()
  bench.store.isDamaged = () => true
  t.equal(await read(bench, { kind: 'proven' }), 'unreachable, asked fresh')
})

t.test('a read that names a version is not answered from what is older', async (t) => {
  const any: Freshness = { kind: 'proven' }
  const here: Freshness = { kind: 'onlyHere' }
  const stale: Freshness = { kind: 'stale', ageMsMax: 5000 }
  const cases: readonly (readonly [string, Bench, Freshness, string])[] = [
    ['a local entry, as new', local(V2), any, 'found 0002 local 0'],
    ['an older local entry', local(V1).stored(V2), any, 'unreachable, asked fresh'],
    ['a master', master().stored(V2), any, 'found 0002 local 30'],
    ['an older master', master().stored(V1), any, 'unreachable, asked fresh'],
    ['a master without it', master(), any, 'unreachable, asked fresh'],
    ['a copy', new Bench().copied(V2, 5), any, 'found 0002 copy 5'],
    ['an older copy', new Bench().copied(V1, 5), any, 'unreachable, asked fresh'],
    ['a copied absence', new Bench().copied(undefined, 5), any, 'unreachable, asked fresh'],
    ['an older copy, only here', new Bench().copied(V1, 5), here, 'unreachable'],
    ['a stale copy', new Bench().copied(V2, 2000), stale, 'found 0002 copy 2000, asked fresh'],
    ['an older stale copy', new Bench().copied(V1, 2000), stale, 'unreachable, asked fresh'],
    ['strong', master().stored(V2), { kind: 'strong' }, 'unreachable, asked strong'],
  ]
  for (const [title, bench, freshness, expected] of cases) {
    t.equal(await read(bench, freshness, V2.version), expected, title)
  }
})

t.test('a read that can be answered here is answered at once', async (t) => {
  const outcome = master().stored(V1).node.read('k', { kind: 'proven' })
  t.equal(outcome instanceof Promise, false)
})

t.test('what this node holds of a key, vouched for or not', async (t) => {
  const syncing = new Bench()
  syncing.isMaster = true
  const cases: readonly (readonly [string, Bench, string])[] = [
    ['local first', local(V2).stored(V1), '0002 local 0'],
    ['a master', master().stored(V1), '0001 local 30'],
    ['a master, deleted', master().stored(DEAD), '0001 local 30'],
    ['a master that may not serve', syncing.stored(V1), '0001 local undefined'],
    ['a copy', new Bench().copied(V1, 9000), '0001 copy 9000'],
    ['a store from another time', new Bench().stored(V1), 'nothing'],
    ['an absence', new Bench().copied(undefined, 5), 'nothing'],
    ['nothing', new Bench(), 'nothing'],
  ]
  for (const [title, bench, expected] of cases) {
    const held = bench.node.getLocal('k')
    const text = held && `${held.entry.version.slice(8, 12)} ${held.source} ${held.ageMs}`
    t.equal(text ?? 'nothing', expected, title)
  }
})

const keyed = (key: string): Entry => entry(key, version(1))

t.test(
  'lists: the store of a master, the proven copies of anybody else, in byte order',
  async (t) => {
    const names = ['b', 'a', 'a/1', 'a/2', 'ä', 'z']
    const full = master().stored(
      ...names.map(keyed),
      { ...EXPIRED, key: 'old' },
      { ...DEAD, key: 'x' },
    )
    const cacher = new Bench().stored(keyed('stored'))
    for (const name of names) cacher.copied(keyed(name), 5, name)
    cacher
      .copied(keyed('unproven'), 1001, 'unproven')
      .copied(undefined, 5, 'none')
      .copied(EXPIRED, 5, 'old')
    const cases: readonly (readonly [string, string | undefined, number | undefined, string])[] = [
      ['', undefined, undefined, 'a a/1 a/2 b z ä'],
      ['a', undefined, undefined, 'a a/1 a/2'],
      ['a', 'a/1', undefined, 'a/2'],
      ['', 'a/2', 2, 'b z'],
      ['', undefined, 1, 'a'],
      ['', undefined, 0, ''],
      ['q', undefined, undefined, ''],
    ]
    for (const bench of [full, cacher]) {
      for (const [prefix, after, limit, expected] of cases) {
        const keys = [...bench.node.list({ prefix, after, limit, scope: 'cluster' })]
        t.equal(keys.join(' '), expected, `${prefix} after ${after}`)
      }
    }
    const own = local(keyed('mine'))
    t.strictSame(
      [...own.node.list({ prefix: '', after: undefined, limit: undefined, scope: 'local' })],
      ['mine'],
    )
  },
)

t.test('a local write is answered once it is flushed', async (t) => {
  const bench = new Bench()
  const outcomes: WriteOutcome[] = []
  const put = bench.node
    .putLocal(command('k', { id: '5', ttlMs: 40 }))
    .then((o) => outcomes.push(o))
  await Promise.resolve()
  t.strictSame(outcomes, [])
  bench.flush()
  await put
  t.strictSame(outcomes, [{ kind: 'applied', version: version(77), copies: 1 }])
  const { content, ...rest } = bench.store.getLocal('k') ?? V1
  t.strictSame(rest, {
    key: 'k',
    version: version(77),
    expiresAtMs: WALL_MS + 40,
    requestId: requestId('5'),
  })
  t.equal(content.kind, 'value')
  t.strictSame(bench.asked, [])
})

t.test('a full store takes local deletes and no local values', async (t) => {
  const bench = new Bench(1).stored(V1)
  t.strictSame(await bench.node.putLocal(command('k')), { kind: 'full' })
  const gone = bench.node.putLocal(command('k', { value: undefined }))
  bench.flush()
  t.equal((await gone).kind, 'applied')
  t.equal(bench.node.getLocal('k'), undefined)
})
