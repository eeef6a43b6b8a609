// Writes that lost in a merge: which are kept, within what bounds, and what the store is told.
import t from 'tap'
import { type Conflict, Conflicts } from '../../src/core/conflicts.ts'
import { CONFLICTS_MAX } from '../../src/core/limits.ts'
import type { StoreChange } from '../../src/core/step.ts'
import type { Entry } from '../../src/core/types.ts'
import { MemoryStore } from '../../src/storage/memory-store.ts'
import { A, B, ballot, entry, version, view } from './words.ts'

const LINEAGE = { ballot: ballot('3B'), holders: [B], history: [ballot('1A')], partOf: [] }

/** The node's own side began at version 100. The store does what it is told. */
function bench(store = new MemoryStore(ofA)) {
  const told: string[] = []
  const conflicts = new Conflicts(store.conflicts(), (changes) => {
    told.push(...changes.map(tell))
    store.apply(changes, () => {})
  })
  conflicts.follow(view('2A', 'A+', { history: '1A', clock: version(100) }))
  /** Something else won. */
  const lose = (loser: Entry, wallMs = 0): boolean =>
    conflicts.add({ lineage: LINEAGE, winner: version(9999), loser, wallMs })
  return { store, conflicts, lose, news: () => told.splice(0) }
}

const ofA = {
  nodeId: A,
  incarnation: 1,
  state: undefined,
  bytesMax: undefined,
  flushLater: () => {},
}

function tell(change: StoreChange): string {
  if (change.kind === 'keepConflict') return `keep ${change.conflict.key}`
  return change.kind === 'dropConflict' ? `drop ${change.key}` : change.kind
}

function big(key: string, at: number, bytes: number): Entry {
  const content = { kind: 'value', bytes: new Uint8Array(bytes), contentType: '' } as const
  return { ...entry(key, version(at)), content }
}

const keysOf = (list: readonly Conflict[]): string[] => list.map(({ key }) => key)

t.test('of each key the last is kept; what was written before the split is none', async (t) => {
  const { conflicts, lose, news } = bench()
  t.equal(lose(entry('k', version(99))), false)
  t.equal(lose(entry('k', version(101))), true)
  t.equal(lose(entry('k', version(101))), false, 'the same one')
  t.equal(lose(entry('l', version(102))), true)
  t.equal(lose(entry('k', version(103))), true)
  t.same(keysOf(conflicts.list()), ['l', 'k'])
  t.equal(conflicts.total, 3)
  t.same(news(), ['keep k', 'keep l', 'keep k'])
})

t.test('the oldest go when there are too many, or too large ones', async (t) => {
  const { conflicts, lose, news, store } = bench()
  for (let i = 0; i <= CONFLICTS_MAX.count; i++) lose(entry(`k${i}`, version(200)), i)
  t.equal(conflicts.list().length, CONFLICTS_MAX.count)
  t.same(news().slice(-2), [`keep k${CONFLICTS_MAX.count}`, 'drop k0'])
  lose(big('half', 200, CONFLICTS_MAX.bytes / 2), 2000)
  lose(big('most', 200, CONFLICTS_MAX.bytes - 1), 2001)
  t.same(keysOf(conflicts.list()), ['most'])
  lose(big('most', 201, CONFLICTS_MAX.bytes + 1), 2002)
  t.same(keysOf(conflicts.list()), [], 'counted, and not kept')
  t.equal(conflicts.total, CONFLICTS_MAX.count + 4)
  t.same(store.conflicts(), [])
})

t.test('a restarted node goes on with what its store has', async (t) => {
  const first = bench()
  for (let i = 0; i < CONFLICTS_MAX.count; i++) first.lose(entry(`k${i}`, version(200)), i)
  const { conflicts, lose, news } = bench(first.store)
  t.same(conflicts.list(), first.conflicts.list())
  t.equal(conflicts.total, CONFLICTS_MAX.count)
  lose(big('large', 200, CONFLICTS_MAX.bytes - 100), 2000)
  const kept = news().filter((line) => line.startsWith('drop')).length
  t.equal(
    conflicts.list().length,
    CONFLICTS_MAX.count + 1 - kept,
    'bytes are counted over a restart',
  )
  t.ok(kept > 1)
})
