// What a node may send to everyone: the bucket, and the queries that it bounds.
import t from 'tap'
import { Allowance } from '../../src/core/allowance.ts'
import { QUERIES_PER_SECOND_MAX } from '../../src/core/limits.ts'
import { Lab } from './lab.ts'
import { A, addressOf, B, C, state, view } from './words.ts'

/** How many of so many are granted. */
function granted(allowance: Allowance, count: number, nowMs: number): number {
  return Array.from({ length: count }, () => allowance.take(nowMs)).filter(Boolean).length
}

t.test('a second’s worth at once, then as many as time has earned', async (t) => {
  const allowance = new Allowance(100)
  const cases: readonly (readonly [atMs: number, asked: number, given: number])[] = [
    [0, 150, 100],
    [9, 1, 0],
    [10, 2, 1],
    [500, 60, 49],
    [100_000, 150, 100],
    [99_000, 1, 0],
    [100_010, 2, 1],
  ]
  for (const [atMs, asked, given] of cases) {
    t.equal(granted(allowance, asked, atMs), given, `${asked} at ${atMs} ms`)
  }
})

t.test('beyond 2,000 queries a second a master is asked at once', async (t) => {
  let nonce = 0
  const random = () => ++nonce / 2 ** 32
  const lab = new Lab({ me: C, state: state(view('2A', 'A+ B+')), random })
  lab.meet(A, 0)
  lab.meet(B, 0)
  lab.take()
  const asked = (key: string, nowMs: number): string[] => {
    lab.parts.lookups.read(nonce, { key, strength: 'fresh' }, nowMs)
    return lab.take().flatMap((effect) => {
      if (effect.kind === 'send') return `${effect.datagram.kind} ${effect.to}`
      return effect.kind === 'call' ? `${effect.request.kind} ${effect.to}` : []
    })
  }
  for (let i = 0; i < QUERIES_PER_SECOND_MAX; i++) {
    t.same(asked(`k${i}`, 0), ['query everyone'])
  }
  t.same(asked('one more', 0), [`read ${addressOf(A)}`])
  t.same(asked('a moment later', 1), ['query everyone'])
})
