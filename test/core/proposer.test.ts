// A proposal: its two rounds, its windows, and every way in which it comes to nothing.
import t from 'tap'
import {
  HOPELESS_PAUSE_MS,
  PROMISE_WAIT_MS,
  PROPOSAL_MS,
  VIEW_CALL_WAIT_MS,
} from '../../src/core/limits.ts'
import type { CallAnswer, NodeResponse } from '../../src/core/messages.ts'
import type { DurableState, NodeId } from '../../src/core/types.ts'
import { type Call, Lab, type LabOptions } from './lab.ts'
import {
  PLAIN,
  A,
  addressOf,
  B,
  ballot,
  ballotText,
  C,
  LATE,
  nameOf,
  node,
  REFUSED,
} from './words.ts'
import { response, state, version, view, viewText } from './words.ts'

const V2 = view('2A', 'A+ B+')

class Bench {
  readonly lab: Lab
  readonly calls: Call[] = []
  readonly logs: string[] = []

  constructor(options: Partial<LabOptions> = {}) {
    this.lab = new Lab({ me: A, state: state(V2), ...options })
    this.lab.parts.self.setWall(0, 0)
    for (const id of [A, B, C]) if (id !== this.lab.me) this.lab.meet(id, 0)
  }

  propose(nowMs = 0): void {
    this.lab.parts.proposer.propose({ reason: 'test', isMerge: false, isHandoff: false }, nowMs)
  }

  /** `prepare B`, `accept C`: every call that has not ended. */
  open(nowMs = 0): string {
    this.lab.settle(nowMs)
    for (const effect of this.lab.take()) {
      if (effect.kind === 'call') this.calls.push(effect)
      if (effect.kind !== 'log' || effect.event !== 'view-proposal-failed') continue
      this.logs.push(String(effect.fields['why']))
    }
    return this.calls.map((call) => `${call.request.kind} ${nameOf(idOf(call))}`).join(', ')
  }

  end(name: string, answer: CallAnswer | NodeResponse, nowMs: number): void {
    this.open(nowMs)
    const at = this.calls.findIndex((call) => `${call.request.kind} ${nameOf(idOf(call))}` === name)
    const [call] = at < 0 ? [] : this.calls.splice(at, 1)
    if (call === undefined) throw new Error(`no call ${name}`)
    const isAnswer = ['response', 'refused', 'broken', 'late'].includes(answer.kind)
    const full = isAnswer ? (answer as CallAnswer) : response(idOf(call), answer as NodeResponse)
    this.lab.answer(call, full, nowMs)
    this.open(nowMs)
  }

  promise(id: NodeId, nowMs: number, more: DurableState = state(V2)): void {
    const promised = { state: more, incarnation: 1, address: addressOf(id), keyCount: 0, ...PLAIN }
    const answer = { kind: 'promise', promise: { ...promised, clock: version(0) } } as const
    this.end(`prepare ${nameOf(id)}`, answer, nowMs)
  }

  view(): string {
    return `${viewText(this.lab.parts.standing.view)}${this.lab.parts.standing.isActive ? ' active' : ''}`
  }
}

function idOf(call: Call): NodeId {
  return node(Number(call.to.slice(7, 9)).toString(16))
}

t.test('first the own promise is durable, then all who are heard are asked', async (t) => {
  const bench = new Bench()
  bench.propose()
  t.strictSame(bench.lab.calls(), [])
  t.equal(ballotText(bench.lab.parts.standing.promised), '3A')
  bench.lab.settle(0)
  const [call] = bench.lab.calls()
  t.strictSame(call?.request, {
    kind: 'prepare',
    ballot: ballot('3A'),
    reason: 'test',
    isMerge: false,
    isHandoff: false,
  })
  t.equal(call?.timeoutMs, VIEW_CALL_WAIT_MS)
})

t.test('the epoch outbids everything seen', async (t) => {
  const bench = new Bench()
  bench.lab.parts.standing.sawEpoch(8)
  bench.propose()
  t.equal(ballotText(bench.lab.parts.standing.promised), '9A')
})

t.test(
  'two rounds: all promise, all accept, then the view is active and told to all',
  async (t) => {
    const bench = new Bench()
    bench.propose()
    t.equal(bench.open(), 'prepare B, prepare C')
    bench.promise(B, 5)
    t.equal(bench.open(), 'prepare C')
    bench.promise(C, 6)
    t.equal(bench.open(), 'accept B, accept C')
    t.equal(bench.view(), '3A A+ B+')
    bench.end('accept B', { kind: 'accepted' }, 8)
    t.equal(bench.view(), '3A A+ B+ active', 'C is no master and need not accept')
    t.equal(bench.open(), 'accept C, commit B, commit C')
    t.equal(bench.lab.parts.leases.primaryProvenAtMs(), 6, 'an acceptance is a proof')
    t.strictSame(bench.logs, [])
  },
)

