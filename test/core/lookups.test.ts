// A read that this node cannot answer: who is asked when, which answer counts, who shares it.
import t from 'tap'
import { COPY_FRESH_MS, DEADLINE_MS, LOOKUPS_MAX } from '../../src/core/limits.ts'
import { Lab } from './lab.ts'
import { Bench, counting, found, none, POSITION, V2, V5, V7 } from './lookup-bench.ts'
import { B, C, D, entry, LATE, node, REFUSED, response } from './words.ts'
import { state, version, view } from './words.ts'

t.test('one question for all who wait, and the first valid answer for all of them', async (t) => {
  const bench = new Bench()
  bench.read(1, 0)
  bench.read(2, 4)
  t.equal(bench.news(), 'query')
  bench.answer(V5, 5)
  t.equal(bench.news(), 'keep entry 0, 1 found 0005 fetched 5, 2 found 0005 fetched 5')
  bench.answer(V7, 6)
  t.equal(bench.news(), '')
  t.equal(bench.lab.parts.lookups.count, 0)
})

t.test('no answer in 30 ms: the primary is asked, 30 ms later the other master too', async (t) => {
  const bench = new Bench()
  bench.read(1)
  bench.at(29)
  t.equal(bench.news(), 'query')
  bench.at(30)
  t.equal(bench.news(), 'read A')
  bench.at(59)
  t.equal(bench.news(), '')
  bench.at(60)
  t.equal(bench.news(), 'read B')
  bench.end({ kind: 'unable', reason: 'no lease' }, 61)
  t.equal(bench.news(), '')
  bench.end(found(V5), 62, B)
  t.equal(bench.news(), 'keep entry 0, 1 found 0005 fetched 62')
})

t.test('a datagram that comes after the question to the primary counts too', async (t) => {
  const bench = new Bench()
  bench.read(1)
  bench.at(30)
  bench.answer(V5, 40)
  t.equal(bench.news(), 'query, read A, keep entry 0, 1 found 0005 fetched 40')
  bench.end(found(V7), 41)
  bench.at(60)
  t.equal(bench.news(), '')
})

t.test('absent is believed only from an in-sync master of the view, in its life', async (t) => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['A', 1, 'keep absent 0, 1 absent fetched 5'],
    ['B', 1, 'keep absent 0, 1 absent fetched 5'],
    ['A', 2, ''],
    ['D', 1, ''],
  ]
  for (const [from, life, expected] of cases) {
    const byDatagram = new Bench()
    byDatagram.read(1)
    byDatagram.absent(from, 5, { life })
    t.equal(byDatagram.news(), ['query', expected].filter(Boolean).join(', '), `${from}${life}`)

    const byCall = new Bench()
    byCall.read(1)
    byCall.at(30)
    byCall.end(response(node(from), none(), life), 35)
    const after = expected.replace('fetched 5', 'fetched 35')
    t.equal(byCall.news(), ['query, read A', after].filter(Boolean).join(', '))
  }
  const syncing = new Bench(
    new Lab({ me: C, state: state(view('2A', 'A+ B-')), random: counting() }),
  )
  syncing.read(1)
  syncing.absent('B', 5)
  t.equal(syncing.news(), 'query')
})

t.test('a large value is read from who has it, once', async (t) => {
  const bench = new Bench()
  bench.read(1)
  bench.answer(V5, 5, { inline: undefined })
  bench.answer(V5, 6, { inline: undefined })
  bench.at(30)
  t.equal(bench.news(), 'query, read A')
  bench.end(found(V5), 40)
  t.equal(bench.news(), 'keep entry 0, 1 found 0005 fetched 40')
})

t.test('what this node holds already is only confirmed', async (t) => {
  const copy = { key: 'k', known: { kind: 'entry', entry: V5 }, provenAtMs: -9000, run: 0 } as const
  const byDatagram = new Bench()
  byDatagram.lab.copies.set('k', copy)
  byDatagram.read(1)
  byDatagram.answer(V5, 5, { inline: undefined })
  t.equal(byDatagram.news(), 'query, keep entry 0, 1 found 0005 fetched 5')

  const byCall = new Bench()
  byCall.lab.copies.set('k', copy)
  byCall.read(1)
  byCall.at(30)
  byCall.end({ kind: 'unchanged', ageMs: 0, position: POSITION }, 35)
  t.equal(byCall.news(), 'query, read A, keep entry 0, 1 found 0005 fetched 35')
})

t.test(
  '"unchanged" speaks of the entry named in the question, whatever is held by then',
  async (t) => {
    const bench = new Bench(
      new Lab({ me: C, state: state(V2), entries: [entry('k', version(2))], random: counting() }),
    )
    bench.lab.copies.set('k', {
      key: 'k',
      known: { kind: 'entry', entry: V5 },
      provenAtMs: -9000,
      run: 0,
    })
    bench.read(1)
    bench.at(30)
    bench.lab.copies.clear()
    bench.end({ kind: 'unchanged', ageMs: 0, position: POSITION }, 35)
    t.equal(bench.news(), 'query, read A, keep entry 0, 1 found 0005 fetched 35')
  },
)

