// Which of another node's forwards a primary looks at: those of its own view.
import t from 'tap'
import { FORWARD_AGE_MAX_MS } from '../../src/core/limits.ts'
import { Requests } from '../../src/core/requests.ts'
import { ALL_RULES, type Rules } from '../../src/core/rules.ts'
import { primaryLab } from './lab.ts'
import { B, ballot, sender, view } from './words.ts'

const NOW_MS = 1000

const COMMAND = {
  requestId: '1'.repeat(32),
  fingerprint: '1'.repeat(16),
  key: 'k',
  change: { kind: 'delete' },
  condition: { kind: 'none' },
} as const

/** What a forward is answered at once: a kind, or `taken` when it is not refused. */
function answerTo(of: string, rules: Partial<Rules> = {}, sentAtMs = NOW_MS): string {
  const lab = primaryLab(view('2A', 'A+', { roster: 'AB' }))
  const heard = lab.parts.leases.nextBeat(sentAtMs)
  const requests = new Requests(lab.out, lab.parts, { ...ALL_RULES, ...rules })
  const request = { kind: 'write', ballot: ballot(of), heard, command: COMMAND } as const
  requests.take({ ticket: 1, sender: sender(B), request }, NOW_MS)
  return lab.new('respond')[0]?.response.kind ?? 'taken'
}

t.test('a forward of another view is not looked at', async (t) => {
  t.equal(answerTo('2A'), 'taken')
  t.equal(answerTo('1A'), 'fenced')
  t.equal(answerTo('1A', { forwardNamesView: false }), 'taken')
})

t.test('a forward whose sender had heard this node too long ago is not looked at', async (t) => {
  t.equal(answerTo('2A', {}, NOW_MS - FORWARD_AGE_MAX_MS), 'taken')
  t.equal(answerTo('2A', {}, NOW_MS - FORWARD_AGE_MAX_MS - 1), 'fenced')
  t.equal(answerTo('2A', { forwardNamesHeartbeat: false }, -FORWARD_AGE_MAX_MS), 'taken')
})

t.test('a forward whose sender has heard nothing of this node is not looked at', async (t) => {
  const lab = primaryLab(view('2A', 'A+', { roster: 'AB' }))
  const request = { kind: 'write', ballot: ballot('2A'), heard: 0, command: COMMAND } as const
  lab.parts.leases.nextBeat(NOW_MS)
  new Requests(lab.out, lab.parts, ALL_RULES).take(
    { ticket: 1, sender: sender(B), request },
    NOW_MS,
  )
  t.equal(lab.new('respond')[0]?.response.kind, 'fenced')
})