t.test('it acts once it remembers durably that its view is active', async (t) => {
  const bench = new Bench()
  bench.propose()
  bench.open()
  const alone = bench.calls.map((call) => nameOf(idOf(call)))
  t.strictSame(alone, ['B', 'C'])
  bench.promise(C, 5)
  bench.promise(B, 5)
  const accept = bench.calls.find((call) => nameOf(idOf(call)) === 'B')
  if (accept === undefined) throw new Error('B was not asked to accept')
  bench.lab.answer(accept, response(B, { kind: 'accepted' }), 6)
  t.equal(bench.view(), '3A A+ B+', 'accepted by all')
  bench.lab.settle(7)
  t.equal(bench.view(), '3A A+ B+ active', 'and flushed')
})

t.test('a primary whose disk is slow to remember does not act late', async (t) => {
  const bench = new Bench()
  bench.propose()
  bench.open()
  bench.promise(C, 5)
  bench.promise(B, 5)
  const accept = bench.calls.find((call) => nameOf(idOf(call)) === 'B')
  if (accept === undefined) throw new Error('B was not asked to accept')
  bench.lab.answer(accept, response(B, { kind: 'accepted' }), 6)
  bench.lab.settle(PROPOSAL_MS + 6)
  t.equal(bench.view(), '3A A+ B+')
  t.strictSame(bench.logs, [])
  bench.open(PROPOSAL_MS + 7)
  t.strictSame(bench.logs, ['stalled before it could act'])
})

t.test('all masters and more than half of the nodes heard accept', async (t) => {
  const bench = new Bench()
  for (const id of [node('d'), node('e')]) bench.lab.meet(id, 0)
  bench.propose()
  for (const id of [B, C, node('d'), node('e')]) bench.promise(id, 5)
  t.equal(bench.view(), '3A A+ B+')
  bench.end('accept B', { kind: 'accepted' }, 6)
  t.equal(bench.view(), '3A A+ B+', 'two of five')
  bench.end('accept C', { kind: 'rejected', promised: ballot('4C'), isVeto: false }, 7)
  t.equal(bench.view(), '3A A+ B+', 'C has promised another one')
  bench.end('accept D', { kind: 'accepted' }, 8)
  t.equal(bench.view(), '3A A+ B+ active', 'three of five')
})

t.test('a silent node is waited for 150 ms, then the others decide', async (t) => {
  const bench = new Bench()
  bench.propose()
  bench.open()
  bench.promise(B, 5)
  bench.lab.parts.proposer.tick(PROMISE_WAIT_MS - 1)
  t.equal(bench.open(), 'prepare C')
  bench.lab.parts.proposer.tick(PROMISE_WAIT_MS)
  t.equal(bench.open(), 'prepare C, accept B')
})

t.test('nobody waits for a node that was never verified, but its promise counts', async (t) => {
  const bench = new Bench()
  bench.lab.hear(node('D'), 0)
  bench.lab.take()
  bench.propose()
  t.equal(bench.open(), 'prepare B, prepare C, prepare D')
  bench.promise(node('D'), 4)
  bench.promise(B, 5)
  bench.promise(C, 6)
  t.equal(bench.open(), 'accept D, accept B, accept C')
})

