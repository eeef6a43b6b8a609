// What a node has promised and accepted: order, durability, debts, when it acts.
import t from 'tap'
import type { DurableState, View } from '../../src/core/types.ts'
import { Lab } from './lab.ts'
import { A, B, ballot, ballotText, C, mastersText, state, view, viewText } from './words.ts'

const V2 = view('2A', 'A+ B+', { history: '1A' })
const V4 = view('4A', 'A+ B+', { history: '1A 2A' })
/** Built on 1A, beside V2. */
const W3 = view('3C', 'C+ B-', { history: '1A' })

t.test('nothing is promised or accepted before it is durable', async (t) => {
  const lab = new Lab({ me: B })
  const { standing } = lab.parts
  const done: string[] = []
  standing.promise(ballot('1A'), (nowMs) => done.push(`promised at ${nowMs}`))
  standing.accept(V2, 0, (nowMs) => done.push(`accepted at ${nowMs}`))
  const stored = lab.new('store').map(({ changes }) => changes)
  t.strictSame(stored, [
    [{ kind: 'state', state: { ...state(undefined), promised: ballot('1A') } }],
    [{ kind: 'state', state: state(V2) }],
  ])
  t.strictSame(done, [])
  lab.flush(5, 1)
  t.strictSame(done, ['promised at 5'])
  lab.flush(6)
  t.strictSame(done, ['promised at 5', 'accepted at 6'])
})

t.test('a promise above the view freezes, a newer view thaws', async (t) => {
  const lab = new Lab({ me: A, state: state(V2) })
  const { standing } = lab.parts
  const now = (): unknown => [standing.isFrozen, standing.isActive, standing.isServingMaster]
  t.strictSame(now(), [false, false, true])
  standing.activate(0)
  t.strictSame(now(), [false, true, true])
  standing.promise(ballot('3C'), () => {})
  t.strictSame(now(), [true, false, false])
  standing.accept(V4, 1, () => {})
  t.strictSame(now(), [false, false, true])
  standing.activate(2)
  t.strictSame(now(), [false, true, true])
  t.strictSame(lab.told, ['activated 2A', 'changed 4A', 'activated 4A'])
})

t.test('only the primary of the accepted view can become active', async (t) => {
  for (const [me, accepted, isActive] of [
    [A, V2, true],
    [B, V2, false],
    [C, V2, false],
    [A, undefined, false],
  ] as const) {
    const lab = new Lab({ me, state: state(accepted) })
    lab.parts.standing.activate(0)
    t.equal(lab.parts.standing.isActive, isActive)
  }
})

t.test('that its view is active is remembered over a restart', async (t) => {
  const lab = new Lab({ me: A, state: state(V2) })
  let isDurable = false
  lab.parts.standing.rememberActive(V2, () => (isDurable = true))
  t.notOk(isDurable)
  lab.settle(0)
  t.ok(isDurable)
  t.strictSame(lab.parts.standing.state.activated, ballot('2A'))
})

t.test('mastership is of this life', async (t) => {
  for (const [me, incarnation, mastership, serves] of [
    [A, 1, 'A+', true],
    [A, 2, '', false],
    [B, 1, 'B-', false],
    [C, 1, '', false],
  ] as const) {
    const { standing } = new Lab({ me, incarnation, state: state(view('2A', 'A+ B-')) }).parts
    t.equal(standing.mastership === undefined ? '' : mastersText([standing.mastership]), mastership)
    t.equal(standing.isServingMaster, serves)
  }
})

t.test('adopting: newer views are accepted, never below the promise, never twice', async (t) => {
  /** Promised, accepted, heard of as active: the accepted view then, and the view to route by. */
  const cases: readonly (readonly [string, View | undefined, View, string, string])[] = [
    ['0', undefined, V2, '2A A+ B+', '2A A+ B+'],
    ['2A', V2, V4, '4A A+ B+', '4A A+ B+'],
    ['4A', V4, V2, '4A A+ B+', '4A A+ B+'],
    ['2A', V2, V2, '2A A+ B+', '2A A+ B+'],
    ['5C', V2, V4, '2A A+ B+', '4A A+ B+'],
    ['4A', V2, V4, '4A A+ B+', '4A A+ B+'],
    ['5C', undefined, V2, 'none', '2A A+ B+'],
  ]
  for (const [promised, accepted, heard, after, route] of cases) {
    const lab = new Lab({ me: C, state: state(accepted, { promised: ballot(promised) }) })
    const { standing } = lab.parts
    standing.adopt(heard, 0)
    t.equal(viewText(standing.view), after, `${promised} ${viewText(accepted)}`)
    t.equal(viewText(standing.route), route)
    t.ok(standing.maxEpoch >= heard.ballot.epoch)
  }
})

