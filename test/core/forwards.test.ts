// A client's write at any node: every row is what happened to its attempts, and what the client hears.
import t from 'tap'
import { DEADLINE_MS, WRITES_MAX } from '../../src/core/limits.ts'
import type { CallAnswer } from '../../src/core/messages.ts'
import type { WriteOutcome } from '../../src/core/types.ts'
import { Lab, primaryLab } from './lab.ts'
import { A, addressOf, B, ballot, BROKEN, C, command, LATE, REFUSED, response } from './words.ts'
import { state, version, view } from './words.ts'

const V2 = view('2A', 'A+ B+')
const APPLIED: WriteOutcome = { kind: 'applied', version: version(7), copies: 2 }

function written(outcome: WriteOutcome): CallAnswer {
  return response(A, { kind: 'written', outcome })
}

const ANSWERS: Readonly<Record<string, CallAnswer>> = {
  refused: REFUSED,
  broken: BROKEN,
  late: LATE,
  fenced: response(A, { kind: 'fenced', promised: ballot('3C'), ballot: ballot('3C') }),
  applied: written(APPLIED),
  conflict: written({ kind: 'conflict', current: version(5) }),
  full: written({ kind: 'full' }),
  reused: written({ kind: 'reused' }),
  no: written({ kind: 'refused', reason: 'not now' }),
  unknown: written({ kind: 'unknown', reason: 'perhaps' }),
}

class Bench {
  readonly lab: Lab
  nowMs = 0
  #pauseMs = 50

  constructor(lab = new Lab({ me: C, state: state(V2) })) {
    this.lab = lab
    lab.meet(A, 0, { isActive: true, ballot: ballot('2A') })
    lab.parts.forwards.write(1, command('k'), 0)
  }

  /** The next attempt begins and ends. */
  attempt(answer: CallAnswer): void {
    if (this.nowMs > 0) this.tick(this.nowMs)
    const [call] = this.lab.calls('write')
    if (call === undefined) throw new Error('no attempt is under way')
    this.lab.answer(call, answer, this.nowMs)
    this.nowMs += this.#pauseMs
    this.#pauseMs *= 2
  }

  /** When attempts began until then, at every tick; each of them ends at once. */
  attemptsUntil(untilMs: number, answer: CallAnswer): number[] {
    const begun: number[] = []
    for (let nowMs = this.nowMs; nowMs <= untilMs; nowMs += 50) {
      this.tick(nowMs)
      for (const call of this.lab.calls('write')) {
        begun.push(nowMs)
        this.lab.answer(call, answer, nowMs)
      }
    }
    this.nowMs += 50
    return begun
  }

  tick(nowMs: number): void {
    this.nowMs = nowMs
    this.lab.parts.forwards.tick(nowMs)
  }

  outcomes(): string[] {
    const finished = this.lab.new('finish')
    return finished.map(({ ticket, outcome }) => `${ticket}: ${text(outcome as WriteOutcome)}`)
  }
}

function text(outcome: WriteOutcome): string {
  return outcome.kind === 'refused' || outcome.kind === 'unknown'
    ? `${outcome.kind}: ${outcome.reason}`
    : outcome.kind
}

const BROKE = 'the connection to the primary broke'
const SILENT = 'the primary did not answer in time'
const NONE = 'no primary acts now; 2 of 3 known nodes are reachable: try again'
const second = (end: string): string =>
  `unknown: a first attempt may have been applied; a second ended: ${end}`

t.test('applied, not applied or unknown: what the attempts allow to say', async (t) => {
  /** The attempts, then the deadline; what the client hears. */
  const cases: readonly (readonly [string, string])[] = [
    ['applied', 'applied'],
    ['conflict', 'conflict'],
    ['full', 'full'],
    ['reused', 'reused'],
    ['refused', `refused: ${NONE}`],
    ['no', 'refused: not now'],
    ['fenced', `refused: ${NONE}`],
    ['refused fenced no', 'refused: not now'],
    ['late', `unknown: ${SILENT}`],
    ['broken', `unknown: ${BROKE}`],
    ['unknown', 'unknown: perhaps'],
    ['late refused', `unknown: ${NONE}`],
    ['broken no', 'unknown: not now'],
    ['unknown fenced', `unknown: ${NONE}`],
    ['refused applied', 'applied'],
    ['late applied', 'applied'],
    ['broken applied', 'applied'],
    ['no conflict', 'conflict'],
    ['no full', 'full'],
    ['late conflict', second('conflict')],
    ['broken conflict', second('conflict')],
    ['unknown full', second('full')],
    ['late reused', 'reused'],
  ]
  for (const [attempts, expected] of cases) {
    const bench = new Bench()
    for (const name of attempts.split(' ')) bench.attempt(ANSWERS[name] as CallAnswer)
    bench.lab.parts.forwards.tick(DEADLINE_MS)
    t.strictSame(bench.outcomes(), [`1: ${expected}`], attempts)
    t.equal(bench.lab.parts.forwards.count, 0)
  }
})

t.test('an attempt names the view and the whole command, and has 400 ms', async (t) => {
  const bench = new Bench()
  const { to, request, timeoutMs } = bench.lab.call('write')
  t.equal(to, addressOf(A))
  t.equal(timeoutMs, 400)
  t.strictSame(request, { kind: 'write', ballot: ballot('2A'), heard: 1, command: command('k') })
})

t.test('a primary that was never heard is asked at the address that the view names', async (t) => {
  const lab = new Lab({ me: C, state: state(V2) })
  lab.parts.forwards.write(1, command('k'), 0)
  t.equal(lab.call('write').to, addressOf(A))
})

