// When the acting primary proposes a view over two sides, or one above a frozen node.
import t from 'tap'
import {
  FORK_NEWER_SEEN_MS,
  FORK_PAUSE_MS,
  FORK_SEEN_MS,
  FROZEN_WAIT_MS,
} from '../../src/core/limits.ts'
import { type Lab, primaryLab } from './lab.ts'
import { B, ballot, C, LATE, response, view } from './words.ts'
import { Forks } from '../../src/core/forks.ts'
import { Frozen } from '../../src/core/frozen.ts'

const V5 = view('5A', 'A+', { history: '1A' })

function forkLab(): { lab: Lab; forks: Forks; due: (nowMs: number) => boolean } {
  const lab = primaryLab(V5)
  const { standing, members, candidates } = lab.parts
  const forks = new Forks(lab.out, { standing, members, candidates })
  return { lab, forks, due: (nowMs) => forks.isDue(V5, nowMs) }
}

/** Lets the question whether the other side can be reached end so. */
function reach(lab: Lab, passes: boolean, nowMs: number): void {
  const call = lab.call('ping')
  const nonce = call.request.kind === 'ping' ? call.request.nonce : ''
  const pong = response(B, { kind: 'pong', nonce, id: B, incarnation: 1, others: [] })
  lab.answer(call, passes ? pong : LATE, nowMs)
}

t.test('a foreign lineage, seen for a while at a node that answers, is a fork', async (t) => {
  const { lab, due } = forkLab()
  lab.meet(B, 0, { lineages: [ballot('3B')] })
  t.equal(due(0), false)
  t.equal(due(FORK_SEEN_MS - 1), false)
  t.strictSame(lab.calls(), [], 'nobody is asked yet')
  t.equal(due(FORK_SEEN_MS), false)
  reach(lab, true, FORK_SEEN_MS + 1)
  t.equal(due(FORK_SEEN_MS + 2), true)
  t.equal(due(FORK_SEEN_MS + 3), false, 'once, then a pause')
})

t.test('lineages that the view contains or merges are none', async (t) => {
  const { lab, due } = forkLab()
  lab.meet(B, 0, { lineages: [ballot('1A'), ballot('5A')] })
  due(0)
  due(10 * FORK_SEEN_MS)
  t.strictSame(lab.calls(), [])
})

t.test('a side that is heard and cannot be reached is asked ever more rarely', async (t) => {
  const { lab, due } = forkLab()
  lab.meet(B, 0, { lineages: [ballot('3B')] })
  due(0)
  let nowMs = FORK_SEEN_MS
  for (const pauseMs of [1, 2, 4, 8, 16, 30, 30].map((s) => s * FORK_PAUSE_MS.from)) {
    t.equal(due(nowMs), false)
    reach(lab, false, nowMs)
    t.equal(due(nowMs + pauseMs - 1), false)
    t.strictSame(lab.calls(), [])
    nowMs += pauseMs
  }
})

t.test(
  'the primary of the highest ballot proposes; a newer holder gets time to do it itself',
  async (t) => {
    const { lab, due } = forkLab()
    lab.meet(B, 0, { lineages: [ballot('7B')] })
    due(0)
    due(FORK_NEWER_SEEN_MS - 1)
    t.strictSame(lab.calls(), [])
    lab.meet(B, 0, { lineages: [ballot('7B')], isActive: true, ballot: ballot('7B') })
    due(FORK_NEWER_SEEN_MS)
    t.strictSame(lab.calls(), [], 'it acts')
    lab.meet(B, 0, { lineages: [ballot('7B')], isActive: false, ballot: ballot('7B') })
    due(FORK_NEWER_SEEN_MS)
    t.equal(lab.calls('ping').length, 1, 'it does not')
  },
)

t.test(
  'a node frozen above the view is brought back, one that keeps proposing is not',
  async (t) => {
    const lab = primaryLab(V5)
    const { members, candidates } = lab.parts
    const frozen = new Frozen({ members, candidates })
    lab.meet(B, 0, { ballot: ballot('5A'), promised: ballot('9B') })
    t.equal(frozen.isDue(V5, 0), false)
    t.equal(frozen.isDue(V5, FROZEN_WAIT_MS - 1), false)
    lab.hear(B, 1, { ballot: ballot('5A'), promised: ballot('10B') })
    t.equal(frozen.isDue(V5, FROZEN_WAIT_MS), false, 'it is at work')
    t.equal(frozen.isDue(V5, 2 * FROZEN_WAIT_MS), true)
    t.equal(frozen.isDue(V5, 2 * FROZEN_WAIT_MS + 1), false, 'not again at once')
    lab.hear(B, 1, { ballot: ballot('5A'), promised: ballot('5A') })
    lab.meet(C, 0, { ballot: ballot('8C'), promised: ballot('9C') })
    t.equal(frozen.isDue(V5, 20_000), false)
    lab.hear(C, 1, { ballot: ballot('8C'), promised: ballot('11C') })
    t.equal(
      frozen.isDue(V5, 20_000 + FROZEN_WAIT_MS),
      true,
      'it accepted a view above: it cannot follow',
    )
  },
)
