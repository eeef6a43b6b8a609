// The items of a page as one block: what was packed comes back, and nothing else is read.
import { deepStrictEqual } from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import type { NodeRequest, NodeResponse } from '../../src/core/messages.ts'
import type { PageItem } from '../../src/core/pages.ts'
import type { Content } from '../../src/core/types.ts'
import { decodeResponse, encodeResponse } from '../../src/wire/node-message.ts'
import { packItems, unpackItems } from '../../src/wire/packed-items.ts'
import { encodeRecord, INLINE_MAX, recordOf } from '../../src/wire/record.ts'
import { flip } from '../storage/lmdb-lab.ts'
import { pageItem } from './arbitraries.ts'
import { ENVELOPE, NODE, VERSION } from './examples.ts'
import { holds } from './holds.ts'

const { sender } = ENVELOPE
const MAX = 1000
const ITEM: PageItem = {
  kind: 'entry',
  entry: {
    key: 'k',
    version: VERSION,
    ttlLeftMs: 1500,
    requestId: '0123456789abcdef'.repeat(2),
    content: { kind: 'value', bytes: new Uint8Array([1, 2]), contentType: 'text/plain' },
  },
}

const request = (packs: boolean | undefined): NodeRequest => {
  const ballot = { epoch: 1, proposer: NODE }
  return { kind: 'page', ballot, after: undefined, wanted: undefined, withValues: true, packs }
}

t.test('items come back as they were packed', async (t) => {
  const property = fc.property(fc.array(pageItem, { maxLength: 20 }), (items) => {
    deepStrictEqual(unpackItems(packItems(items), MAX), items)
  })
  holds(t, property)
})

t.test('the bytes of an item', async (t) => {
  const bytes = [
    '04 0001 6b',
    VERSION.replace('-', ''),
    '0123456789abcdef0123456789abcdef',
    '4097700000000000',
    '0a 746578742f706c61696e 00000002 0102',
  ]
  t.equal(Buffer.from(packItems([ITEM])).toString('hex'), bytes.join('').replaceAll(' ', ''))
})

t.test('a block that is cut, or goes on, is refused', async (t) => {
  const head: PageItem = {
    kind: 'head',
    head: { key: 'h', version: VERSION, isTombstone: false, valueBytes: 70_000 },
  }
  const [one, two] = [packItems([ITEM]), packItems([ITEM, head])]
  for (let length = 1; length < two.length; length++) {
    const isWhole = length === one.length
    t.equal(unpackItems(two.subarray(0, length), MAX) !== undefined, isWhole, `${length} bytes`)
  }
  t.equal(unpackItems(Buffer.concat([two, Buffer.of(0)]), MAX), undefined)
})

t.test('what no item may be is refused', async (t) => {
  const cases: readonly (readonly [string, (block: Buffer) => void])[] = [
    ['an unknown flag', (block) => block.writeUInt8(0x84, 0)],
    ['a head that expires', (block) => block.writeUInt8(0x05, 0)],
    ['a key of no bytes', (block) => block.writeUInt16BE(0, 1)],
    ['a key that is too long', (block) => block.writeUInt16BE(512, 1)],
    ['a key that is no text', (block) => block.writeUInt8(0xff, 3)],
    ['a time below zero', (block) => block.writeDoubleBE(-1, 36)],
    ['no number', (block) => block.writeDoubleBE(Number.NaN, 36)],
    ['a time without end', (block) => block.writeDoubleBE(Number.POSITIVE_INFINITY, 36)],
    ['a type that is no text', (block) => block.writeUInt8(0xff, 45)],
    ['a value beyond the end', (block) => block.writeUInt32BE(0xffffffff, 55)],
  ]
  for (const [title, spoil] of cases) {
    const block = Buffer.concat([packItems([ITEM]), Buffer.alloc(600)]).subarray(0, 61)
    t.ok(unpackItems(block, MAX), 'whole')
    spoil(block)
    t.equal(unpackItems(block, MAX), undefined, title)
  }
  t.equal(unpackItems(packItems([ITEM, ITEM]), 1), undefined, 'too many')
})