t.test('the next attempt follows after 50 ms and goes to the primary of then', async (t) => {
  const bench = new Bench()
  const first = bench.lab.call('write')
  bench.lab.answer(first, LATE, 400)
  bench.tick(449)
  t.strictSame(bench.lab.calls('write'), [])
  bench.lab.parts.standing.adopt(view('3B', 'B+', { history: '2A' }), 449)
  bench.tick(450)
  const next = bench.lab.call('write')
  t.equal(next.to, addressOf(B))
  t.strictSame(next.request, {
    kind: 'write',
    ballot: ballot('3B'),
    heard: 0,
    command: command('k'),
  })
})

t.test(
  'pauses on one view double from 50 to 400 ms, and begin anew with another view',
  async (t) => {
    const bench = new Bench()
    const no = ANSWERS['no'] as CallAnswer
    t.strictSame(bench.attemptsUntil(1550, no), [0, 50, 150, 350, 750, 1150, 1550])
    // It is tried at the first tick after the view is known, though its pause is not over.
    bench.lab.parts.standing.adopt(view('3B', 'B+', { history: '2A' }), 1600)
    t.strictSame(bench.attemptsUntil(2000, no), [1600, 1650, 1750, 1950])
  },
)

t.test('pauses begin anew when a primary that was gone is heard again', async (t) => {
  const bench = new Bench()
  t.strictSame(bench.attemptsUntil(750, ANSWERS['no'] as CallAnswer), [0, 50, 150, 350, 750])
  bench.tick(1150)
  bench.lab.answer(bench.lab.call('write'), REFUSED, 1150)
  bench.lab.answer(bench.lab.call('ping'), REFUSED, 1150)
  bench.tick(1550)
  t.strictSame(bench.lab.calls('write'), [])
  bench.lab.hear(A, 1570, { isActive: true, ballot: ballot('2A') })
  t.strictSame(bench.attemptsUntil(1750, ANSWERS['no'] as CallAnswer), [1600, 1650, 1750])
})

t.test(
  'at the deadline an attempt under way makes it unknown; its answer comes too late',
  async (t) => {
    const bench = new Bench()
    const call = bench.lab.call('write')
    bench.tick(DEADLINE_MS - 1)
    t.strictSame(bench.outcomes(), [])
    bench.tick(DEADLINE_MS)
    t.match(bench.outcomes(), [/^1: unknown: /])
    bench.lab.answer(call, written(APPLIED), DEADLINE_MS + 1)
    t.strictSame(bench.outcomes(), [])
  },
)

t.test(
  'nobody knocks at the door of a primary that is gone, until it is heard again',
  async (t) => {
    const bench = new Bench()
    bench.lab.answer(bench.lab.call('write'), REFUSED, 1)
    bench.lab.answer(bench.lab.call('ping'), REFUSED, 2)
    bench.tick(100)
    t.strictSame(bench.lab.calls('write'), [])
    bench.lab.hear(A, 120, { isActive: true, ballot: ballot('2A') })
    bench.tick(150)
    t.equal(bench.lab.call('write').to, addressOf(A))
  },
)

t.test('without any view it waits, and says why in the end', async (t) => {
  const bench = new Bench(new Lab({ me: C }))
  bench.tick(DEADLINE_MS)
  const reason = 'no masters have been elected yet; 2 nodes in sight'
  t.strictSame(bench.outcomes(), [`1: refused: ${reason}`])
})

t.test('refused and broken attempts ask whether the primary lives', async (t) => {
  for (const [name, pings] of [
    ['refused', 1],
    ['broken', 1],
    ['late', 0],
    ['fenced', 0],
  ] as const) {
    const bench = new Bench()
    bench.lab.answer(bench.lab.call('write'), ANSWERS[name] as CallAnswer, 1)
    t.equal(bench.lab.calls('ping').length, pings, name)
  }
})

t.test('at the primary itself no call is made', async (t) => {
  const lab = primaryLab(view('2A', 'A+', { roster: 'A' }))
  lab.parts.forwards.write(1, command('k'), 0)
  t.strictSame(lab.calls(), [])
  lab.settle(1)
  t.strictSame(
    lab.new('finish').map(({ ticket, outcome }) => [ticket, outcome.kind]),
    [[1, 'applied']],
  )
})

t.test(
  'at the primary itself a write that is still under way at the deadline is unknown',
  async (t) => {
    const lab = primaryLab(V2)
    lab.parts.forwards.write(1, command('k'), 0)
    lab.parts.forwards.tick(DEADLINE_MS)
    const kinds = (): unknown => lab.new('finish').map(({ outcome }) => outcome.kind)
    t.strictSame(kinds(), ['unknown'])
    lab.parts.stream.drop(DEADLINE_MS + 1)
    t.strictSame(kinds(), [])
  },
)

t.test('an applied write drops the copy before the client hears of it', async (t) => {
  const bench = new Bench()
  bench.lab.answer(bench.lab.call('write'), written(APPLIED), 1)
  const order = bench.lab.take().map((effect) => effect.kind)
  t.strictSame(order, ['drop', 'finish'])
})

t.test('beyond 20,000 writes under way: refused at once', async (t) => {
  const lab = new Lab({ me: C })
  for (let ticket = 1; ticket <= WRITES_MAX; ticket++) {
    lab.parts.forwards.write(ticket, command('k'), 0)
  }
  t.strictSame(lab.new('finish'), [])
  lab.parts.forwards.write(9, command('k'), 0)
  const reason = 'too many writes are under way on this node: try again'
  t.strictSame(
    lab.new('finish').map(({ outcome }) => outcome),
    [{ kind: 'refused', reason }],
  )
})
