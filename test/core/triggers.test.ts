// When a node proposes, and why: one line a situation.
import t from 'tap'
import {
  GROW_PAUSE_MS,
  PROPOSAL_MS,
  ROSTER_WAIT_MS,
  STAGGER_MS,
  SUSPECT_AFTER_MS,
  UNANSWERED_MS,
  YIELD_MS,
} from '../../src/core/limits.ts'
import { Lab, primaryLab } from './lab.ts'
import { A, addressOf, B, ballot, C, D, entry, LATE, node, REFUSED } from './words.ts'
import { fingerprint, requestId, response, sender, state, version, view } from './words.ts'

const V2 = view('2A', 'A+ B+', { roster: 'ABC' })

/** Why this node proposes at this moment; '' when it does not. */
function why(lab: Lab, nowMs: number): string {
  lab.take()
  lab.parts.triggers.consider(nowMs)
  const logs = lab.new('log').filter((log) => log.event === 'view-proposed')
  return logs.map((log) => String(log.fields['reason'])).join()
}

function kill(lab: Lab, id: string, nowMs: number): void {
  lab.parts.members.suspect(id, nowMs)
  lab.answer(lab.call('ping'), REFUSED, nowMs)
}

t.test('an active primary: a lost master, a fence, a synced one; nothing else', async (t) => {
  const cases: readonly (readonly [string, string, (lab: Lab) => void])[] = [
    ['all is well', '', () => {}],
    ['more keys elsewhere', '', (lab) => lab.meet(C, 0, { keyCount: 9e9 })],
    ['verified gone', 'master-lost', (lab) => kill(lab, B, 1)],
    ['said goodbye', 'master-lost', (lab) => lab.parts.members.left(B, 1)],
    ['only silent', '', (lab) => lab.parts.members.tick(SUSPECT_AFTER_MS + 1, [])],
    ['another life, verified', 'master-lost', (lab) => lab.meet(B, 0, { incarnation: 2 })],
    ['another life, not verified', '', (lab) => void lab.hear(B, 0, { incarnation: 2 })],
    ['promised higher', 'fenced', (lab) => void lab.hear(B, 0, { promised: ballot('3C') })],
    ['promised this view', '', (lab) => void lab.hear(B, 0, { promised: ballot('2A') })],
    ['fenced by its answer', 'fenced', (lab) => lab.parts.standing.fencedBy(ballot('3C'))],
    ['promised higher, no master', '', (lab) => lab.meet(C, 0, { promised: ballot('3C') })],
  ]
  for (const [title, expected, change] of cases) {
    const lab = primaryLab(V2)
    change(lab)
    t.equal(why(lab, 0), expected, title)
  }
  const syncing = primaryLab(view('2A', 'A+ B-'))
  syncing.parts.synced.start(ballot('2A'))
  t.equal(why(syncing, 0), '')
  syncing.parts.synced.add(ballot('2A'), B)
  t.equal(why(syncing, 0), 'synced')
})

t.test(
  'a mirror that showed a write under way counts once the stream has brought it',
  async (t) => {
    const lab = primaryLab(view('2A', 'A+ B-'))
    lab.parts.synced.start(ballot('2A'))
    const write = { requestId: requestId('1'), version: version(9), fingerprint: fingerprint('f') }
    lab.parts.stream.append({ entry: entry('k', version(9)), write }, () => {})
    const call = lab.call('replicate')
    lab.settle(0)
    t.equal(lab.store.get('k')?.version, version(9), 'pages show it')
    lab.parts.synced.add(ballot('2A'), B)
    t.equal(why(lab, 0), '')
    lab.answer(call, response(B, { kind: 'replicated', appliedSeq: 1, isFull: false }), 0)
    t.equal(why(lab, 0), 'synced')
  },
)

t.test('a master that leaves the stream unanswered for 3 s is lost', async (t) => {
  const lab = primaryLab(V2)
  const write = { requestId: requestId('1'), version: version(9), fingerprint: fingerprint('f') }
  lab.parts.stream.append({ entry: entry('k', version(9)), write }, () => {})
  lab.turn(100)
  const [call] = lab.calls('replicate')
  if (call === undefined) throw new Error('nothing was sent')
  lab.answer(call, LATE, 600)
  t.equal(why(lab, 99 + UNANSWERED_MS), '')
  t.equal(why(lab, 100 + UNANSWERED_MS), 'master-lost')
})

