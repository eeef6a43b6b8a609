// When a node looks at its clocks: often, unless there is nothing that a tick would have to look after.
import t from 'tap'
import { saysTheSame } from '../../src/core/calm.ts'
import { CALM_SILENCE_MS } from '../../src/core/calm-limits.ts'
import { STAGGER_MS, SUSPECT_AFTER_MS, TICK_EVERY_MS } from '../../src/core/limits.ts'
import { Pace } from '../../src/core/pace.ts'
import { Lab, primaryLab } from './lab.ts'
import { A, B, ballot, beat, C, D, state, view } from './words.ts'

const V2 = view('2A', 'A+ B+', { roster: 'ABC' })
const AGREES = { ballot: ballot('2A'), promised: ballot('2A'), lineages: [ballot('2A')] }

/** A primary among three, where all is well; its next heartbeat leaves at 300. */
function calmLab(): { lab: Lab; pace: Pace; dueAfter: (nowMs: number) => number } {
  const lab = primaryLab(V2)
  lab.parts.self.phase = 'member'
  lab.meet(B, 0, { beat: 2, ...AGREES })
  lab.meet(C, 0, { beat: 2, ...AGREES, lineages: [] })
  lab.parts.beats.sendIfDue(50)
  lab.take()
  const pace = new Pace(lab.out, lab.parts)
  const dueAfter = (nowMs: number): number => {
    pace.plan(nowMs)
    return pace.dueMs
  }
  return { lab, pace, dueAfter }
}

t.test('with nothing under way the next tick comes with the next heartbeat', async (t) => {
  const { dueAfter } = calmLab()
  t.equal(dueAfter(60), 300)
  t.equal(dueAfter(299.9), 300.9, 'one that came early is followed by another one, not at once')
})

const ENDS: Readonly<Record<string, (lab: Lab) => void>> = {
  'somebody missed a heartbeat': (lab) => {
    lab.hear(B, CALM_SILENCE_MS - 250, { beat: 3, ...AGREES })
  },
  'somebody is new': (lab) => void lab.hear(D, 60, { beat: 1 }),
  'somebody known is not in the roster': (lab) => lab.meet(D, 60, AGREES),
  'somebody stops': (lab) => {
    lab.hear(C, 60, { beat: 3, ...AGREES, lineages: [], phase: 'leaving' })
  },
  'somebody has left': (lab) => lab.parts.members.left(C, 1),
  'somebody follows another view': (lab) => {
    lab.hear(C, 60, { beat: 3, ...AGREES, lineages: [], ballot: ballot('1B') })
  },
  'somebody has promised more': (lab) => {
    lab.hear(C, 60, { beat: 3, ...AGREES, lineages: [], promised: ballot('3C') })
  },
  'somebody holds what the view does not contain': (lab) => {
    lab.hear(C, 60, { beat: 3, ...AGREES, lineages: [ballot('1C')] })
  },
  'an answer, a flush or a wait is open': (lab) => lab.out.wake(500, () => {}),
  'this node stops': (lab) => void (lab.parts.self.phase = 'leaving'),
  'this node is asked to propose': (lab) => lab.parts.triggers.nudged(),
  'this node has promised more': (lab) => {
    lab.parts.standing.promise(ballot('3C'), () => {})
    lab.settle(60)
  },
  'a write waits': (lab) => {
    const what = { change: { kind: 'delete' }, condition: { kind: 'none' } } as const
    const ids = { requestId: '1'.repeat(32), fingerprint: '2'.repeat(16) }
    lab.parts.forwards.write(1, { key: 'a', ...ids, ...what }, 60)
  },
}

t.test('it comes soon when', async (t) => {
  for (const [what, happen] of Object.entries(ENDS)) {
    const { lab, dueAfter } = calmLab()
    happen(lab)
    lab.take()
    const nowMs = what.includes('missed') ? CALM_SILENCE_MS + 1 : 60
    t.equal(dueAfter(nowMs), nowMs + TICK_EVERY_MS, what)
  }
})

t.test('it comes soon with a master that is syncing, and without a second one', async (t) => {
  for (const masters of ['A+ B-', 'A+']) {
    const lab = primaryLab(view('2A', masters, { roster: 'AB' }))
    lab.parts.self.phase = 'member'
    lab.meet(B, 0, { beat: 2, ...AGREES, lineages: [] })
    const pace = new Pace(lab.out, lab.parts)
    pace.plan(60)
    t.equal(pace.dueMs, 60 + TICK_EVERY_MS, masters)
  }
})

t.test('what happens between two ticks brings the next one nearer, never further', async (t) => {
  const { pace } = calmLab()
  pace.plan(60)
  pace.hurry(100)
  t.equal(pace.dueMs, 100 + TICK_EVERY_MS)
  pace.hurry(120)
  t.equal(pace.dueMs, 100 + TICK_EVERY_MS)
})

t.test(
  'a primary that falls silent is missed from then on, whenever the last tick was',
  async (t) => {
    const lab = new Lab({ me: B, state: state(V2) })
    lab.parts.self.phase = 'member'
    const acts = { ...AGREES, isActive: true }
    lab.meet(A, 0, { beat: 2, ...acts })
    lab.meet(C, 0, { beat: 2, ...AGREES, lineages: [] })
    lab.parts.triggers.consider(60)
    lab.parts.beats.sendIfDue(60)
    const pace = new Pace(lab.out, lab.parts)
    pace.plan(60)
    t.equal(pace.dueMs, 310)
    pace.hurry(250)
    lab.hear(A, 250, { beat: 3, ...AGREES })
    lab.take()
    const proposes = (nowMs: number): boolean => {
      lab.parts.triggers.consider(nowMs)
      return lab.new('log').some(({ event }) => event === 'view-proposed')
    }
    // A, which holds as much, would go first.
    const dueMs = 250 + SUSPECT_AFTER_MS + STAGGER_MS
    t.equal(proposes(dueMs - 1), false)
    t.equal(proposes(dueMs), true)
  },
)

t.test('a tick that was to be rare is not late; a node that nobody woke has stalled', async (t) => {
  const { pace } = calmLab()
  pace.start(10)
  t.strictSame(pace.ticked(10), { lateMs: 0, stalledMs: 0 })
  pace.plan(60)
  t.strictSame(pace.ticked(302), { lateMs: 2, stalledMs: 242 })
  pace.plan(302)
  t.equal(pace.dueMs, 303, 'its heartbeat is due')
  t.strictSame(pace.ticked(1302), { lateMs: 999, stalledMs: 950 })
})

t.test('a heartbeat that says something else', async (t) => {
  const before = beat(B, { ...AGREES, beat: 1, wallMs: 1, keyCount: 1 })
  t.equal(saysTheSame(undefined, before), false, 'the first one')
  t.equal(saysTheSame(before, { ...before, beat: 2, wallMs: 2, keyCount: 2, loopLagMs: 9 }), true)
  for (const news of [
    { phase: 'leaving' },
    { isActive: true },
    { address: '10.1.2.9:1' },
    { isTooSmall: true },
    { ballot: ballot('3A') },
    { promised: ballot('3A') },
    { lineages: [] },
    { lineages: [ballot('3A')] },
  ] as const) {
    t.equal(saysTheSame(before, { ...before, ...news }), false, JSON.stringify(news))
  }
})
