// Which of another node's forwards a primary looks at: those of its own view.
import t from 'tap'
import { Requests } from '../../src/core/requests.ts'
import { ALL_RULES, type Rules } from '../../src/core/rules.ts'
import { primaryLab } from './lab.ts'
import { B, ballot, sender, view } from './words.ts'

const NOW_MS = 1000

const COMMAND = {
  requestId: '1'.repeat(32),
  fingerprint: 'f',
  key: 'k',
  change: { kind: 'delete' },
  condition: { kind: 'none' },
} as const

/** What a forward is answered at once: a kind, or `taken` when it is not refused. */
function answerTo(of: string, rules: Partial<Rules> = {}): string {
  const lab = primaryLab(view('2A', 'A+', { roster: 'AB' }))
  const requests = new Requests(lab.out, lab.parts, { ...ALL_RULES, ...rules })
  const request = { kind: 'write', ballot: ballot(of), command: COMMAND } as const
  requests.take({ ticket: 1, sender: sender(B), request }, NOW_MS)
  return lab.new('respond')[0]?.response.kind ?? 'taken'
}

t.test('a forward of another view is not looked at', async (t) => {
  t.equal(answerTo('2A'), 'taken')
  t.equal(answerTo('1A'), 'fenced')
  t.equal(answerTo('1A', { forwardNamesView: false }), 'taken')
})
