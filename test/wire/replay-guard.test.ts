// Whose numbers are remembered, for how long, and who gives way to whom.
import t from 'tap'
import { ReplayGuard } from '../../src/wire/replay-guard.ts'

const A = 'a'.repeat(16)
const B = 'b'.repeat(16)
const C = 'c'.repeat(16)

const guardOf = () =>
  new ReplayGuard({ windowSize: 64, sendersMax: 2, keepMs: 1000, forgetMs: 10_000 })

t.test('a sender must be met, and each of its numbers counts once', async (t) => {
  const guard = guardOf()
  t.notOk(guard.accept({ id: A, incarnation: 3, number: 1 }, 0), 'not met')
  t.ok(guard.meet({ id: A, incarnation: 3 }, 9, 0))
  const cases: readonly (readonly [number, boolean])[] = [
    [9, false],
    [10, true],
    [10, false],
    [200, true],
    [11, false],
    [137, true],
    [137, false],
  ]
  for (const [number, expected] of cases) {
    t.equal(guard.accept({ id: A, incarnation: 3, number }, 0), expected, `${number}`)
  }
})

t.test('a later incarnation replaces an earlier one, which does not come back', async (t) => {
  const guard = guardOf()
  guard.meet({ id: A, incarnation: 3 }, 0, 0)
  t.notOk(guard.knows({ id: A, incarnation: 4 }, 0))
  t.notOk(guard.accept({ id: A, incarnation: 4, number: 1 }, 0))
  t.ok(guard.meet({ id: A, incarnation: 4 }, 0, 0))
  t.ok(guard.accept({ id: A, incarnation: 4, number: 1 }, 0))
  t.ok(guard.knows({ id: A, incarnation: 3 }, 9999), 'known as earlier')
  t.notOk(guard.accept({ id: A, incarnation: 3, number: 77 }, 9999))
  t.notOk(guard.meet({ id: A, incarnation: 3 }, 0, 9999))
  t.equal(guard.size, 1)
})

t.test('after a long silence it may: its disk was restored from a backup', async (t) => {
  const guard = guardOf()
  guard.meet({ id: A, incarnation: 4 }, 0, 0)
  t.notOk(guard.knows({ id: A, incarnation: 3 }, 10_000))
  t.ok(guard.meet({ id: A, incarnation: 3 }, 0, 10_000))
  t.ok(guard.accept({ id: A, incarnation: 3, number: 1 }, 10_000))
})

t.test('the same incarnation is never forgotten while there is room', async (t) => {
  const guard = guardOf()
  guard.meet({ id: A, incarnation: 4 }, 0, 0)
  guard.accept({ id: A, incarnation: 4, number: 5 }, 0)
  t.ok(guard.knows({ id: A, incarnation: 4 }, 1e12))
  t.notOk(guard.accept({ id: A, incarnation: 4, number: 5 }, 1e12))
})

t.test('the one silent for longest gives way, and nobody who was heard a moment ago', async (t) => {
  const guard = guardOf()
  guard.meet({ id: A, incarnation: 1 }, 0, 0)
  guard.meet({ id: B, incarnation: 1 }, 0, 100)
  t.notOk(guard.meet({ id: C, incarnation: 1 }, 0, 999), 'A was heard 999 ms ago')
  t.ok(guard.accept({ id: A, incarnation: 1, number: 1 }, 999))
  t.notOk(guard.meet({ id: C, incarnation: 1 }, 0, 1099), 'B was heard 999 ms ago')
  t.ok(guard.meet({ id: C, incarnation: 1 }, 0, 1100))
  t.ok(guard.knows({ id: A, incarnation: 1 }, 1100), 'A stayed')
  t.notOk(guard.knows({ id: B, incarnation: 1 }, 1100), 'B gave way')
  t.equal(guard.size, 2)
})

t.test('a number that is refused keeps nobody young', async (t) => {
  const guard = guardOf()
  guard.meet({ id: A, incarnation: 1 }, 0, 0)
  guard.accept({ id: A, incarnation: 1, number: 1 }, 0)
  guard.meet({ id: B, incarnation: 1 }, 0, 500)
  t.notOk(guard.accept({ id: A, incarnation: 1, number: 1 }, 900))
  t.ok(guard.meet({ id: C, incarnation: 1 }, 0, 1000))
  t.notOk(guard.knows({ id: A, incarnation: 1 }, 1000))
})