t.test('every way in which a proposal comes to nothing, and the pause after it', async (t) => {
  const rejected = (of: string, isVeto: boolean): NodeResponse => ({
    kind: 'rejected',
    promised: ballot(of),
    isVeto,
  })
  const cases: readonly (readonly [string, (bench: Bench) => void, number, number])[] = [
    [
      'vetoed: the primary lives',
      (bench) => bench.end('prepare B', rejected('2A', true), 10),
      10,
      145,
    ],
    [
      'outbid',
      (bench) => {
        bench.lab.parts.standing.promise(ballot('9C'), () => {})
        bench.lab.parts.proposer.tick(10)
      },
      10,
      145,
    ],
    [
      'another node should propose',
      (bench) => {
        bench.promise(B, 5, state(view('2B', 'B+ C+')))
        bench.promise(C, 10, state(view('2B', 'B+ C+')))
      },
      10,
      145,
    ],
    [
      '1 of 3 nodes in sight have agreed on masters so far: try again',
      (bench) => bench.lab.parts.proposer.tick(PROMISE_WAIT_MS),
      PROMISE_WAIT_MS,
      HOPELESS_PAUSE_MS,
    ],
    [
      'stalled while waiting for promises',
      (bench) => bench.lab.parts.proposer.tick(2 * PROMISE_WAIT_MS + 1),
      2 * PROMISE_WAIT_MS + 1,
      145,
    ],
    [
      'not accepted in time',
      (bench) => {
        bench.promise(B, 5)
        bench.promise(C, 5)
        bench.lab.parts.proposer.tick(PROPOSAL_MS + 1)
      },
      PROPOSAL_MS + 1,
      145,
    ],
    [
      'stalled while waiting for acceptance',
      (bench) => {
        bench.promise(B, 5)
        bench.promise(C, 5)
        bench.end('accept B', { kind: 'accepted' }, PROPOSAL_MS + 1)
      },
      PROPOSAL_MS + 1,
      145,
    ],
  ]
  for (const [why, spoil, atMs, pauseMs] of cases) {
    const bench = new Bench()
    bench.propose()
    bench.open()
    spoil(bench)
    bench.open(atMs)
    t.strictSame(bench.logs, [why])
    const { proposer } = bench.lab.parts
    t.equal(proposer.mayPropose(atMs + pauseMs - 1), false, `${why}: pause`)
    t.equal(proposer.mayPropose(atMs + pauseMs), true, `${why}: over`)
    t.equal(bench.lab.parts.standing.isActive, false)
  }
})

t.test('answers to a proposal that is over count for nothing', async (t) => {
  const bench = new Bench()
  bench.propose()
  bench.open()
  bench.lab.parts.proposer.abort('spoiled', 5)
  bench.promise(B, 6)
  bench.promise(C, 7)
  t.equal(bench.open(), '')
  t.equal(bench.view(), '2A A+ B+')
})

t.test('a rejection tells the epoch to outbid', async (t) => {
  const bench = new Bench()
  bench.propose()
  bench.promise(C, 5)
  bench.end('prepare B', { kind: 'rejected', promised: ballot('7C'), isVeto: false }, 6)
  t.equal(bench.lab.parts.standing.maxEpoch, 7)
})

t.test('a refused call asks whether that node lives, a late one does not', async (t) => {
  for (const [answer, pings] of [
    [REFUSED, 'ping B'],
    [LATE, ''],
  ] as const) {
    const bench = new Bench()
    bench.propose()
    bench.end('prepare B', answer, 5)
    t.equal(bench.open().replace('prepare C', '').replace(', ', ''), pings, answer.kind)
  }
})

t.test('a holder gives way to the old primary once, then leads itself', async (t) => {
  const bench = new Bench({ me: B })
  for (const [round, expected] of [
    [1, 'nudge A'],
    [2, 'accept A, accept C'],
  ] as const) {
    const nowMs = round * 1000
    bench.propose(nowMs)
    bench.promise(A, nowMs + 5)
    bench.promise(C, nowMs + 5)
    t.equal(bench.open(), expected)
    bench.calls.length = 0
  }
  t.equal(viewText(bench.lab.parts.standing.view), '4B B+ A-')
})

t.test('with too few nodes in sight no promise is made, and the reason is told', async (t) => {
  const lab = new Lab({ me: A, state: state(V2), settings: { minCopies: 2 } })
  lab.parts.proposer.propose({ reason: 'test', isMerge: false, isHandoff: false }, 0)
  t.strictSame(lab.take(), [])
  t.equal(ballotText(lab.parts.standing.promised), '2A')
  const reason =
    '1 of 3 known nodes is reachable; a write needs 2 copies: bring a node back, or set min-copies to 1'
  t.equal(lab.parts.proposer.trouble, reason)
  t.equal(lab.parts.proposer.mayPropose(HOPELESS_PAUSE_MS - 1), false)
  t.equal(lab.parts.proposer.mayPropose(HOPELESS_PAUSE_MS), true)
  lab.parts.proposer.forgetTrouble()
  t.equal(lab.parts.proposer.trouble, undefined)
})

t.test('the pause is drawn between 40 and 250 ms', async (t) => {
  for (const [random, pauseMs] of [
    [0, 40],
    [0.999999, 250],
  ] as const) {
    const bench = new Bench({ random: () => random })
    bench.propose()
    bench.lab.parts.proposer.abort('spoiled', 0)
    t.equal(bench.lab.parts.proposer.mayPropose(pauseMs - 1), false)
    t.equal(bench.lab.parts.proposer.mayPropose(pauseMs), true)
  }
})
