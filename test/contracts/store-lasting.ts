// The rules of the store contract about time: what outlives the process, and what any changes leave.
// Never looks inside a store: a plain Map says what it should hold.
import fc from 'fast-check'
import type { Conflict } from '../../src/core/conflicts.ts'
import type { StoreChange } from '../../src/core/step.ts'
import type { DurableState, Entry } from '../../src/core/types.ts'
import { VERSION_ZERO } from '../../src/core/version.ts'
import type { Store } from '../../src/storage/store.ts'
import {
  applied,
  everything,
  names,
  NODE,
  ODD_KEYS,
  plain,
  put,
  tombstone,
  value,
  version,
  WRITER,
} from './store-words.ts'
import type { Rule } from './store-words.ts'

const state: DurableState = {
  promised: { epoch: 7, proposer: WRITER },
  activated: { epoch: 5, proposer: NODE },
  view: {
    ballot: { epoch: 6, proposer: NODE },
    roster: [{ id: NODE, address: '10.0.0.1:8181', isWitness: false }],
    forgotten: [],
    voters: [],
    groups: [{ masters: [{ id: NODE, incarnation: 3, inSync: true }], history: [], merge: [] }],
    start: {
      clock: version(1),
      stream: { epoch: 5, proposer: NODE },
      seq: 12,
      continues: { stream: { epoch: 4, proposer: WRITER }, seq: 7 },
    },
    partOf: [],
    isUnclean: false,
  },
  owed: [],
  part: { since: version(2), isWhole: true },
}

export function lastingRules(rule: Rule): void {
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

  rule('what lost in a merge outlives the process, the oldest first', async (t, lab) => {
    const lost = (loser: Entry, atMs: number): Conflict => {
      const lineage = { epoch: 3, proposer: WRITER }
      return { key: loser.key, winner: version(99), loser, lineage, atMs }
    }
    const large = lost({ ...value('b', 2, 'L'.repeat(5000)), expiresAtMs: 1.5 }, 20)
    const gone = lost(tombstone('\u0000', 3), 10)
    const empty = lost(value('a', 4, ''), 30)
    const first = await lab.open()
    const keep = (conflict: Conflict): StoreChange => ({ kind: 'keepConflict', conflict })
    await applied(first, [lost(value('b', 1), 5), large, gone, empty].map(keep))
    t.same([first.keyCount, first.highestVersion, names(first)], [0, VERSION_ZERO, []])
    const second = await lab.open()
    t.same(plain(second.conflicts()), plain([gone, large, empty]))
    await applied(second, [{ kind: 'dropConflict', key: 'b' }])
    const third = await lab.open()
    t.same(plain(third.conflicts()), plain([gone, empty]))
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
export function modelRule(rule: Rule): void {
  const key = fc.constantFrom(...ODD_KEYS.slice(0, 9), '\uffff', '\u{10000}')
  const size = fc.constantFrom(0, 1, 100, 4096, 4097, 20_000)
  const change = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), key, size }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('tombstone' as const), key }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), key }) },
  )
  const step = fc.record({
    changes: fc.array(change, { maxLength: 6 }),
    afterwards: fc.constantFrom('go on', 'go on', 'flush', 'open again'),
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
      for (const { changes, afterwards } of steps) {
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
        if (afterwards !== 'go on') await flushed
        if (afterwards === 'open again') store = await lab.open()
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
