// Old tombstones go on every master, but only while nobody can hold what they hide.
import t from 'tap'
import type { Beat } from '../../src/core/messages.ts'
import type { View } from '../../src/core/types.ts'
import { Lab, type LabOptions, primaryLab } from './lab.ts'
import { B, ballot, C, D, entry, state, version, view } from './words.ts'

const TTL_MS = 7 * 24 * 3600 * 1000
const V2 = view('2A', 'A+ B+', { history: '1B' })
const OLD = [entry('a', version(1), {}), entry('b', version(9), {}), entry('c', version(1))]
const HERE = { ballot: V2.ballot, promised: V2.ballot, lineages: [ballot('1B'), V2.ballot] }

/** A primary at a time when the tombstone under a is old enough, and the one under b is not. */
function oldLab(of: View = V2, more: Partial<LabOptions> = {}): Lab {
  const lab = primaryLab(of, { entries: OLD, ...more })
  lab.parts.self.setWall(TTL_MS + 5, 0)
  return lab
}

function say(lab: Lab, id: string, more: Partial<Beat> = {}): void {
  lab.meet(id, 10, { ...HERE, ...more })
}

function purged(lab: Lab, nowMs = 10): string[] {
  lab.parts.purge.tick(nowMs)
  return lab
    .new('store')
    .flatMap(({ changes }) => changes)
    .flatMap((change) => (change.kind === 'purge' ? [change.key] : []))
}

t.test('a tombstone goes when it is old enough, through the stream', async (t) => {
  const lab = oldLab()
  say(lab, B)
  say(lab, C)
  lab.parts.purge.tick(3)
  const effects = lab.take()
  const record = { kind: 'purge', key: 'a', version: version(1) }
  t.same(
    effects.flatMap((effect) => (effect.kind === 'store' ? effect.changes : [])),
    [record],
  )
  const calls = effects.flatMap((effect) => (effect.kind === 'call' ? [effect.request] : []))
  t.match(calls, [{ kind: 'replicate', firstSeq: 1, records: [record] }])
  t.equal(lab.store.get('a'), undefined)
  t.equal(lab.parts.stream.newestOn('a'), undefined, 'readers need not wait for it')
  t.same(purged(lab), ['b'], 'four ms later')
  t.same(purged(lab), [])
})

t.test('the tombstone of an entry that lived longer than tombstones do goes at once', async (t) => {
  const lived = entry('a', version(1), { value: 'x', expiresAtMs: TTL_MS + 2 })
  const lab = primaryLab(view('2A', 'A+', { history: '1B' }), { entries: [lived] })
  lab.parts.self.setWall(TTL_MS + 5, 0)
  say(lab, B)
  say(lab, C)
  t.same(purged(lab, 0), [])
  lab.parts.expiry.tick(0)
  lab.settle(0)
  t.equal(lab.store.get('a')?.content.kind, 'tombstone')
  t.same(purged(lab, 0), ['a'])
})

t.test('nothing goes unless everybody is here, in this view, and owes nothing', async (t) => {
  const cases: [string, (lab: Lab) => void][] = [
    ['a node of the roster was never heard', (lab) => say(lab, B)],
    [
      'a node is in another view',
      (lab) => {
        say(lab, B)
        say(lab, C, { ballot: ballot('1B') })
      },
    ],
    [
      'a node has promised a higher ballot',
      (lab) => {
        say(lab, B, { promised: ballot('3C') })
        say(lab, C)
      },
    ],
    [
      'a node is away',
      (lab) => {
        say(lab, B)
        say(lab, C)
        lab.parts.members.left(C, 1)
      },
    ],
    [
      'a node holds writes of another history',
      (lab) => {
        say(lab, B)
        say(lab, C, { lineages: [ballot('1D')] })
      },
    ],
    [
      'so does one outside the roster',
      (lab) => {
        say(lab, B)
        say(lab, C)
        say(lab, D, { lineages: [ballot('1D')] })
      },
    ],
  ]
  for (const [title, prepare] of cases) {
    const lab = oldLab()
    prepare(lab)
    lab.take()
    t.same(purged(lab), [], title)
    const mutant = oldLab(V2, { rules: { purgeOnlyWhenAllPresent: false } })
    prepare(mutant)
    mutant.take()
    t.same(purged(mutant), ['a', 'b'], `${title}, without the rule`)
  }
})

