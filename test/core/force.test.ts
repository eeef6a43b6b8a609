// The order to go on without the holders of the newest data: who refuses it, and what is saved first.
import t from 'tap'
import { SALVAGE_WAIT_MS } from '../../src/core/limits.ts'
import type { NodeResponse } from '../../src/core/messages.ts'
import type { Copy, Entry, OrderOutcome } from '../../src/core/types.ts'
import { Lab, type LabOptions } from './lab.ts'
import { A, addressOf, B, ballot, C, D, entry, LATE, REFUSED, response } from './words.ts'
import { state, version, view } from './words.ts'

/** A and B are its holders; C and D are not. */
const LOST = view('3A', 'A+ B+', { history: '1A 2A', roster: 'ABCD' })

/** C, which sees D. */
function bench(options: Partial<LabOptions> = {}): Lab {
  const lab = new Lab({ me: C, state: state(LOST), ...options })
  lab.parts.self.setWall(0, 0)
  lab.parts.self.phase = 'member'
  lab.meet(D, 0)
  return lab
}

/** Gives the order; what came of it so far. */
function order(lab: Lab, nowMs = 0): OrderOutcome[] {
  const outcomes: OrderOutcome[] = []
  lab.parts.force.take((outcome) => outcomes.push(outcome), nowMs)
  return outcomes
}

function copy(of: Entry): Copy {
  return { key: of.key, known: { kind: 'entry', entry: of }, provenAtMs: 0, run: 0 }
}

const holds = (name: string): string =>
  `${name} has data that the cluster can go on with by itself: wait for it, or stop it if it is not ` +
  'to be used, and look at /cluster for what else is missing'

t.test('who refuses at once', async (t) => {
  const refusals: readonly [string, Lab, OrderOutcome][] = [
    [
      'a witness',
      bench({ isWitness: true }),
      {
        kind: 'declined',
        reason: 'this node is a witness and cannot lead: give the order to another node',
      },
    ],
    [
      'a stranger',
      bench({ state: state(undefined) }),
      {
        kind: 'declined',
        reason: 'this node was never part of a cluster: give the order to one that was',
      },
    ],
    [
      'a holder',
      bench({ state: state(view('3A', 'A+ C+')) }),
      { kind: 'declined', reason: holds(addressOf(C)) },
    ],
  ]
  for (const [who, lab, outcome] of refusals) t.strictSame(order(lab), [outcome], who)
  const joining = bench()
  joining.parts.self.phase = 'joining'
  t.equal(order(joining)[0]?.kind, 'failed')
})

t.test('a holder in sight refuses, also one that cannot be reached any more', async (t) => {
  const lab = bench()
  lab.hear(A, 0)
  t.strictSame(order(lab), [{ kind: 'declined', reason: holds(addressOf(A)) }])
  const without = bench({ rules: { forceRefusedWhileHolderKnown: false } })
  without.hear(A, 0)
  t.strictSame(order(without), [])
})

t.test('a holder does not refuse where newer data would be waited for without end', async (t) => {
  const lab = bench({ state: state(view('3A', 'A+ C+')) })
  lab.parts.proposer.wanting.chose({ kind: 'stuck', reason: 'it is on B' })
  t.equal(lab.parts.proposer.trouble, 'it is on B')
  t.strictSame(order(lab), [])
  t.equal(lab.calls('salvage').length, 1)
  const nudging = bench({ state: state(view('3A', 'A+ C+')) })
  nudging.parts.proposer.wanting.chose({ kind: 'stuck', reason: 'it is on B' })
  nudging.parts.proposer.wanting.chose({ kind: 'nudge', to: [D], isDeferral: false })
  t.strictSame(order(nudging), [{ kind: 'declined', reason: holds(addressOf(C)) }])
})

t.test('a primary that acts refuses', async (t) => {
  const lab = bench({ state: state(view('3D', 'D+ B-')) })
  lab.meet(D, 0, { isActive: true, ballot: ballot('3D') })
  t.strictSame(order(lab), [
    { kind: 'declined', reason: `there is nothing to force: ${addressOf(D)} is primary` },
  ])
})

t.test('everybody in sight saves its copies, then a view is proposed', async (t) => {
  const lab = bench()
  const outcomes = order(lab)
  const call = lab.call('salvage')
  t.equal(call.to, addressOf(D))
  t.equal(call.timeoutMs, SALVAGE_WAIT_MS)
  lab.parts.force.tick(100)
  t.strictSame(lab.calls('prepare'), [], 'not yet')
  lab.answer(call, response(D, { kind: 'salvaged', copies: 2 }), 200)
  lab.settle(200)
  t.strictSame(
    lab
      .calls('prepare')
      .map(({ to, request }) => [to, request.kind === 'prepare' && request.reason]),
    [[addressOf(D), 'forced']],
  )
  t.strictSame(outcomes, [])
  t.strictSame(order(lab), [
    { kind: 'failed', reason: 'this order is under way: wait for its end' },
  ])
})

