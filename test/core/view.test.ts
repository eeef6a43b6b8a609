// Questions about ballots and views.
import t from 'tap'
import {
  BALLOT_ZERO,
  ballotOf,
  compareBallots,
  contains,
  formatBallot,
  inRoster,
  isHolder,
  mastershipOf,
  minCopies,
  owners,
  primaryOf,
  sameBallot,
} from '../../src/core/view.ts'
import { A, addressOf, B, ballot, C, D, mastersText, node, view } from './words.ts'

t.test('ballots are ordered by epoch, then by proposer', async (t) => {
  const cases: readonly (readonly [string, string, number])[] = [
    ['1A', '1A', 0],
    ['1A', '1B', -1],
    ['2A', '1B', 1],
    ['9F', '10A', -1],
  ]
  for (const [a, b, order] of cases) {
    t.equal(Math.sign(compareBallots(ballot(a), ballot(b))), order, `${a} and ${b}`)
    t.equal(Math.sign(compareBallots(ballot(b), ballot(a))), order === 0 ? 0 : -order)
    t.equal(sameBallot(ballot(a), ballot(b)), order === 0)
  }
  t.ok(compareBallots(BALLOT_ZERO, ballot('1A')) < 0)
  t.strictSame(ballotOf(undefined), BALLOT_ZERO)
  t.equal(formatBallot(ballot('7B')), '7.000000000000000b')
})

t.test('the first master is the primary; every key has the same owners', async (t) => {
  const v = view('1A', 'B+ A-')
  t.equal(primaryOf(v).id, B)
  t.equal(mastersText(owners(v, 'any')), 'B+ A-')
})

t.test('mastership is of one life, holding is not', async (t) => {
  const v = view('1A', 'A+ B2-')
  const cases: readonly (readonly [string, number, string | undefined, boolean])[] = [
    ['A', 1, 'A+', true],
    ['A', 2, undefined, true],
    ['B', 2, 'B2-', false],
    ['B', 1, undefined, false],
    ['C', 1, undefined, false],
  ]
  for (const [name, incarnation, mastership, holds] of cases) {
    const found = mastershipOf(v, { id: node(name), incarnation })
    t.equal(found === undefined ? undefined : mastersText([found]), mastership, name)
    t.equal(isHolder(v, node(name)), holds, name)
  }
  t.equal(mastershipOf(undefined, { id: A, incarnation: 1 }), undefined)
})

t.test('a view contains the ballots of its history', async (t) => {
  const v = view('5A', 'A+', { history: '1A 3B', roster: 'AB' })
  for (const text of ['1A', '3B', '5A']) t.ok(contains(v, ballot(text)), text)
  for (const text of ['2A', '3A', '6A']) t.notOk(contains(v, ballot(text)), text)
  t.strictSame(
    [A, B, C].map((id) => inRoster(v, id)),
    [true, true, false],
  )
  t.equal(inRoster(undefined, A), false)
})

t.test('auto asks for two copies from three known nodes on', async (t) => {
  const cases: readonly (readonly ['auto' | 1 | 2, number, 1 | 2])[] = [
    ['auto', 1, 1],
    ['auto', 2, 1],
    ['auto', 3, 2],
    ['auto', 4, 2],
    [1, 4, 1],
    [2, 1, 2],
  ]
  const all = [A, B, C, D].map((id) => ({ id, address: addressOf(id), isWitness: false }))
  for (const [setting, known, expected] of cases) {
    const settings = { mode: 'available', voters: 0, minCopies: setting, valueBytesMax: 1 } as const
    t.equal(minCopies(settings, all.slice(0, known)), expected, `${setting} of ${known}`)
  }
})
