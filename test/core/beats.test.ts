// Heartbeats: what they say, to whom they go and when.
import t from 'tap'
import { BEAT_EVERY_MS, BEAT_LINEAGES_MAX, ECHOES_MAX, NODES_MAX } from '../../src/core/limits.ts'
import type { Beat } from '../../src/core/messages.ts'
import { Lab, primaryLab } from './lab.ts'
import { A, B, ballot, beat, entry, node, sender, state, version, view } from './words.ts'

const V2 = view('2A', 'A+ B+')

function beats(lab: Lab): { to: string; beat: Beat }[] {
  return lab.new('send').flatMap(({ to, datagram }) => {
    return datagram.kind === 'beat' ? [{ to, beat: datagram }] : []
  })
}

t.test('one to everyone every 250 ms, and at once when something changed', async (t) => {
  const lab = new Lab({ me: A })
  const due = (nowMs: number): number => {
    lab.parts.beats.sendIfDue(nowMs)
    return beats(lab).length
  }
  t.strictSame([0, 1, BEAT_EVERY_MS - 1, BEAT_EVERY_MS].map(due), [1, 0, 0, 1])
  lab.parts.beats.hurry()
  t.strictSame([300, 301, 549, 550].map(due), [1, 0, 0, 1])
})

t.test('a beat of a node without a view', async (t) => {
  const lab = new Lab({ me: A, entries: [entry('a', version(1)), entry('b', version(1), {})] })
  lab.parts.self.setWall(5000.4, 0)
  lab.parts.beats.tick(3.6, 0)
  t.strictSame(beats(lab), [
    {
      to: 'everyone',
      beat: beat(A, { phase: 'joining', keyCount: 1, loopLagMs: 4, wallMs: 5000 }),
    },
  ])
})

t.test('a beat of an active primary and of the other master', async (t) => {
  const primary = primaryLab(view('2A', 'A+ B-'))
  primary.parts.beats.sendIfDue(0)
  const [first] = beats(primary)
  const stream = ballot('2A')
  const echoes = [{ node: 11, incarnation: 1, beat: 1 }]
  const words = { ballot: ballot('2A'), promised: ballot('2A') }
  t.strictSame(
    first?.beat,
    beat(A, {
      ...words,
      phase: 'joining',
      isActive: true,
      lineages: [ballot('2A')],
      master: { committed: { stream, seq: 0 }, holdsLease: true, echoes },
    }),
  )
  const second = new Lab({ me: B, state: state(view('2A', 'A+ B-', { seq: 7 })) })
  second.parts.beats.sendIfDue(0)
  t.strictSame(
    beats(second)[0]?.beat,
    beat(B, {
      ...words,
      phase: 'joining',
      master: {
        committed: { stream, seq: 7 },
        holdsLease: false,

        echoes: [],
      },
    }),
  )
})

t.test('the worst lag since the last beat is told once', async (t) => {
  const lab = new Lab({ me: A })
  const told: (number | undefined)[] = []
  for (const [lagMs, nowMs] of [
    [5, 0],
    [90, 50],
    [10, 100],
    [1, 250],
    [2, 500],
  ] as const) {
    lab.parts.beats.tick(lagMs, nowMs)
    told.push(...beats(lab).map(({ beat }) => beat.loopLagMs))
  }
  t.strictSame(told, [5, 90, 2])
})

t.test('of many debts the last eight are named', async (t) => {
  const owed = Array.from({ length: 9 }, (_, i) => view(`${i + 1}C`, 'A+'))
  const lab = new Lab({ me: A, state: state(view('20C', 'C+'), { owed }) })
  lab.parts.beats.sendIfDue(0)
  const { lineages } = beats(lab)[0]?.beat ?? beat(A)
  t.equal(lineages.length, BEAT_LINEAGES_MAX)
  t.strictSame(lineages[0], ballot('2C'))
})

t.test('in a large cluster the echoes take turns, and nobody is left out', async (t) => {
  const lab = primaryLab(V2)
  const others = NODES_MAX - 2
  for (let i = 0; i < others; i++) {
    const id = node((i + 256).toString(16))
    lab.hear(id, 0)
    lab.parts.leases.heard(sender(id), beat(id))
  }
  lab.take()
  const seen = new Map<number, number>()
  for (let turn = 0; turn < 3; turn++) {
    lab.parts.beats.hurry()
    lab.parts.beats.sendIfDue(turn)
    const echoes = beats(lab)[0]?.beat.master?.echoes ?? []
    t.equal(echoes.length, ECHOES_MAX)
    t.equal(new Set(echoes.map((e) => e.node)).size, ECHOES_MAX)
    for (const { node } of echoes) seen.set(node, 1)
  }
  t.equal(seen.size, others + 1)
})

t.test('who is forgotten is not echoed any more', async (t) => {
  const lab = primaryLab(V2)
  lab.parts.leases.heard(sender(node('E')), beat(node('E')))
  lab.parts.beats.sendIfDue(0)
  const echoes = beats(lab)[0]?.beat.master?.echoes.map((e) => e.node)
  t.strictSame(echoes, [11])
})
