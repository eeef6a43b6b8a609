// However much is refused, the log grows by a line a minute, and nothing is left uncounted.
import t from 'tap'
import { Refusals } from '../../src/node/refusals.ts'

/** Minutes pass when a test says so. */
function bench() {
  const lines: string[] = []
  let timer: (() => void) | undefined
  const refusals = new Refusals(['cluster', 'tag', 'replay'] as const, {
    event: 'packets-refused',
    log: (level, event, fields) => void lines.push(`${level} ${event} ${JSON.stringify(fields)}`),
    after: (waitMs, work) => {
      t.equal(waitMs, 60_000)
      timer = work
      return () => {
        timer = undefined
      }
    },
  })
  const minute = (): void => {
    const work = timer
    timer = undefined
    work?.()
  }
  return { refusals, minute, lines, said: () => lines.splice(0) }
}

t.test('the first is said at once, the rest of a minute together', async (t) => {
  const { refusals, minute, said } = bench()
  refusals.count('tag', '10.0.0.9:1')
  t.same(said(), ['warn packets-refused {"tag":1,"example":"10.0.0.9:1"}'])
  for (let i = 0; i < 100_000; i++) refusals.count(i % 2 === 0 ? 'tag' : 'replay', `10.0.0.8:${i}`)
  t.same(said(), [])
  minute()
  t.same(said(), ['warn packets-refused {"tag":50000,"replay":50000,"example":"10.0.0.8:99999"}'])
  minute()
  t.same(said(), [], 'a quiet minute')
  refusals.count('replay', '10.0.0.9:2')
  t.same(said(), ['warn packets-refused {"replay":1,"example":"10.0.0.9:2"}'])
  t.same(refusals.totals(), { cluster: 0, tag: 50_001, replay: 50_001 })
})

t.test('what is ordinary is no warning, and no example beside what is not', async (t) => {
  const { refusals, minute, said } = bench()
  refusals.count('cluster', '10.0.0.9:1')
  t.same(said(), ['debug packets-refused {"cluster":1,"example":"10.0.0.9:1"}'])
  refusals.count('tag', '10.0.0.8:1')
  refusals.count('cluster', '10.0.0.9:1')
  minute()
  t.same(said(), ['warn packets-refused {"tag":1,"cluster":1,"example":"10.0.0.8:1"}'])
})

t.test('what was not said yet is said at the end, and nothing after it', async (t) => {
  const { refusals, minute, said } = bench()
  refusals.count('tag', '10.0.0.9:1')
  refusals.count('tag', '10.0.0.9:2')
  refusals.stop()
  refusals.stop()
  t.equal(said().length, 2)
  minute()
  t.same(said(), [])
})
