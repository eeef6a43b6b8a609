// The nodes that an operator named: names that are known late, change, or are not known any more.
import t from 'tap'
import { NAMES_AGAIN_MS, NAMES_EVERY_MS } from '../../src/node/limits.ts'
import { Seeds } from '../../src/node/seeds.ts'

/** A name service that the test fills, and a clock that waits for the test. */
function bench(nodes: readonly string[]) {
  const names = new Map<string, string>()
  const found: (readonly string[])[] = []
  const logged: unknown[] = []
  const waits: { ms: number; work: () => void }[] = []
  const seeds = new Seeds(nodes, {
    addressOfHost: (host) => Promise.resolve(names.get(host)),
    lookFor: (addresses) => void found.push(addresses),
    log: (event, fields) => void logged.push([event, fields]),
    after: (ms, work) => {
      waits.push({ ms, work })
      return () => void waits.splice(0)
    },
  })
  /** The last wait ends, and all its lookups do. */
  const turn = async (): Promise<number> => {
    const wait = waits.pop()
    if (wait === undefined) throw new Error('nothing waits')
    wait.work()
    while (waits.length === 0) await Promise.resolve()
    return wait.ms
  }
  return { names, found, logged, waits, seeds, turn }
}

t.test('nobody is looked for when nobody was named', async (t) => {
  const { seeds, found, waits } = bench([])
  await seeds.start()
  t.same([found, waits], [[], []])
})

t.test('names are looked up again, sooner while one is unknown', async (t) => {
  const { names, seeds, found, logged, turn, waits } = bench(['a:1', 'b:2'])
  names.set('a', '10.0.0.1')
  await seeds.start()
  t.same(found.splice(0), [['10.0.0.1:1']])
  t.equal(await turn(), NAMES_AGAIN_MS)
  t.same(found, [], 'nothing new')
  t.same(logged, [['node-name-unknown', { node: 'b:2' }]], 'said once')
  names.set('b', '10.0.0.2')
  t.equal(await turn(), NAMES_AGAIN_MS)
  t.same(found.splice(0), [['10.0.0.1:1', '10.0.0.2:2']])
  names.set('a', '10.0.0.9')
  t.equal(await turn(), NAMES_EVERY_MS)
  t.same(found.splice(0), [['10.0.0.9:1', '10.0.0.2:2']])
  names.clear()
  t.equal(await turn(), NAMES_EVERY_MS)
  t.same(found, [], 'who was known stays known')
  seeds.stop()
  seeds.stop()
  t.same(waits, [])
})
