// What a node promises and accepts, and how it protects a primary that lives.
import t from 'tap'
import { KNOCK_WAIT_MS, VETO_MS } from '../../src/core/limits.ts'
import type { CallAnswer, NodeResponse } from '../../src/core/messages.ts'
import { Lab, primaryLab } from './lab.ts'
import { PLAIN, A, addressOf, B, ballot, ballotText, BROKEN, C, D, LATE, REFUSED } from './words.ts'
import { response, sender, state, view } from './words.ts'

const V2 = view('2A', 'A+ B+')

function text(answer: NodeResponse | undefined): string {
  if (answer?.kind !== 'rejected') return answer?.kind ?? 'nothing'
  return `${answer.isVeto ? 'veto' : 'rejected'} ${ballotText(answer.promised)}`
}

/** Asks for a promise; what comes at once, or once everything is flushed. */
function prepare(lab: Lab, of: string, nowMs: number, from = D, isMerge = false): string {
  const request = {
    kind: 'prepare',
    ballot: ballot(of),
    reason: '',
    isMerge,
    isHandoff: false,
  } as const
  lab.parts.acceptor.prepare(sender(from), request, 1, nowMs)
  const [early] = lab.take().filter((effect) => effect.kind === 'respond')
  if (early !== undefined) return text(early.response)
  lab.settle(nowMs)
  return text(lab.new('respond').at(0)?.response)
}

t.test('a promise is given only above every promise before, and once it is durable', async (t) => {
  for (const [of, expected] of [
    ['3D', 'promise'],
    ['2D', 'promise'],
    ['2A', 'rejected 2A'],
    ['1D', 'rejected 2A'],
  ] as const) {
    const lab = new Lab({ me: B, state: state(V2) })
    t.equal(prepare(lab, of, 0), expected, of)
  }
  const lab = new Lab({ me: B, state: state(V2) })
  const request = {
    kind: 'prepare',
    ballot: ballot('3D'),
    reason: '',
    isMerge: false,
    isHandoff: false,
  } as const
  lab.parts.acceptor.prepare(sender(D), request, 1, 0)
  t.strictSame(lab.new('respond'), [])
})

t.test('a promise tells all that a proposer needs', async (t) => {
  const lab = new Lab({ me: B, incarnation: 3, state: state(V2) })
  const request = {
    kind: 'prepare',
    ballot: ballot('3D'),
    reason: '',
    isMerge: false,
    isHandoff: false,
  } as const
  lab.parts.acceptor.prepare(sender(D), request, 7, 0)
  lab.settle(0)
  const [answer] = lab.new('respond')
  const { clock } = lab.parts.self.sender()
  const promise = { incarnation: 3, address: addressOf(B), keyCount: 0, clock, ...PLAIN }
  t.strictSame(answer, {
    kind: 'respond',
    ticket: 7,
    response: {
      kind: 'promise',
      promise: { ...promise, state: state(V2, { promised: ballot('3D') }) },
    },
  })
})

t.test('a second proposer while the promise to the first is being flushed', async (t) => {
  const lab = new Lab({ me: B, state: state(V2) })
  const ask = (of: string, ticket: number): void => {
    const request = {
      kind: 'prepare',
      ballot: ballot(of),
      reason: '',
      isMerge: false,
      isHandoff: false,
    } as const
    lab.parts.acceptor.prepare(sender(D), request, ticket, 0)
  }
  ask('3D', 1)
  ask('4D', 2)
  lab.settle(0)
  const said = lab.new('respond').map((effect) => `${effect.ticket} ${text(effect.response)}`)
  t.strictSame(said, ['1 rejected 4D', '2 promise'])
})

t.test('an active primary protects itself while its masters are alive', async (t) => {
  t.equal(prepare(primaryLab(V2), '3D', 0), 'veto 2A')
  t.equal(prepare(primaryLab(V2), '3D', 0, D, true), 'promise', 'a merge is no attack')
  const lonely = primaryLab(V2)
  lonely.parts.members.left(B, 1)
  t.equal(prepare(lonely, '3D', 0), 'promise', 'it could acknowledge nothing')
  const waiting = new Lab({ me: A, state: state(V2) })
  waiting.meet(B, 0)
  t.equal(prepare(waiting, '3D', 0), 'promise', 'not active')
  t.equal(prepare(primaryLab(V2, { rules: { vetoProtectsPrimary: false } }), '3D', 0), 'promise')
})

