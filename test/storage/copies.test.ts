// The bounded copies: what is kept and given back, which go first, and which are never kept.
import { test } from 'tap'
import type { Copy, Entry } from '../../src/core/types.ts'
import { keyHash } from '../../src/core/key-hash.ts'
import { Copies } from '../../src/storage/copies.ts'
import { COPY_SHARE_MAX, SPARED_IN_A_ROW_MAX } from '../../src/storage/copies/limits.ts'
import { ODD_KEYS, tombstone, value } from '../contracts/store-words.ts'

const KIB = 1024
const BUDGET = 64 * KIB

/** Two keys whose hash is 34d57c4d141bdcd8. */
const TWINS: readonly [string, string] = [
  '310odwsjt7rb2jsktvbo8fred5x5ihz43k4auzjjbba5i3w2obqvf4a86p9vfo9gexv5xtdjwnhkytvk4uukzej2cw4jz94',
  '310odrsys8nbqyenjkcf8fred5x5ihz43k4lqiuaelb6r3w2obqvf4a86p9vfo9geixoej0f8gxnukil4uukzej2cw4jz94',
]

function copyOf(entry: Entry): Copy {
  return { key: entry.key, known: { kind: 'entry', entry }, provenAtMs: 1, run: 0 }
}

function absent(key: string): Copy {
  return { key, known: { kind: 'absent' }, provenAtMs: 1, run: 0 }
}

/** A copy of a value of this length. */
function sized(key: string, bytes: number): Copy {
  return copyOf(value(key, 1, 'x'.repeat(bytes)))
}

function valueOf(copy: Copy | undefined): Uint8Array | undefined {
  const content = copy?.known.kind === 'entry' ? copy.known.entry.content : undefined
  return content?.kind === 'value' ? content.bytes : undefined
}

/** `k-0000` and on: in byte order. */
function keyAt(i: number): string {
  return `k-${String(i).padStart(4, '0')}`
}

void test('a copy comes back as it was put, until it is dropped', async (t) => {
  const typed = (contentType: string): Copy =>
    copyOf({
      ...value('key', 1),
      content: { kind: 'value', bytes: Buffer.from('v'), contentType },
    })
  const table: [string, Copy][] = [
    ['a value', copyOf(value('key', 1, 'four'))],
    ['an empty value', copyOf(value('key', 1, ''))],
    ['a value too long for a slab', sized('key', 8000)],
    ['a tombstone', copyOf(tombstone('key', 1))],
    ['an absence', absent('key')],
    ['one that expires', copyOf({ ...value('key', 1), expiresAtMs: 1_700_000_000_000.25 })],
    ['an expired tombstone', copyOf({ ...tombstone('key', 1), expiresAtMs: 0 })],
    ['a key of one byte a letter', sized('\u00ff', 10)],
    ['a wide key', sized('\u{1f600}', 10)],
    ['a key that is half a letter', sized('\ud800', 10)],
    ['no content type', typed('')],
    ['a content type of odd letters', typed('text/\u{1f600}')],
    ['proven at a fraction of a time', { ...absent('key'), provenAtMs: 12.125, run: 7 }],
    ['never proven', { ...absent('key'), provenAtMs: -Infinity }],
  ]
  for (const [title, copy] of table) {
    const copies = new Copies(BUDGET)
    copies.put(copy)
    const hash = keyHash(copy.key)
    t.same([copies.count, copies.get(copy.key), copies.byHash(hash)], [1, copy, copy], title)
    t.same([copies.keys(), copies.hashes()], [[copy.key], [hash]], title)
    copies.drop(hash)
    t.same([copies.count, copies.bytes, copies.get(copy.key)], [0, 0, undefined], title)
  }
})

void test('a copy takes the place of what was known of its key', async (t) => {
  const copies = new Copies(BUDGET)
  for (const bytes of [1000, 5000, 10]) {
    copies.put(sized('k', bytes))
    t.same([copies.count, valueOf(copies.get('k'))?.length], [1, bytes])
  }
  copies.put(absent('k'))
  t.same([copies.count, copies.get('k')], [1, absent('k')])
})

void test('of two keys with one hash, the last one put is kept', async (t) => {
  const [one, other] = TWINS
  t.equal(keyHash(one), keyHash(other))
  const copies = new Copies(BUDGET)
  copies.put(absent(one))
  t.same([copies.get(other), copies.byHash(keyHash(other))], [undefined, absent(one)])
  copies.put(absent(other))
  t.same([copies.count, copies.keys(), copies.get(one)], [1, [other], undefined])
  copies.drop(keyHash(one))
  t.equal(copies.count, 0)
})

void test('the oldest goes first, but for those that were used', async (t) => {
  const copies = new Copies(BUDGET)
  let put = 0
  while (copies.count === put) copies.put(sized(keyAt(put++), 500))
  t.equal(copies.get(keyAt(0)), undefined)
  const all = copies.keys()
  t.same(
    all,
    Array.from({ length: all.length }, (_, i) => keyAt(put - all.length + i)),
  )
  const [unused = '', used = ''] = all
  // A round and more: each copy that is there now has had its turn.
  for (const _ of all) {
    copies.get(used)
    copies.put(sized(keyAt(put++), 500))
  }
  t.same([copies.get(used)?.key, copies.get(unused)], [used, undefined])
  t.same(copies.keys().slice(1), lastKeys(put, copies.count - 1))
  for (let i = 0; i < 2 * all.length; i++) copies.put(sized(keyAt(put++), 500))
  t.same(copies.keys(), lastKeys(put, copies.count), 'used no more, it goes')
})

