// The bytes of an entry on disk: what goes in comes out, and damage is seen.
import fc from 'fast-check'
import { test } from 'tap'
import type { Entry } from '../../src/core/types.ts'
import { formatVersion } from '../../src/core/version.ts'
import { decodeHead, encodeRecord, INLINE_MAX, joinEntry } from '../../src/wire/record.ts'
import { plain, tombstone, value } from '../contracts/store-words.ts'
import { flip } from '../storage/lmdb-lab.ts'

const RUNS = { numRuns: 500, seed: 20261121 }

const hexDigits = (length: number) =>
  fc
    .uint8Array({ minLength: length / 2, maxLength: length / 2 })
    .map((bytes) => Buffer.from(bytes).toString('hex'))

const content = fc.oneof(
  fc.constant({ kind: 'tombstone' as const }),
  fc.record({
    kind: fc.constant('value' as const),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom(INLINE_MAX - 1, INLINE_MAX, INLINE_MAX + 1).map((n) => new Uint8Array(n)),
    ),
    contentType: fc
      .string({ unit: 'binary', maxLength: 255 })
      .filter((type) => Buffer.byteLength(type) <= 255),
  }),
)

const entries: fc.Arbitrary<Entry> = fc.record({
  key: fc.constant('k'),
  version: fc
    .tuple(fc.nat({ max: 2 ** 48 - 1 }), fc.nat({ max: 0xffff }), hexDigits(16))
    .map(([ms, counter, writer]) => formatVersion(ms, counter, writer)),
  expiresAtMs: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }), {
    nil: undefined,
  }),
  requestId: hexDigits(32),
  content,
})

/** What reading a record and the value beside it gives. */
function decoded(record: Buffer, apart: Buffer | undefined): Entry | undefined {
  const head = decodeHead(record)
  if (head === undefined) return undefined
  return joinEntry('k', { record, head }, head.isApart ? apart : record.subarray(head.headBytes))
}

void test('an entry comes back as it was, its head without the value', async (t) => {
  const property = fc.property(entries, (entry) => {
    const { record, apart } = encodeRecord(entry)
    const head = decodeHead(record)
    const bytes = entry.content.kind === 'value' ? entry.content.bytes.length : 0
    return (
      JSON.stringify(plain(decoded(record, apart))) === JSON.stringify(plain(entry)) &&
      head?.version === entry.version &&
      head.isTombstone === (entry.content.kind === 'tombstone') &&
      head.valueBytes === bytes &&
      head.isApart === bytes > INLINE_MAX &&
      record.length <= INLINE_MAX + 309
    )
  })
  fc.assert(property, RUNS)
  t.pass(`${RUNS.numRuns} entries, seed ${RUNS.seed}`)
})

void test('the bytes of known entries never change between releases', async (t) => {
  const hex = (entry: Entry): string => encodeRecord(entry).record.toString('hex')
  const expiring = { ...value('k', 1, 'hello'), expiresAtMs: 1_900_000_000_000 }
  // version, flags, expiry, request id, length and CRC of the value, content type, CRC, value
  t.equal(
    hex(expiring),
    [
      '018bcfe56801000100000000000000aa',
      '02',
      '000080330da67b42',
      '00000000000000000000000000000001',
      '05000000',
      '86a61036',
      '0a',
      '746578742f706c61696e',
      'b903efab',
      '68656c6c6f',
    ].join(''),
  )
  t.equal(
    hex(tombstone('k', 2)),
    [
      '018bcfe56802000200000000000000aa',
      '01',
      '0000000000000000',
      '00000000000000000000000000000002',
      '00000000',
      '00000000',
      '00',
      '7ffc21f6',
    ].join(''),
  )
})

void test('one turned bit anywhere makes an entry unreadable', async (t) => {
  const inline = encodeRecord(value('k', 1))
  const read: number[] = []
  for (let at = 0; at < inline.record.length; at++) {
    if (decoded(flip(inline.record, at), undefined) !== undefined) read.push(at)
  }
  t.same(read, [])
  const { record, apart } = encodeRecord(value('k', 1, 'x'.repeat(INLINE_MAX + 1)))
  t.not(decoded(record, apart), undefined)
  t.equal(apart && decoded(record, flip(apart, 4000)), undefined)
  t.equal(decoded(record, apart?.subarray(1)), undefined)
  t.equal(decoded(record, undefined), undefined)
})

void test('a record that is too short or too long is refused', async (t) => {
  for (const entry of [value('k', 1), tombstone('k', 2), value('k', 3, 'x'.repeat(5000))]) {
    const { record } = encodeRecord(entry)
    const lengths = Array.from({ length: record.length }, (_, length) => length)
    t.same(
      lengths.filter((length) => decodeHead(record.subarray(0, length)) !== undefined),
      [],
    )
    t.equal(decodeHead(Buffer.concat([record, Buffer.from([0])])), undefined)
  }
})

void test('decoding random bytes refuses them and never throws', async (t) => {
  const property = fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
    return decodeHead(Buffer.from(bytes)) === undefined
  })
  fc.assert(property, { ...RUNS, numRuns: 5000 })
  t.pass(`5000 runs, seed ${RUNS.seed}`)
})
