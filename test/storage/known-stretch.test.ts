// What a table may say of a key without looking: only what a walk has seen, and nothing has changed since.
import t from 'tap'
import { KnownStretch, STRETCH_KEYS_MAX } from '../../src/storage/known-stretch.ts'

/** Those of the keys that the table surely does not hold. */
function lacking(stretch: KnownStretch, keys: string): string {
  return keys
    .split(' ')
    .filter((key) => stretch.lacks(key))
    .join(' ')
}

const ALL = 'a b c d e f'

t.test('nothing is known before a walk', async (t) => {
  const stretch = new KnownStretch()
  stretch.written('a')
  t.equal(lacking(stretch, ALL), '')
})

t.test('a walk knows what is above its start, up to its end', async (t) => {
  const cases: readonly (readonly [string, string | undefined, string, string])[] = [
    ['b', 'e', '', 'c d e'],
    ['b', 'e', 'c', 'd e'],
    ['b', 'e', 'c d e', ''],
    ['', undefined, 'c', 'a b d e f'],
    ['f', undefined, '', ''],
  ]
  for (const [above, upTo, found, lacks] of cases) {
    const stretch = new KnownStretch()
    stretch.learn({ above, upTo }, found.split(' '))
    t.equal(lacking(stretch, ALL), lacks, `${above} to ${upTo ?? 'the end'}, with ${found}`)
  }
})

t.test('the order is that of UTF-8', async (t) => {
  const stretch = new KnownStretch()
  stretch.learn({ above: '\uffff', upTo: undefined }, [])
  t.ok(stretch.lacks('\u{10000}'))
  stretch.learn({ above: '\u{10000}', upTo: undefined }, [])
  t.notOk(stretch.lacks('\uffff'))
})

t.test('what was written since may be there; a new walk knows anew', async (t) => {
  const stretch = new KnownStretch()
  stretch.learn({ above: 'a', upTo: 'e' }, ['b'])
  stretch.written('c')
  t.equal(lacking(stretch, ALL), 'd e')
  stretch.learn({ above: 'b', upTo: 'd' }, [])
  t.equal(lacking(stretch, ALL), 'c d')
})

t.test('too many keys, and nothing is known any more', async (t) => {
  const keys = Array.from({ length: STRETCH_KEYS_MAX + 1 }, (_, i) => `b${i}`)
  const all = { above: '', upTo: undefined }
  const stretch = new KnownStretch()
  stretch.learn(all, keys)
  t.notOk(stretch.lacks('a'))
  stretch.learn(all, keys.slice(1))
  t.ok(stretch.lacks('a'))
  stretch.written('c')
  t.notOk(stretch.lacks('a'))
  stretch.written('d')
  t.notOk(stretch.lacks('a'))
})
