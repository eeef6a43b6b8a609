// What an echo of our own heartbeats proves, and for when.
import t from 'tap'
import { shortId } from '../../src/core/leases.ts'
import type { Beat } from '../../src/core/messages.ts'
import { Lab, primaryLab } from './lab.ts'
import { A, B, ballot, beat, C, D, sender, state, view } from './words.ts'

const V2 = view('2A', 'A+ B+')
const POSITION = { stream: ballot('2A'), seq: 0 }

const always = (): boolean => true

interface EchoWords extends Partial<Beat> {
  readonly of?: string
  readonly echo: number
  readonly life?: number
  readonly holdsLease?: boolean
}

/** A master's heartbeat that echoes this beat of this node. */
function echo({ of = A, echo, life = 1, holdsLease = true, ...more }: EchoWords): Beat {
  const echoes = [{ node: shortId(of), incarnation: life, beat: echo }]
  const master = { committed: POSITION, holdsLease, echoes }
  return beat(B, { ballot: ballot('2A'), promised: ballot('2A'), master, ...more })
}

t.test('a short id is the low 32 bits', async (t) => {
  t.equal(shortId('00000001ffffffff'), 0xffffffff)
  t.equal(shortId('ffffffff00000002'), 2)
})

t.test('heartbeats are numbered from 1, and the last 64 are remembered', async (t) => {
  const { leases } = primaryLab(V2).parts
  for (let i = 1; i <= 65; i++) t.equal(leases.nextBeat(i * 10), i)
  leases.heard(sender(B), echo({ echo: 1 }))
  t.equal(leases.primaryProvenAtMs(), -Infinity)
  leases.heard(sender(B), echo({ echo: 2 }))
  t.equal(leases.primaryProvenAtMs(), 20)
})

t.test(
  'an echo proves the moment at which that heartbeat was sent, and nothing later',
  async (t) => {
    /** What B says, after our beats at 100 and 200; since when the primary is proven. */
    const cases: readonly (readonly [string, EchoWords, number])[] = [
      ['the newest', { echo: 2 }, 200],
      ['an older one', { echo: 1 }, 100],
      ['one never sent', { echo: 3 }, -Infinity],
      ['of another node', { echo: 2, of: C }, -Infinity],
      ['of another life', { echo: 2, life: 2 }, -Infinity],
      ['with a higher promise', { echo: 2, promised: ballot('3C') }, -Infinity],
      ['for another view', { echo: 2, ballot: ballot('1A') }, -Infinity],
    ]
    for (const [title, words, expected] of cases) {
      const { leases } = primaryLab(V2).parts
      leases.nextBeat(100)
      leases.nextBeat(200)
      leases.heard(sender(B), echo(words))
      t.equal(leases.primaryProvenAtMs(), expected, title)
    }
  },
)

t.test('an incarnation is compared by its low 16 bits', async (t) => {
  const long = new Lab({ me: B, incarnation: 65_538, state: state(V2) })
  const { leases } = long.parts
  leases.heard(sender(A, 65_537), beat(A, { beat: 9 }))
  t.strictSame(leases.echoes(always), [{ node: shortId(A), incarnation: 1, beat: 9 }])
})

t.test('a proof never goes back for the same view', async (t) => {
  const { leases } = primaryLab(V2).parts
  leases.prove(B, ballot('2A'), 200)
  leases.prove(B, ballot('2A'), 100)
  t.equal(leases.primaryProvenAtMs(), 200)
  leases.prove(B, ballot('3A'), 300)
  t.equal(leases.primaryProvenAtMs(), -Infinity)
})

t.test('a primary is proven as of the oldest word of those in sync', async (t) => {
  const cases: readonly (readonly [string, readonly (readonly [string, number])[], number])[] = [
    [
      'A+ B+ C+',
      [
        [B, 100],
        [C, 200],
      ],
      100,
    ],
    ['A+ B+ C+', [[B, 100]], -Infinity],
    ['A+ B+ C-', [[B, 100]], 100],
    ['A+ B-', [], Infinity],
    ['A+', [], Infinity],
  ]
  for (const [masters, proofs, expected] of cases) {
    const { leases } = primaryLab(view('2A', masters)).parts
    for (const [id, atMs] of proofs) leases.prove(id, ballot('2A'), atMs)
    t.equal(leases.primaryProvenAtMs(), expected, masters)
  }
})

t.test('a primary that is not active or not this node proves nothing', async (t) => {
  const { leases } = new Lab({ me: A, state: state(V2) }).parts
  leases.prove(B, ballot('2A'), 100)
  t.equal(leases.primaryProvenAtMs(), -Infinity)
})

t.test('the other master believes only a primary that acts and holds its own lease', async (t) => {
  const cases: readonly (readonly [string, EchoWords, number])[] = [
    ['it does', { of: B, echo: 1, isActive: true }, 100],
    ['not active', { of: B, echo: 1 }, -Infinity],
    ['without its lease', { of: B, echo: 1, isActive: true, holdsLease: false }, -Infinity],
  ]
  for (const [title, words, expected] of cases) {
    const { leases } = new Lab({ me: B, state: state(V2) }).parts
    leases.nextBeat(100)
    leases.heard(sender(A), echo(words))
    t.equal(leases.masterProvenAtMs(), expected, title)
  }
})

t.test('leases end 1000 ms after their proof', async (t) => {
  const primary = primaryLab(V2).parts.leases
  primary.prove(B, ballot('2A'), 100)
  t.strictSame(
    [1100, 1101].map((nowMs) => primary.primaryHoldsLease(nowMs)),
    [true, false],
  )
  const second = new Lab({ me: B, state: state(V2) }).parts.leases
  second.prove(A, ballot('2A'), 100)
  t.strictSame(
    [1100, 1101].map((nowMs) => second.masterHoldsLease(nowMs)),
    [true, false],
  )
})

t.test('echoes name the newest beat of each node that is still there', async (t) => {
  const { leases } = new Lab({ me: A }).parts
  leases.heard(sender(C), beat(C, { beat: 4 }))
  leases.heard(sender(C), beat(C, { beat: 5 }))
  leases.heard(sender(D, 3), beat(D, { beat: 1 }))
  const of = (id: string, incarnation: number, number: number): unknown => ({
    node: shortId(id),
    incarnation,
    beat: number,
  })
  t.strictSame(leases.echoes(always), [of(C, 1, 5), of(D, 3, 1)])
  t.strictSame(
    leases.echoes((id) => id !== C),
    [of(D, 3, 1)],
  )
  t.strictSame(leases.echoes(always), [of(D, 3, 1)])
  leases.forget(D)
  t.strictSame(leases.echoes(always), [])
})