t.test('a write through this node meanwhile: nothing older is answered', async (t) => {
  const older = new Bench()
  older.read(1)
  older.lab.parts.lookups.wrote('k', version(7))
  older.answer(V5, 5)
  older.absent('A', 6)
  older.absent('A', 7, { tombstone: version(6) })
  t.equal(older.news(), 'query')
  older.absent('A', 8, { tombstone: version(8) })
  t.equal(older.news(), 'keep absent 0, 1 absent fetched 8')

  const same = new Bench()
  same.read(1)
  same.lab.parts.lookups.wrote('k', version(7))
  same.answer(V7, 5)
  t.equal(same.news(), 'query, keep entry 0, 1 found 0007 fetched 5')

  const called = new Bench()
  called.read(1)
  called.at(30)
  called.lab.parts.lookups.wrote('k', version(7))
  called.end(none(), 35)
  t.equal(
    called.news(),
    'query, read A',
    'the answer may be from before: the next round asks again',
  )
  called.at(100)
  t.equal(called.news(), 'query')
})

t.test('an answer older than a copy may be is not trusted', async (t) => {
  for (const [ageMs, nowMs, isTrusted] of [
    [0, COPY_FRESH_MS, true],
    [0, COPY_FRESH_MS + 1, false],
    [COPY_FRESH_MS - 5, 5, true],
    [COPY_FRESH_MS - 4, 5, false],
  ] as const) {
    const bench = new Bench()
    bench.read(1)
    bench.answer(V5, nowMs, { ageMs })
    const expected = `keep entry ${-ageMs}, 1 found 0005 fetched ${ageMs + nowMs}`.replace(
      ' -0',
      ' 0',
    )
    t.equal(bench.news(), isTrusted ? `query, ${expected}` : 'query', `${ageMs} at ${nowMs}`)
  }
})

t.test(
  'nobody answers: rounds until the deadline, then unreachable and never absent',
  async (t) => {
    const bench = new Bench()
    bench.read(1)
    bench.at(60)
    bench.end(LATE, 1030)
    bench.end(LATE, 1060)
    t.equal(bench.news(), 'query, read A, read B')
    bench.at(1100)
    t.equal(bench.news(), 'query')
    bench.at(DEADLINE_MS)
    t.equal(bench.news(), 'read A, read B, 1 unreachable: no master answered')
    t.equal(bench.lab.parts.lookups.count, 0)
  },
)

t.test('each who waits has a deadline of its own', async (t) => {
  const bench = new Bench()
  bench.read(1, 0)
  bench.read(2, 100)
  bench.at(DEADLINE_MS)
  const reason = 'no primary acts now; 3 of 3 known nodes are reachable: try again'
  t.equal(bench.news(), `query, read A, read B, 1 unreachable: ${reason}`)
  bench.at(DEADLINE_MS + 99)
  t.equal(bench.news(), '')
  bench.at(DEADLINE_MS + 100)
  t.equal(bench.news(), `2 unreachable: ${reason}`)
})

t.test('no view: unreachable, with the reason', async (t) => {
  const bench = new Bench(new Lab({ me: C }))
  bench.read(1)
  bench.at(DEADLINE_MS)
  t.equal(bench.news(), '1 unreachable: no masters have been elected yet; 3 nodes in sight')
})

t.test('a read that was refused asks whether the primary lives', async (t) => {
  const bench = new Bench()
  bench.read(1)
  bench.at(30)
  bench.end(REFUSED, 31)
  t.equal(bench.news(), 'query, read A, ping')
})

t.test('strong reads ask the primary, each for itself, and nobody else', async (t) => {
  const bench = new Bench()
  bench.read(1, 0, 'strong')
  bench.read(2, 0, 'strong')
  bench.read(3, 0)
  t.equal(bench.news(), 'read A, read A, query')
  bench.end(found(V5), 5)
  t.equal(bench.news(), '1 found 0005 fetched 5')
  bench.end({ kind: 'unable', reason: 'not now' }, 6)
  bench.at(DEADLINE_MS)
  t.match(bench.news(), /2 unreachable: not now/)
})

t.test('the answer to a strong read is no copy: it may be from before an own write', async (t) => {
  const bench = new Bench()
  bench.read(1, 0, 'strong')
  bench.end(found(V5), 5)
  t.equal(bench.news(), 'read A, 1 found 0005 fetched 5')
})

t.test('a master keeps no copies: it has its store', async (t) => {
  const syncing = view('2A', 'A+ C-')
  const bench = new Bench(new Lab({ me: C, state: state(syncing), random: counting() }))
  bench.read(1)
  bench.answer(V5, 5)
  t.equal(bench.news(), 'query, 1 found 0005 fetched 5')
})

t.test('beyond 10,000 keys looked up at once: unreachable at once', async (t) => {
  const lab = new Lab({ me: D })
  for (let i = 0; i < LOOKUPS_MAX; i++)
    lab.parts.lookups.read(i, { key: `k${i}`, strength: 'fresh' }, 0)
  t.strictSame(lab.new('finish'), [])
  lab.parts.lookups.read(1, { key: 'k0', strength: 'fresh' }, 0)
  t.strictSame(lab.new('finish'), [], 'a key that is looked up already may be joined')
  lab.parts.lookups.read(2, { key: 'more', strength: 'fresh' }, 0)
  const reason = 'too many keys are being looked up on this node: try again'
  t.strictSame(
    lab.new('finish').map(({ outcome }) => outcome),
    [{ kind: 'unreachable', reason }],
  )
})