/** B, which has heard the primary A. */
function witness(atMs: number, more: Record<string, unknown> = {}): Lab {
  const lab = new Lab({ me: B, state: state(V2) })
  lab.meet(A, atMs, { isActive: true, ballot: ballot('2A'), ...more })
  return lab
}

t.test('a primary heard within 750 ms is knocked at before it is given up', async (t) => {
  const cases: readonly (readonly [string, Lab, number, boolean])[] = [
    ['heard', witness(0), VETO_MS - 1, true],
    ['not for a while', witness(0), VETO_MS, false],
    ['not active', witness(0, { isActive: false }), 1, false],
    ['of another view', witness(0, { ballot: ballot('1A') }), 1, false],
    ['another life', witness(0, { incarnation: 2 }), 1, false],
    ['never heard', new Lab({ me: B, state: state(V2) }), 1, false],
  ]
  for (const [title, lab, nowMs, knocks] of cases) {
    t.equal(prepare(lab, '3D', nowMs), knocks ? 'nothing' : 'promise', title)
  }
  t.equal(prepare(witness(0), '3A', 1, A), 'promise', 'the primary itself proposes')
  const gone = witness(0)
  gone.parts.members.left(A, 1)
  t.equal(prepare(gone, '3D', 1), 'promise', 'it said goodbye')
})

t.test('the door decides: refused or broken promises, anything else is a veto', async (t) => {
  const pong = response(A, { kind: 'pong', nonce: '', id: A, incarnation: 1, others: [] })
  const ends: readonly (readonly [CallAnswer, string])[] = [
    [REFUSED, 'promise'],
    [BROKEN, 'promise'],
    [LATE, 'veto 2A'],
    [pong, 'veto 2A'],
  ]
  for (const [end, expected] of ends) {
    const lab = witness(0)
    const request = {
      kind: 'prepare',
      ballot: ballot('3D'),
      reason: '',
      isMerge: false,
      isHandoff: false,
    } as const
    lab.parts.acceptor.prepare(sender(D), request, 1, 1)
    const knock = lab.call('ping')
    t.strictSame([knock.to, knock.timeoutMs], [addressOf(A), KNOCK_WAIT_MS])
    lab.answer(knock, end, 2)
    lab.settle(3)
    t.equal(text(lab.new('respond').at(0)?.response), expected, end.kind)
  }
})

t.test('a promise to another one while knocking', async (t) => {
  const lab = witness(0)
  const request = {
    kind: 'prepare',
    ballot: ballot('3D'),
    reason: '',
    isMerge: false,
    isHandoff: false,
  } as const
  lab.parts.acceptor.prepare(sender(D), request, 1, 1)
  const knock = lab.call('ping')
  lab.parts.standing.promise(ballot('4C'), () => {})
  lab.answer(knock, REFUSED, 2)
  t.equal(text(lab.new('respond').at(0)?.response), 'rejected 4C')
})

t.test('a view is accepted at or above the promise, in the life that it names', async (t) => {
  const cases: readonly (readonly [string, Lab, string, string])[] = [
    ['above', new Lab({ me: B, state: state(V2) }), '3A', 'accepted'],
    ['the same again', new Lab({ me: B, state: state(view('3A', 'A+ B+')) }), '3A', 'accepted'],
    [
      'below',
      new Lab({ me: B, state: state(V2, { promised: ballot('4C') }) }),
      '3A',
      'rejected 4C',
    ],
    ['an old life', new Lab({ me: B, incarnation: 2, state: state(V2) }), '3A', 'rejected 2A'],
    ['not listed', new Lab({ me: C, incarnation: 2, state: state(V2) }), '3A', 'accepted'],
  ]
  for (const [title, lab, of, expected] of cases) {
    lab.parts.acceptor.accept(view(of, 'A+ B+', { history: '2A' }), 1, 0)
    lab.settle(0)
    t.equal(text(lab.new('respond').at(0)?.response), expected, title)
  }
})

t.test('a promise between an acceptance and its flush takes it back', async (t) => {
  const lab = new Lab({ me: B, state: state(V2) })
  lab.parts.acceptor.accept(view('3A', 'A+ B+', { history: '2A' }), 1, 0)
  lab.parts.standing.promise(ballot('4C'), () => {})
  lab.settle(0)
  t.equal(text(lab.new('respond').at(0)?.response), 'rejected 4C')
})