t.test('nothing goes while a master is syncing, a merge is open, or this node owes', async (t) => {
  const merging = { ...V2, groups: V2.groups.map((group) => ({ ...group, merge: [LINEAGE] })) }
  const owing = { state: state(V2, { owed: [view('1C', 'A+')] }) }
  const labs: [string, Lab][] = [
    ['syncing', oldLab(view('2A', 'A+ B-', { history: '1B' }))],
    ['merging', oldLab(merging)],
    ['owing', oldLab(V2, owing)],
  ]
  for (const [title, lab] of labs) {
    say(lab, B)
    say(lab, C)
    lab.take()
    t.same(purged(lab), [], title)
  }
})

const LINEAGE = { ballot: ballot('1C'), holders: [C], history: [ballot('1C')], partOf: [] }

t.test('a key that is written again is left alone, and a purge goes out once', async (t) => {
  const lab = oldLab()
  say(lab, B)
  say(lab, C)
  const newer = entry('a', version(20))
  lab.parts.stream.append({ entry: newer, write: undefined }, () => {})
  lab.turn(10)
  lab.parts.stream.append({ entry: entry('x', version(21)), write: undefined }, () => {})
  lab.take()
  t.same(purged(lab), [], 'two batches are at the disk: the purge of b waits for one')
  lab.parts.purge.tick(10)
  t.equal(lab.parts.stream.pendingCount, 3)
  lab.settle(10)
  t.equal(lab.store.get('a')?.version, version(20))
  t.equal(lab.store.get('b'), undefined)
})

t.test('a follower removes what the primary purged, and anything older', async (t) => {
  const held = [entry('a', version(3), {}), entry('b', version(2)), entry('c', version(8))]
  const run = (masters: string, rules = {}): string => {
    const lab = new Lab({ me: B, state: state(view('2A', masters)), entries: held, rules })
    const records = ['a', 'b', 'c', 'd'].map((key) => {
      return { kind: 'purge', key, version: version(3) } as const
    })
    const about = { ballot: ballot('2A'), firstSeq: 1, records, committedSeq: 0 }
    lab.parts.follower.replicate({ kind: 'replicate', ...about }, 1, 0)
    lab.settle(0)
    t.match(lab.new('respond'), [{ response: { kind: 'replicated', appliedSeq: 4 } }])
    t.equal(lab.parts.follower.uncommittedCount, 0)
    return 'abcd'
      .split('')
      .filter((key) => lab.store.get(key) !== undefined)
      .join('')
  }
  t.equal(run('A+ B+'), 'c')
  t.equal(run('A+ B+', { purgeRemovesOlder: false }), 'bc', 'b stays, and is a zombie')
  t.equal(run('A+ B-'), 'c', 'what came by the stream of the view stays')
})

t.test('a syncing master also loses what is newer and was rolled back', async (t) => {
  const later = view('2A', 'A+ B-', { clock: version(9) })
  const lab = new Lab({ me: B, state: state(later), entries: [entry('a', version(8), {})] })
  const records = [{ kind: 'purge', key: 'a', version: version(3) }] as const
  const about = { ballot: ballot('2A'), firstSeq: 1, records, committedSeq: 0 }
  lab.parts.follower.replicate({ kind: 'replicate', ...about }, 1, 0)
  lab.settle(0)
  t.equal(lab.store.get('a'), undefined)
  t.equal(lab.parts.follower.wasPurged('a', version(3)), true, 'a page that still has it is late')
  t.equal(lab.parts.follower.wasPurged('a', version(4)), false)
})

t.test('a purge that was dropped with its primary may go out again', async (t) => {
  const lab = oldLab()
  say(lab, B)
  say(lab, C)
  t.same(purged(lab), ['a', 'b'])
  lab.parts.stream.drop(10)
  lab.store.apply([{ kind: 'put', entry: entry('a', version(1), {}) }], () => {})
  t.same(purged(lab), ['a'])
})