function lastKeys(end: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => keyAt(end - count + i))
}

void test('where all are used, one goes after every few that are spared', async (t) => {
  const copies = new Copies(BUDGET)
  let put = 0
  while (copies.count === put) {
    for (let i = 0; i < put; i++) copies.get(keyAt(i))
    copies.put(sized(keyAt(put++), 500))
  }
  const gone = Array.from({ length: put }, (_, i) => i).filter(
    (i) => copies.get(keyAt(i)) === undefined,
  )
  t.equal(gone[0], SPARED_IN_A_ROW_MAX)
})

void test('what was dropped makes room before anything is evicted', async (t) => {
  const copies = new Copies(BUDGET)
  for (let i = 0; i < 20; i++) copies.put(sized(keyAt(i), 500))
  for (let i = 0; i < 10_000; i++) {
    copies.put(sized('busy', 500))
    copies.drop(keyHash('busy'))
  }
  t.same(copies.keys(), lastKeys(20, 20))
})

void test('large values make room for small ones, and small ones for large', async (t) => {
  const copies = new Copies(BUDGET)
  const large = 6000
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 1000; i++) copies.put(sized(keyAt(i), 50))
    t.equal(
      copies.keys().every((key) => valueOf(copies.get(key))?.length === 50),
      true,
    )
    // The small ones were all used just now: they are spared once.
    for (let i = 0; i < 100; i++) copies.put(sized(`l${keyAt(i)}`, large))
    const kept = copies.keys()
    const last = Array.from({ length: kept.length }, (_, i) => `l${keyAt(100 - kept.length + i)}`)
    t.same(kept, last)
    t.equal(kept.length * large > BUDGET / 2, true, `${kept.length} large values`)
  }
})

void test('a copy above its share is not kept, nor what it would replace', async (t) => {
  const copies = new Copies(BUDGET)
  const shareMax = BUDGET * COPY_SHARE_MAX
  copies.put(sized('k', shareMax - 100))
  copies.put(sized('l', shareMax - 100))
  t.same(copies.keys(), ['k', 'l'])
  copies.put(sized('k', shareMax))
  t.same(copies.keys(), ['l'])
})

void test('cleared, it holds nothing, and takes copies again', async (t) => {
  const copies = new Copies(BUDGET)
  copies.put(absent('k'))
  copies.put(sized('l', 8000))
  copies.clear()
  t.same([copies.get('k'), copies.count, copies.bytes, copies.keys()], [undefined, 0, 0, []])
  copies.put(absent('l'))
  t.same(copies.keys(), ['l'])
})

void test('no room keeps no copies', async (t) => {
  for (const bytesMax of [0, 0.5, 7, 500]) {
    const copies = new Copies(bytesMax)
    copies.put(absent(''))
    copies.drop('')
    t.same([copies.get(''), copies.count, copies.bytes, copies.keys()], [undefined, 0, 0, []])
  }
})

void test('whoever keeps little takes little', async (t) => {
  const copies = new Copies(64 * KIB * KIB)
  copies.put(sized('k', 100))
  t.equal(copies.bytes < 2 * KIB, true, `${copies.bytes} bytes`)
})

void test('keys come in byte order, absences among them', async (t) => {
  const copies = new Copies(BUDGET)
  ODD_KEYS.forEach((key, i) => copies.put(i % 2 === 0 ? absent(key) : copyOf(value(key, i))))
  t.same(copies.keys(), ODD_KEYS)
})

void test('a copy does not keep the buffer alive that its value came in', async (t) => {
  const copies = new Copies(BUDGET)
  for (const length of [10, 5000]) {
    const bytes = Buffer.alloc(64 * KIB, 'x').subarray(10, 10 + length)
    copies.put(copyOf({ ...value('k', 1), content: { kind: 'value', bytes, contentType: '' } }))
    const kept = valueOf(copies.get('k'))
    t.same([kept, kept?.buffer === bytes.buffer], [bytes, false], `${length} bytes`)
  }
})

void test('more content types than there are numbers: each copy has its own', async (t) => {
  const copies = new Copies(1024 * KIB)
  const typeAt = (i: number) => `text/x-${i}`
  for (let i = 0; i < 600; i++) {
    const content = { kind: 'value' as const, bytes: Buffer.from('v'), contentType: typeAt(i) }
    copies.put(copyOf({ ...value(keyAt(i), 1), content }))
  }
  for (let i = 0; i < 600; i++) {
    const known = copies.get(keyAt(i))?.known
    const content = known?.kind === 'entry' ? known.entry.content : undefined
    if (content?.kind !== 'value' || content.contentType !== typeAt(i)) t.fail(typeAt(i))
  }
  t.equal(copies.count, 600)
})
