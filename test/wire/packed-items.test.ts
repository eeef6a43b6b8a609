// The items of a page as one block: what was packed comes back, and nothing else is read.
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { NodeRequest, NodeResponse, PageItem } from '../../src/core/messages.ts'
import { decodeResponse, encodeResponse } from '../../src/wire/node-message.ts'
import { packItems, unpackItems } from '../../src/wire/packed-items.ts'
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
