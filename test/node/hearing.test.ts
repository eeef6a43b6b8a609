// What a node remembers of whom it hears: ways, loss, clocks, strangers, and never more than so many.
import t from 'tap'
import type { Way } from '../../src/core/types.ts'
import { BeatWindow } from '../../src/node/beat-window.ts'
import { Hearing } from '../../src/node/hearing.ts'
import {
  HEARD_WITHIN_MS,
  LOSS_BEATS,
  STRANGER_KEEP_MS,
  STRANGERS_MAX,
} from '../../src/node/limits.ts'
import { NODES_MAX } from '../../src/core/limits.ts'
import { A, B, beat } from '../core/words.ts'

/** What came: `m` by multicast, `u` by unicast, `-` lost, from beat `first` on. */
const LOSSES: readonly (readonly [title: string, first: number, came: string, lost: number])[] = [
  ['all by multicast', 1, 'mmmm', 0],
  ['met in the middle of its life', 5000, 'mmmm', 0],
  ['one of four lost, told by the next', 1, 'mm-m', 0.25],
  ['what comes by unicast was lost by multicast', 1, 'muuu', 0.75],
  ['only by unicast', 7, 'uu', 1],
  ['lost at the end is not lost yet', 1, 'mm--', 0],
  ['older than the window does not count', 1, `-${'m'.repeat(LOSS_BEATS)}`, 0],
  ['the window is half lost', 1, `${'m'.repeat(LOSS_BEATS)}${'-m'.repeat(LOSS_BEATS / 2)}`, 0.5],
]

t.test('loss is told by the numbers of heartbeats', (t) => {
  for (const [title, first, came, lost] of LOSSES) {
    const window = new BeatWindow()
    for (const [at, how] of came.split('').entries()) {
      if (how !== '-') window.note(first + at, how === 'm')
    }
    t.equal(window.lostShare(), lost, title)
  }
  t.equal(new BeatWindow().lostShare(), undefined, 'nobody heard')
  t.end()
})

t.test('late and doubled heartbeats change nothing', (t) => {
  const window = new BeatWindow()
  for (const number of [1, 2, 3, 3]) window.note(number, true)
  window.note(2, false)
  t.equal(window.lostShare(), 0)
  window.note(LOSS_BEATS + 3, true)
  window.note(3, true)
  t.equal(window.lostShare(), 1 - 1 / LOSS_BEATS)
  t.end()
})

class Lab {
  nowMs = 1000
  readonly hearing = new Hearing({ monotonicMs: () => this.nowMs, wallMs: () => this.nowMs })

  hear(
    id: string,
    way: Way,
    more: { number?: number; incarnation?: number; aheadMs?: number } = {},
  ) {
    const { number = 1, incarnation = 1, aheadMs = 0 } = more
    const wallMs = this.nowMs + aheadMs
    this.hearing.heard({
      from: `${id}:1`,
      way,
      sender: { id, incarnation, clock: '' },
      datagram: beat(id, { beat: number, address: `${id}:8181`, wallMs }),
    })
  }
}

t.test('a node is heard by a way as long as packets of it come that way', (t) => {
  const lab = new Lab()
  t.strictSame(lab.hearing.heardBy(A), [])
  lab.hear(A, 'unicast')
  lab.hear(A, 'multicast')
  t.strictSame(lab.hearing.heardBy(A), ['multicast', 'unicast'])
  t.strictSame(lab.hearing.heardBy(B), [])
  lab.nowMs += HEARD_WITHIN_MS
  lab.hear(A, 'unicast', { number: 2, aheadMs: -300 })
  lab.nowMs += 1
  t.strictSame(lab.hearing.heardBy(A), ['unicast'])
  t.strictSame(lab.hearing.nodes(), [
    {
      id: A,
      address: `${A}:8181`,
      multicastMs: HEARD_WITHIN_MS + 1,
      unicastMs: 1,
      lostShare: 0.5,
      clockAheadMs: -300,
    },
  ])
  t.end()
})

t.test('a restarted node counts its heartbeats anew', (t) => {
  const lab = new Lab()
  lab.hear(A, 'multicast', { number: 500 })
  lab.hear(A, 'multicast', { number: 1, incarnation: 2 })
  lab.hear(A, 'multicast', { number: 4, incarnation: 2 })
  t.equal(lab.hearing.nodes()[0]?.lostShare, 0.5, 'of four two are lost')
  t.end()
})

t.test('nodes and strangers are so many at most; the silent give way', (t) => {
  const lab = new Lab()
  for (let n = 0; n < 2 * NODES_MAX; n++) lab.hear(String(n), 'multicast')
  t.equal(lab.hearing.nodes().length, NODES_MAX + 1)
  lab.hear('0', 'multicast')
  t.equal(lab.hearing.nodes().length, NODES_MAX + 1, 'one that is known stays')
  lab.nowMs += 2 * 60 * 60 * 1000
  lab.hear('late', 'multicast')
  t.equal(lab.hearing.nodes().length, NODES_MAX + 1)
  t.strictSame(lab.hearing.heardBy('late'), ['multicast'])

  for (let n = 0; n < 2 * STRANGERS_MAX; n++) lab.hearing.refused('cluster', `10.0.0.1:${n}`)
  t.equal(lab.hearing.strangers().length, STRANGERS_MAX)
  lab.nowMs += STRANGER_KEEP_MS + 1
  lab.hearing.refused('key', 'new')
  t.equal(lab.hearing.strangers().length, STRANGERS_MAX)
  lab.hearing.refused('tag', 'new')
  const [last] = lab.hearing.strangers().slice(-1)
  t.strictSame(last, { address: 'new', reason: 'tag', packets: 2, lastMs: 0 })
  t.end()
})

t.test('refusals of single packets make nobody a stranger', (t) => {
  const { hearing } = new Lab()
  for (const reason of ['replay', 'stranger', 'stale', 'crowded', 'body'] as const) {
    hearing.refused(reason, '10.0.0.1:1')
  }
  t.strictSame(hearing.strangers(), [])
  t.end()
})