const ANSWERS: readonly (readonly [NodeResponse, OrderOutcome])[] = [
  [
    { kind: 'unneeded', reason: 'B has it' },
    { kind: 'declined', reason: `${addressOf(D)} says: B has it` },
  ],
  [
    { kind: 'unable', reason: 'its store is full' },
    {
      kind: 'failed',
      reason: `${addressOf(D)} cannot save its copies (its store is full): give it more room, or stop it`,
    },
  ],
]

t.test('what another node says ends it, and nobody is asked for a promise', async (t) => {
  for (const [answer, outcome] of ANSWERS) {
    const lab = bench()
    const outcomes = order(lab)
    lab.answer(lab.call('salvage'), response(D, answer), 10)
    t.strictSame(outcomes, [outcome])
    lab.parts.force.tick(1000)
    t.strictSame(lab.calls('prepare'), [])
  }
  for (const end of [LATE, REFUSED]) {
    const lab = bench()
    const outcomes = order(lab)
    lab.answer(lab.call('salvage'), end, 10)
    t.equal(outcomes[0]?.kind, 'failed')
  }
})

t.test('a node that does not get done in time', async (t) => {
  const lab = bench()
  const outcomes = order(lab)
  lab.parts.force.tick(SALVAGE_WAIT_MS - 1)
  t.strictSame(outcomes, [])
  lab.parts.force.tick(SALVAGE_WAIT_MS)
  t.strictSame(outcomes, [
    {
      kind: 'failed',
      reason: `the copies of ${addressOf(D)} are not saved yet: give the order again`,
    },
  ])
})

// ---- at the nodes that are asked -----------------------------------------------------------------

/** The answer to `salvage` when everything is flushed. */
function salvage(lab: Lab): NodeResponse | undefined {
  lab.take()
  lab.parts.force.asked(1, 0)
  for (;;) {
    lab.flush(0)
    const effects = lab.take()
    for (const effect of effects) if (effect.kind === 'wake') lab.out.woken(effect.ticket, 0)
    const responses = effects.filter((effect) => effect.kind === 'respond')
    if (responses[0] !== undefined) return responses[0].response
    if (effects.length === 0) return undefined
  }
}

t.test('copies that are newer go to the store, others do not', async (t) => {
  const stored = [entry('old', version(1)), entry('new', version(5))]
  const lab = bench({ entries: stored })
  const copies = [
    entry('old', version(3)),
    entry('new', version(4)),
    entry('other', version(9)),
    entry('gone', version(6), { value: undefined }),
  ]
  for (const of of copies) lab.copies.set(of.key, copy(of))
  lab.copies.set('absent', { ...copy(entry('absent', version(1))), known: { kind: 'absent' } })
  t.strictSame(salvage(lab), { kind: 'salvaged', copies: 3 })
  const held = ['old', 'new', 'other', 'gone'].map((key) => lab.store.get(key)?.version)
  t.strictSame(held, [version(3), version(5), version(9), version(6)])
  t.equal(lab.store.get('absent'), undefined)
  t.ok(lab.parts.self.sender().clock >= version(9), 'its clock is above them')
  t.strictSame(salvage(lab), { kind: 'salvaged', copies: 0 }, 'again')
})

t.test('the answer waits for the disk', async (t) => {
  const lab = bench()
  lab.copies.set('key', copy(entry('key', version(3))))
  lab.parts.force.asked(1, 0)
  t.strictSame(lab.new('respond'), [])
  lab.settle(0)
  t.strictSame(lab.new('respond')[0]?.response, { kind: 'salvaged', copies: 1 })
})

t.test('more copies than one batch may have', async (t) => {
  const lab = bench()
  for (let i = 0; i < 2500; i++) {
    lab.copies.set(`k${i}`, copy(entry(`k${i}`, version(1 + (i % 2) * i))))
  }
  t.strictSame(salvage(lab), { kind: 'salvaged', copies: 2500 })
  t.equal(lab.store.keyCount, 2500)
})

t.test('a full store, or a holder that came back meanwhile', async (t) => {
  const full = bench({ bytesMax: 1, entries: [entry('full', version(1))] })
  full.copies.set('key', copy(entry('key', version(3))))
  t.strictSame(salvage(full), { kind: 'unable', reason: 'its store is full' })
  const lab = bench()
  lab.copies.set('key', copy(entry('key', version(3))))
  lab.parts.force.asked(1, 0)
  lab.hear(B, 0)
  lab.settle(0)
  t.strictSame(lab.new('respond')[0]?.response, { kind: 'unneeded', reason: holds(addressOf(B)) })
})