t.test('any answer to the stream is a sign of life', async (t) => {
  const lab = primaryLab(V2)
  const write = { requestId: requestId('1'), version: version(9), fingerprint: fingerprint('f') }
  lab.parts.stream.append({ entry: entry('k', version(9)), write }, () => {})
  lab.turn(100)
  const [call] = lab.calls('replicate')
  if (call === undefined) throw new Error('nothing was sent')
  lab.answer(call, response(B, { kind: 'unable', reason: '' }), 3000)
  t.equal(why(lab, 100 + UNANSWERED_MS), '')
})

t.test('a reborn master has a second to be verified before it is replaced', async (t) => {
  const lab = primaryLab(V2)
  lab.hear(B, 100, { incarnation: 2 })
  t.equal(why(lab, 100 + GROW_PAUSE_MS), '')
  t.equal(why(lab, 101 + GROW_PAUSE_MS), 'master-lost')
})

t.test('a vacancy is filled at once, and tried again after a second', async (t) => {
  const lab = primaryLab(view('2A', 'A+', { roster: 'ABC' }))
  t.equal(why(lab, 0), '')
  lab.meet(B, 0)
  t.equal(why(lab, 10), 'vacancy')
  lab.parts.proposer.abort('spoiled', 10)
  lab.parts.standing.accept(view('5A', 'A+', { history: '2A' }), 20, () => {})
  lab.parts.standing.activate(20)
  t.equal(why(lab, 9 + GROW_PAUSE_MS), '')
  t.equal(why(lab, 10 + GROW_PAUSE_MS), 'vacancy')
})

t.test('strangers join the roster together, 100 ms after the first', async (t) => {
  const lab = primaryLab(V2)
  lab.meet(D, 0)
  t.equal(why(lab, 50), '')
  lab.meet(node('E'), 60)
  t.equal(why(lab, 49 + ROSTER_WAIT_MS), '')
  t.equal(why(lab, 50 + ROSTER_WAIT_MS), 'roster')
  const foreign = primaryLab(V2)
  foreign.meet(D, 0, { mode: 'majority' })
  why(foreign, 0)
  t.equal(why(foreign, 1000), '', 'one of another mode is no stranger')
})

t.test('a full roster is no reason for a view', async (t) => {
  const names = Array.from({ length: 126 }, (_, i) => (i + 256).toString(16))
  const more = names.map((name) => ({ id: node(name), address: `${name}:1`, isWitness: false }))
  const full = view('2A', 'A+ B+', { roster: 'AB' })
  const lab = primaryLab({ ...full, roster: [...full.roster, ...more] })
  lab.meet(D, 0)
  why(lab, 0)
  t.equal(why(lab, 1000), '')
})

t.test('anybody else: no primary for its patience and its rank', async (t) => {
  /** Who, what it knows, and when it proposes after the primary was last heard at 1000. */
  const other = (): Lab => new Lab({ me: B, state: state(V2) })
  const patient = other()
  patient.meet(A, 1000, { isActive: true, ballot: ballot('2A') })
  t.equal(why(patient, 1000), '')
  patient.hear(A, 1001, { isActive: false, ballot: ballot('2A') })
  t.equal(why(patient, 999 + SUSPECT_AFTER_MS), '')
  t.equal(why(patient, 1000 + SUSPECT_AFTER_MS), 'no-primary')

  const second = other()
  second.meet(A, 1000, { isActive: true, ballot: ballot('2A') })
  second.meet(C, 1000, { lineages: [ballot('3C')] })
  t.equal(why(second, 1000), '')
  second.hear(A, 1001, { isActive: false, ballot: ballot('2A') })
  const due = 1000 + SUSPECT_AFTER_MS + STAGGER_MS
  t.equal(why(second, due - 1), '')
  t.equal(why(second, due), 'no-primary')

  const gone = other()
  gone.meet(A, 1000, { isActive: true, ballot: ballot('2A') })
  t.equal(why(gone, 1000), '')
  kill(gone, A, 1001)
  t.equal(why(gone, 1001), 'no-primary', 'verified gone: at once')

  const itself = new Lab({ me: A, state: state(V2) })
  itself.parts.triggers.forgive(1000)
  t.equal(why(itself, 999 + PROPOSAL_MS), '')
  t.equal(why(itself, 1000 + PROPOSAL_MS), 'no-primary', 'the primary itself, restarted or fenced')

  t.equal(why(new Lab({ me: A }), 0), 'no-primary', 'no view at all')
})

