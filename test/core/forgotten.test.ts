// A node that an operator gave up: it takes no part while it holds what the cluster lacks.
import t from 'tap'
import type { View } from '../../src/core/types.ts'
import { Lab, primaryLab } from './lab.ts'
import { A, B, ballot, C, entry, sender, state, version, view } from './words.ts'

/** B is given up; its last view is not part of this history. */
const GIVEN_UP: View = { ...view('5A', 'A+', { history: '1A', roster: 'AC' }), forgotten: [B] }
const APART = view('3B', 'B+', { history: '1A', roster: 'ABC' })

t.test('it follows no view of the cluster that gave it up, and accepts none', async (t) => {
  const lab = new Lab({ me: B, state: state(APART, { activated: APART.ballot }) })
  t.ok(lab.parts.standing.isForgottenBy(GIVEN_UP))
  lab.parts.standing.adopt(GIVEN_UP, 0)
  t.equal(lab.parts.standing.view, APART)
  lab.parts.acceptor.accept(GIVEN_UP, 1, 0)
  t.equal(lab.new('respond')[0]?.response.kind, 'rejected')
})

t.test('without the rule it accepts', async (t) => {
  const lab = new Lab({
    me: B,
    state: state(APART, { activated: APART.ballot }),
    rules: { forgottenStaysOut: false },
  })
  lab.parts.acceptor.accept(GIVEN_UP, 1, 0)
  lab.settle(0)
  t.equal(lab.new('respond')[0]?.response.kind, 'accepted')
  t.equal(lab.parts.standing.view, GIVEN_UP)
})

t.test('one that holds nothing else is an ordinary newcomer', async (t) => {
  const known = view('1A', 'A+ B+', { roster: 'ABC' })
  const lab = new Lab({ me: B, state: state(known) })
  t.notOk(lab.parts.standing.isForgottenBy(GIVEN_UP))
  lab.parts.standing.adopt(GIVEN_UP, 0)
  t.equal(lab.parts.standing.view, GIVEN_UP)
})

t.test('others neither promise to it, nor ask it to promise', async (t) => {
  const lab = primaryLab(GIVEN_UP)
  lab.meet(B, 0, { lineages: [ballot('3B')] })
  lab.meet(C, 0)
  const asked = { kind: 'prepare', reason: '', isMerge: true, isHandoff: false } as const
  lab.parts.acceptor.prepare(sender(B), { ...asked, ballot: ballot('9B') }, 1, 0)
  t.equal(lab.new('respond')[0]?.response.kind, 'rejected')
  lab.parts.proposer.propose({ reason: 'test', isMerge: false }, 5000)
  lab.settle(5000)
  t.strictSame(
    lab.calls('prepare').map((call) => call.to),
    [lab.parts.members.get(C)?.address],
  )
  t.equal(lab.parts.standing.view?.ballot.proposer, A)
})

t.test('a part that it has as a syncing master counts as what it holds', async (t) => {
  const apart = view('3C', 'C+ B-', { history: '1A', roster: 'ABC' })
  const part = { since: version(1), isWhole: true }
  const entries = [entry('k', version(2))]
  const lab = new Lab({ me: B, state: state(apart, { part }), entries })
  t.ok(lab.parts.standing.isForgottenBy(GIVEN_UP))
  const empty = new Lab({ me: B, state: state(apart, { part }) })
  t.notOk(empty.parts.standing.isForgottenBy(GIVEN_UP), 'nothing of it has come')
  const known = new Lab({ me: B, state: state(view('1A', 'A+ B-', { roster: 'ABC' }), { part }) })
  t.notOk(known.parts.standing.isForgottenBy(GIVEN_UP))
})
