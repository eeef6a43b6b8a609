// Expired entries become deletes of the primary, through the stream, and only by a clock to be trusted.
import t from 'tap'
import { CLOCK_SETTLE_MS, EXPIRY_BATCH, EXPIRY_SYNCING_MAX } from '../../src/core/limits.ts'
import type { Entry } from '../../src/core/types.ts'
import { versionJustAbove } from '../../src/core/version.ts'
import { type Lab, primaryLab } from './lab.ts'
import { A, B, C, entry, response, version, view } from './words.ts'

/** The wall clock stands at 0 when a lab begins, and moves with `nowMs`. */
const ENDS_AT_MS = 5000

function ending(key: string, endsAtMs = ENDS_AT_MS): Entry {
  return entry(key, version(1), { value: key, expiresAtMs: endsAtMs })
}

function labWith(entries: readonly Entry[], rules = {}): Lab {
  return primaryLab(view('2A', 'A+ B+', { roster: 'AB' }), { entries, rules })
}

/** What one tick of clearing up puts into the store: `a deleted`. */
function cleared(lab: Lab, nowMs: number): string[] {
  lab.parts.wallTrust.tick(nowMs)
  lab.parts.expiry.tick(nowMs)
  return lab
    .new('store')
    .flatMap(({ changes }) =>
      changes.map((change) =>
        change.kind === 'put' ? `${change.entry.key} ${change.entry.content.kind}` : change.kind,
      ),
    )
}

t.test('an expired entry becomes a delete, once', async (t) => {
  const lab = labWith([ending('a'), ending('b', 9000), entry('c', version(2))])
  t.same(cleared(lab, ENDS_AT_MS - 1), [])
  t.same(cleared(lab, ENDS_AT_MS), ['a tombstone'])
  t.same(cleared(lab, ENDS_AT_MS), [])
  t.equal(lab.store.keyCount, 2)
})

t.test('its delete is newer than it and than nothing else, whoever deletes', async (t) => {
  const endOf = (me: string, rules = {}): string | undefined => {
    const primary = view(`2${me}`, `${me}+`, { roster: 'AB' })
    const lab = primaryLab(primary, { entries: [ending('a')], rules })
    t.same(cleared(lab, ENDS_AT_MS), ['a tombstone'])
    return lab.store.get('a')?.version
  }
  t.equal(endOf('A'), versionJustAbove(version(1)))
  t.equal(endOf('B'), versionJustAbove(version(1)), 'two sides of a split differ in nothing')
  t.equal(endOf('A', { expiryYieldsToWrites: false }), version(ENDS_AT_MS), 'without the rule')
})

t.test('of what ends while a master is syncing only so much goes in one view', async (t) => {
  const count = EXPIRY_SYNCING_MAX + EXPIRY_BATCH
  const entries = Array.from({ length: count }, (_, i) => ending(`k${i}`))
  const left = (masters: string): number => {
    const lab = primaryLab(view('2A', masters, { roster: 'AB' }), { entries })
    for (let tick = 0; tick <= count / EXPIRY_BATCH; tick++) {
      lab.parts.expiry.tick(ENDS_AT_MS)
      const { stream } = lab.parts
      const replicated = { kind: 'replicated', appliedSeq: stream.lastSeq, isFull: false } as const
      for (const call of lab.calls('replicate')) {
        lab.answer(call, response(B, replicated), ENDS_AT_MS)
      }
      lab.settle(ENDS_AT_MS)
    }
    return lab.store.keyCount
  }
  t.equal(left('A+ B-'), EXPIRY_BATCH)
  t.equal(left('A+ B+'), 0)
})

t.test('it is sent to the other master as a record that no client waits for', async (t) => {
  const lab = labWith([ending('a')])
  lab.parts.expiry.tick(ENDS_AT_MS)
  const { request } = lab.call('replicate')
  const [record] = request.kind === 'replicate' ? request.records : []
  t.equal(record?.kind === 'entry' && record.entry.content.kind, 'tombstone')
  t.equal(record?.kind === 'entry' && record.write, undefined)
})

t.test('an entry that is being written again is left alone', async (t) => {
  const lab = labWith([ending('a')])
  const newer = { entry: entry('a', version(7)), write: undefined }
  lab.parts.stream.append(newer, () => {})
  lab.take()
  t.same(cleared(lab, ENDS_AT_MS), [])
  t.equal(lab.store.get('a')?.version, version(7))
})

t.test('only an active primary deletes', async (t) => {
  const lab = labWith([ending('a')])
  lab.parts.standing.promise({ epoch: 9, proposer: B }, () => {})
  lab.take()
  t.same(cleared(lab, ENDS_AT_MS), [])
})

t.test('many entries that end at once take several ticks', async (t) => {
  const count = 2 * EXPIRY_BATCH + 1
  const lab = labWith(Array.from({ length: count }, (_, i) => ending(`k${i}`)))
  const left: number[] = []
  for (let tick = 0; tick < 4; tick++) {
    lab.parts.expiry.tick(ENDS_AT_MS)
    lab.settle(ENDS_AT_MS)
    left.push(lab.store.keyCount)
  }
  t.same(left, [EXPIRY_BATCH + 1, 1, 0, 0])
})

t.test('a wall clock that was set removes nothing for a while', async (t) => {
  for (const [stepMs, isTrusted] of [
    [900, true],
    [1100, false],
    [-1100, false],
  ] as const) {
    const lab = labWith([ending('a', 10)])
    lab.parts.wallTrust.tick(1000)
    lab.parts.self.setWall(2000 + stepMs, 2000)
    t.same(cleared(lab, 2000), isTrusted ? ['a tombstone'] : [], `${stepMs}`)
    if (isTrusted) continue
    t.same(cleared(lab, 2000 + CLOCK_SETTLE_MS - 1), [])
    t.same(cleared(lab, 2000 + CLOCK_SETTLE_MS), ['a tombstone'], 'it is right now')
  }
})

t.test('a wall clock that others contradict removes nothing', async (t) => {
  /** Wall clocks of the others against this one, and whether this one may remove. */
  const cases: [number[], boolean][] = [
    [[1900], true],
    [[-2100], false],
    [[2100], false],
    [[-2100, -2200], false],
    [[-2100, 0], true],
    [[3000, -3000], true],
  ]
  for (const [skews, isTrusted] of cases) {
    const lab = labWith([ending('a', 10)])
    for (const [i, skewMs] of skews.entries())
      lab.meet([B, C][i] ?? A, 100, { wallMs: 100 + skewMs })
    t.same(cleared(lab, 100), isTrusted ? ['a tombstone'] : [], skews.join(' '))
  }
})

t.test('without the rule a master removes by itself, and masters differ', async (t) => {
  const lab = labWith([ending('a')], { expiryThroughStream: false })
  t.same(cleared(lab, ENDS_AT_MS), ['remove'])
})

t.test('what a deposed primary deleted is due again at the next one', async (t) => {
  const lab = labWith([ending('a')])
  lab.parts.expiry.tick(ENDS_AT_MS)
  const call = lab.call('replicate')
  lab.parts.stream.drop(ENDS_AT_MS)
  lab.answer(call, response(B, { kind: 'replicated', appliedSeq: 1, isFull: false }), ENDS_AT_MS)
  t.equal(lab.parts.stream.pendingCount, 0)
})