t.test('who has promised to another one gives it time, and the best goes on first', async (t) => {
  const promised = (more: (lab: Lab) => void): Lab => {
    const lab = new Lab({ me: B, state: state(V2) })
    lab.parts.triggers.forgive(0)
    more(lab)
    const about = { reason: '', isMerge: false, isHandoff: false } as const
    lab.parts.acceptor.prepare(
      sender(C),
      { kind: 'prepare', ballot: ballot('3C'), ...about },
      1,
      2000,
    )
    lab.settle(2000)
    return lab
  }
  const first = promised(() => {})
  t.equal(why(first, 1999 + YIELD_MS), '')
  t.equal(why(first, 2000 + YIELD_MS), 'no-primary')

  const second = promised((lab) => lab.meet(D, 0, { lineages: [ballot('3C')] }))
  t.equal(why(second, 1999 + YIELD_MS + STAGGER_MS), '')
  t.equal(why(second, 2000 + YIELD_MS + STAGGER_MS), 'no-primary')

  const asked = promised(() => {})
  asked.parts.triggers.nudged()
  t.equal(why(asked, 2001), 'nudged', 'the other one asks for it')
})

t.test('a stall starts the patience anew', async (t) => {
  const lab = new Lab({ me: B, state: state(V2) })
  lab.parts.triggers.forgive(5000)
  t.equal(why(lab, 4999 + SUSPECT_AFTER_MS), '')
  t.equal(why(lab, 5000 + SUSPECT_AFTER_MS), 'no-primary')
})

t.test('a nudge counts for who holds data and hears no primary', async (t) => {
  const cases: readonly (readonly [string, Lab, string])[] = [
    ['a holder', new Lab({ me: B, state: state(V2) }), 'nudged'],
    ['no holder', new Lab({ me: C, state: state(V2) }), ''],
    ['hears the primary', new Lab({ me: B, state: state(V2) }), ''],
    ['is the primary', primaryLab(V2), ''],
  ]
  for (const [title, lab, expected] of cases) {
    if (title === 'hears the primary') lab.meet(A, 0, { isActive: true, ballot: ballot('2A') })
    lab.parts.triggers.nudged()
    t.equal(why(lab, 0), expected, title)
  }
})

t.test('somebody who acts for a newer view is waited for', async (t) => {
  const lab = new Lab({ me: B, state: state(V2) })
  lab.meet(C, 5000, { isActive: true, ballot: ballot('3C') })
  t.equal(why(lab, 5000), '')
})

t.test('a lost primary is reported once to the masters that could follow it', async (t) => {
  const lab = new Lab({ me: C, state: state(V2) })
  for (const id of [A, B]) lab.meet(id, 0)
  kill(lab, A, 1)
  lab.parts.triggers.consider(2)
  const nudges = (): unknown =>
    lab.calls('nudge').map(({ to, request }) => [to, request.kind === 'nudge' && request.suspect])
  t.strictSame(nudges(), [[addressOf(B), A]])
  lab.parts.triggers.consider(3)
  t.strictSame(nudges(), [])
})

t.test('hearing the primary: its life, its view, and that it acts', async (t) => {
  const cases: readonly (readonly [string, Record<string, unknown>, boolean])[] = [
    ['it acts', {}, true],
    ['it does not act', { isActive: false }, false],
    ['for another view', { ballot: ballot('3A') }, false],
    ['in another life', { incarnation: 2 }, false],
  ]
  for (const [title, more, expected] of cases) {
    const lab = new Lab({ me: B, state: state(V2) })
    lab.meet(A, 0, { isActive: true, ballot: ballot('2A'), ...more })
    t.equal(lab.parts.triggers.hearsPrimary(), expected, title)
  }
  t.equal(new Lab({ me: B }).parts.triggers.hearsPrimary(), false)
})
