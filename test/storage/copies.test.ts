// The bounded copies: what they cost, which go first, and which are never kept.
import { test } from 'tap'
import type { Copy, Entry } from '../../src/core/types.ts'
import { keyHash } from '../../src/core/key-hash.ts'
import { Copies, COPY_OVERHEAD_BYTES, COPY_SHARE_MAX } from '../../src/storage/copies.ts'
import { ODD_KEYS, tombstone, value } from '../contracts/store-words.ts'

function copyOf(entry: Entry): Copy {
  return { key: entry.key, known: { kind: 'entry', entry }, provenAtMs: 1, run: 0 }
}

function absent(key: string): Copy {
  return { key, known: { kind: 'absent' }, provenAtMs: 1, run: 0 }
}

/** A copy under a key of one letter that counts for this much. */
function weighing(key: string, bytes: number): Copy {
  return copyOf(value(key, 1, 'x'.repeat(bytes - COPY_OVERHEAD_BYTES - 2)))
}

void test('a copy counts for its value, two bytes a letter of its key, and overhead', async (t) => {
  const table: [string, Copy, number][] = [
    ['a value', copyOf(value('key', 1, 'four')), COPY_OVERHEAD_BYTES + 6 + 4],
    ['an empty value', copyOf(value('key', 1, '')), COPY_OVERHEAD_BYTES + 6],
    ['a tombstone', copyOf(tombstone('key', 1)), COPY_OVERHEAD_BYTES + 6],
    ['an absence', absent('key'), COPY_OVERHEAD_BYTES + 6],
    ['a wide key', absent('\u{1f600}'), COPY_OVERHEAD_BYTES + 4],
  ]
  for (const [title, copy, bytes] of table) {
    const copies = new Copies(100_000)
    copies.put(copy)
    t.same([copies.count, copies.bytes, copies.get(copy.key)], [1, bytes, copy], title)
    copies.drop(keyHash(copy.key))
    t.same([copies.count, copies.bytes, copies.get(copy.key)], [0, 0, undefined], title)
  }
})

void test('a copy takes the place of what was known of its key', async (t) => {
  const copies = new Copies(100_000)
  copies.put(weighing('k', 1000))
  copies.put(weighing('k', 500))
  t.same([copies.count, copies.bytes], [1, 500])
  copies.put(absent('k'))
  t.same([copies.count, copies.get('k')], [1, absent('k')])
})

void test('the least recently used goes first; reading counts as use', async (t) => {
  const copies = new Copies(4000)
  for (const key of 'abcdefgh') copies.put(weighing(key, 500))
  t.same([copies.keys().join(''), copies.bytes], ['abcdefgh', 4000])
  copies.get('a')
  copies.put(weighing('b', 500))
  copies.put(weighing('i', 400))
  t.same([copies.keys().join(''), copies.bytes], ['abdefghi', 3900])
  copies.put(weighing('j', 500))
  t.same([copies.keys().join(''), copies.bytes], ['abefghij', 3900])
  copies.put(absent('k'))
  t.same([copies.keys().join(''), copies.bytes], ['abfghijk', 3400 + COPY_OVERHEAD_BYTES + 2])
})

void test('a copy above its share is not kept, nor what it would replace', async (t) => {
  const copies = new Copies(8000)
  const shareMax = 8000 * COPY_SHARE_MAX
  copies.put(weighing('k', shareMax))
  copies.put(weighing('l', shareMax))
  copies.put(weighing('k', shareMax + 1))
  t.same(copies.keys(), ['l'])
})

void test('cleared, it holds nothing, and takes copies again', async (t) => {
  const copies = new Copies(100_000)
  copies.put(absent('k'))
  copies.clear()
  t.same([copies.get('k'), copies.count, copies.bytes, copies.keys()], [undefined, 0, 0, []])
  copies.put(absent('l'))
  t.same(copies.keys(), ['l'])
})

void test('no room keeps no copies', async (t) => {
  for (const bytesMax of [0, 0.5, 7]) {
    const copies = new Copies(bytesMax)
    copies.put(absent(''))
    copies.drop('')
    t.same([copies.get(''), copies.count, copies.bytes, copies.keys()], [undefined, 0, 0, []])
  }
})

void test('keys come in byte order, absences among them', async (t) => {
  const copies = new Copies(100_000)
  ODD_KEYS.forEach((key, i) => copies.put(i % 2 === 0 ? absent(key) : copyOf(value(key, i))))
  t.same(copies.keys(), ODD_KEYS)
})

void test('a copy does not keep the buffer alive that its value came in', async (t) => {
  const copies = new Copies(100_000)
  const bytes = Buffer.alloc(64 * 1024, 'x').subarray(10, 20)
  copies.put(copyOf({ ...value('k', 1), content: { kind: 'value', bytes, contentType: '' } }))
  const known = copies.get('k')?.known
  const kept = known?.kind === 'entry' ? known.entry.content : undefined
  t.equal(kept?.kind === 'value' ? kept.bytes.buffer.byteLength : 0, 10)
})