const STORED = recordOf({
  key: 'k',
  version: VERSION,
  expiresAtMs: undefined,
  requestId: '0123456789abcdef'.repeat(2),
  content: { kind: 'value', bytes: new Uint8Array([1, 2]), contentType: 'text/plain' },
})

/** A record on its way, with these bytes if not with its own. */
function travelling(ttlLeftMs: number | undefined, bytes = STORED?.bytes): PageItem {
  const record = { key: 'k', version: VERSION, ttlLeftMs, valueBytes: 2 }
  return { kind: 'record', record: { ...record, bytes: Buffer.from(bytes ?? []) } }
}

t.test('records come back as they were packed, beside other items', async (t) => {
  const items = [ITEM, travelling(undefined), travelling(1500), ITEM]
  deepStrictEqual(unpackItems(packItems(items), MAX), items)
  const bytes = [
    '0c 0001 6b',
    '4097700000000000',
    '00000042',
    Buffer.from(STORED?.bytes ?? []).toString('hex'),
  ]
  t.equal(
    Buffer.from(packItems([travelling(1500)])).toString('hex'),
    bytes.join('').replaceAll(' ', ''),
  )
})

t.test('a record that was damaged on its way is refused, wherever', async (t) => {
  const block = Buffer.from(packItems([travelling(undefined)]))
  const taken: number[] = []
  for (let at = 0; at < block.length; at++) {
    const isKey = at === 3
    if (!isKey && unpackItems(flip(block, at), MAX) !== undefined) taken.push(at)
    if (at > 0 && unpackItems(block.subarray(0, at), MAX) !== undefined) taken.push(at)
  }
  t.same(taken, [])
})

t.test('what no record on its way may be is refused', async (t) => {
  const plain = { version: VERSION, expiresAtMs: undefined, requestId: '0'.repeat(32), key: 'k' }
  const large = new Uint8Array(INLINE_MAX + 1)
  const contents: readonly Content[] = [
    { kind: 'tombstone' },
    { kind: 'value', bytes: large, contentType: '' },
  ]
  for (const content of contents) {
    t.equal(recordOf({ ...plain, content }), undefined)
    const { record } = encodeRecord({ ...plain, content })
    t.equal(unpackItems(packItems([travelling(undefined, record)]), MAX), undefined, content.kind)
  }
  const odd = encodeRecord({
    ...plain,
    content: { kind: 'value', bytes: large.subarray(1), contentType: 'ab' },
  })
  t.ok(unpackItems(packItems([travelling(undefined, odd.record)]), MAX), 'whole')
  odd.record.writeUInt8(0xff, 50)
  odd.record.writeUInt32LE(crc32(odd.record.subarray(0, 52)), 52)
  t.equal(unpackItems(packItems([travelling(undefined, odd.record)]), MAX), undefined, 'no text')
  const flags = Buffer.from(packItems([travelling(undefined)]))
  for (const flag of [0x09, 0x0a, 0x18]) {
    flags.writeUInt8(flag, 0)
    t.equal(unpackItems(flags, MAX), undefined, `flags ${flag}`)
  }
})

t.test('random bytes never throw', async (t) => {
  const property = fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    unpackItems(bytes, MAX)
  })
  holds(t, property)
})

t.test('a page is packed for who asked so, and reads the same either way', async (t) => {
  const page: NodeResponse = { kind: 'page', items: [ITEM], damaged: ['d'], end: 'k' }
  const value = { sender, response: { ...page, packed: undefined } }
  const [packed, listed] = [true, undefined].map((packs) =>
    encodeResponse(sender, page, request(packs)),
  )
  for (const body of [packed, listed]) {
    t.strictSame(body && decodeResponse(body), { kind: 'ok', value })
  }
  t.ok((packed?.length ?? 0) < (listed?.length ?? 0))
  t.ok(Buffer.from(packed ?? []).includes(Buffer.from(packItems([ITEM]))))
})

t.test('a page whose block is none is refused', async (t) => {
  const page: NodeResponse = { kind: 'page', items: [], packed: Buffer.of(1), end: undefined }
  const reason = 'response.packed must be the items of a page'
  t.same(decodeResponse(encodeResponse(sender, page)), { kind: 'refused', reason })
})