t.test('an active primary leaves its own history only for a view that contains it', async (t) => {
  const stays = new Lab({ me: A, state: state(V2) })
  stays.parts.standing.activate(0)
  stays.parts.standing.adopt(W3, 1)
  t.equal(viewText(stays.parts.standing.route), '2A A+ B+')
  t.equal(stays.parts.standing.isActive, true)

  const goes = new Lab({ me: A, state: state(V2) })
  goes.parts.standing.activate(0)
  goes.parts.standing.adopt(view('5B', 'B+ A-', { history: '1A 2A' }), 1)
  t.equal(viewText(goes.parts.standing.view), '5B B+ A-')
  t.strictSame(goes.told, ['activated 2A', 'changed 5B'])
})

t.test(
  'what a node holds and the new view does not contain stays owed until one does',
  async (t) => {
    const activated = ballot('2A')
    /** Who, what it knew, the views it accepts in turn, what it owes then. */
    const cases: readonly (readonly [string, string, DurableState, readonly View[], string])[] = [
      ['the new view contains it', A, state(V2, { activated }), [V4], ''],
      ['a fork', A, state(V2, { activated }), [W3], '2A A+ B+'],
      ['a fork, at the other master', B, state(V2), [W3], '2A A+ B+'],
      ['not held', C, state(V2), [W3], ''],
      ['syncing', B, state(view('2A', 'A+ B-')), [W3], ''],
      ['paid later', B, state(V2), [W3, view('5C', 'C+', { history: '1A 2A 3C' })], ''],
      ['not yet paid', B, state(V2), [W3, view('5C', 'C+', { history: '1A 3C' })], '2A A+ B+'],
      [
        'its own, never active',
        A,
        state(V4, { activated }),
        [view('5B', 'B+', { history: '1A 2A' })],
        '',
      ],
      [
        'its own, active',
        A,
        state(V4, { activated: ballot('4A') }),
        [view('5B', 'B+', { history: '1A 2A' })],
        '4A A+ B+',
      ],
      [
        "another's, whether it was active or not",
        B,
        state(V4),
        [view('5B', 'B+', { history: '1A 2A' })],
        '4A A+ B+',
      ],
      ['its own first, never active', A, state(view('1A', 'A+')), [view('2B', 'B+')], ''],
    ]
    for (const [title, me, before, views, owed] of cases) {
      const { standing } = new Lab({ me, state: before }).parts
      for (const v of views) standing.accept(v, 0, () => {})
      t.equal(standing.state.owed.map(viewText).join(', '), owed, title)
    }
  },
)

t.test('lineages: what is owed, and the accepted view if it is held', async (t) => {
  const cases: readonly (readonly [string, DurableState, string])[] = [
    [A, state(undefined), ''],
    [A, state(V2, { activated: ballot('2A') }), '2A'],
    // Its own view that never acted: what it holds is what was before.
    [A, state(V4, { activated: ballot('2A') }), '2A'],
    [A, state(V2), ''],
    [B, state(V4), '4A'],
    [C, state(V2), ''],
    [B, state(W3, { owed: [V2] }), '2A'],
    [C, state(W3, { activated: ballot('3C'), owed: [V2] }), '2A 3C'],
  ]
  for (const [me, before, expected] of cases) {
    const { standing } = new Lab({ me, state: before }).parts
    t.equal(standing.lineages().map(ballotText).join(' '), expected)
  }
})

t.test('accepting the same view again keeps the promise and tells nobody', async (t) => {
  const lab = new Lab({ me: B, state: state(V2) })
  lab.parts.standing.accept(V2, 0, () => {})
  t.strictSame(lab.parts.standing.state, state(V2))
  t.strictSame(lab.told, [])
})

t.test('the highest epoch counts everything seen', async (t) => {
  const { standing } = new Lab({ me: B, state: state(V2, { promised: ballot('7C') }) }).parts
  t.equal(standing.maxEpoch, 7)
  standing.sawEpoch(3)
  t.equal(standing.maxEpoch, 7)
  standing.sawEpoch(9)
  t.equal(standing.maxEpoch, 9)
})

t.test('a fence counts while it is above the view', async (t) => {
  const { standing } = new Lab({ me: A, state: state(V2) }).parts
  for (const [promised, isFenced] of [
    ['1C', false],
    ['2A', false],
    ['3C', true],
  ] as const) {
    standing.fencedBy(ballot(promised))
    t.equal(standing.isFencedByOther, isFenced, promised)
  }
  standing.accept(V4, 0, () => {})
  t.equal(standing.isFencedByOther, false)
})
