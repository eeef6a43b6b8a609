import fc from 'fast-check'
import t from 'tap'
import { ReplayWindow } from '../../src/wire/replay-window.ts'
import { holds } from './holds.ts'

t.test('a number is accepted once, and while it is in the window', async (t) => {
  const cases: readonly (readonly [number, boolean])[] = [
    [0, false],
    [1, true],
    [1, false],
    [5, true],
    [3, true],
    [3, false],
    [1026, true],
    [2, false],
    [4, true],
    [1025, true],
    [1_000_000, true],
    [1_000_000 - 1024, false],
    [1_000_000 - 1023, true],
    [Number.MAX_SAFE_INTEGER, true],
    [Number.MAX_SAFE_INTEGER, false],
    [Number.MAX_SAFE_INTEGER - 1023, true],
  ]
  const window = new ReplayWindow({ size: 1024, floor: 0 })
  for (const [counter, expected] of cases) t.equal(window.accept(counter), expected, `${counter}`)
})

t.test('it agrees with a set of everything seen', async (t) => {
  const step = fc.oneof(fc.integer({ min: -1100, max: 40 }), fc.integer({ min: 0, max: 3000 }))
  const property = fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const window = new ReplayWindow({ size: 1024, floor: 0 })
    const seen = new Set<number>()
    let highest = 0
    return steps.every((step) => {
      const counter = Math.max(0, highest + step)
      const expected = counter > 0 && counter > highest - 1024 && !seen.has(counter)
      seen.add(counter)
      highest = Math.max(highest, counter)
      return window.accept(counter) === expected
    })
  })
  holds(t, property, 500)
})

t.test('numbers up to the floor count as seen', async (t) => {
  const window = new ReplayWindow({ size: 64, floor: 5000 })
  const cases: readonly (readonly [number, boolean])[] = [
    [4999, false],
    [5000, false],
    [5001, true],
    [5001, false],
    [5100, true],
    [5036, false],
    [5037, true],
  ]
  for (const [number, expected] of cases) t.equal(window.accept(number), expected, `${number}`)
})
