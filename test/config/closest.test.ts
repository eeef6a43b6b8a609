// A suggestion is made for a slip of the fingers, not for another word.
import t from 'tap'
import { closestName } from '../../src/config/closest.ts'

const NAMES = ['host', 'port', 'group', 'group-port', 'log-level', 'store-bytes-max']

const TABLE: readonly (readonly [string, string | undefined])[] = [
  ['prot', 'port'],
  ['pport', 'port'],
  ['por', 'port'],
  ['hots', 'host'],
  ['home', undefined],
  ['loglevel', 'log-level'],
  ['log-lvel', 'log-level'],
  ['grop', 'group'],
  ['store-byte-max', 'store-bytes-max'],
  ['store_bytes_max', 'store-bytes-max'],
  ['url', undefined],
  ['', undefined],
]

t.test('closest', async (t) => {
  for (const [misspelt, name] of TABLE) t.equal(closestName(misspelt, NAMES), name, misspelt)
})
