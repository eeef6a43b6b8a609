// Remembered writes as one block: what was packed comes back, and nothing else is read.
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { NodeRequest, NodeResponse, PastWrite } from '../../src/core/messages.ts'
import { decodeResponse, encodeResponse } from '../../src/wire/node-message.ts'
import { packWrites, unpackWrites } from '../../src/wire/packed-writes.ts'
import { digits, version } from './arbitraries.ts'
import { ENVELOPE, NODE, VERSION } from './examples.ts'
import { holds } from './holds.ts'

const { sender } = ENVELOPE
const MAX = 100
const WRITE: PastWrite = {
  requestId: '0123456789abcdef'.repeat(2),
  version: VERSION,
  fingerprint: 'fedcba9876543210',
  ageMs: 1500,
}

const write: fc.Arbitrary<PastWrite> = fc.record(
  {
    requestId: digits(32),
    version,
    fingerprint: digits(16),
    ageMs: fc.double({ min: 0, max: 1e15, noNaN: true }),
  },
  { noNullPrototype: true },
)

t.test('writes come back as they were packed', async (t) => {
  const property = fc.property(fc.array(write, { maxLength: 20 }), (writes) => {
    deepStrictEqual(unpackWrites(packWrites(writes), MAX), writes)
  })
  holds(t, property)
})

t.test('the bytes of a write', async (t) => {
  const bytes = ['0123456789abcdef0123456789abcdef', VERSION.replace('-', ''), 'fedcba9876543210']
  const age = '4097700000000000'
  t.equal(Buffer.from(packWrites([WRITE])).toString('hex'), bytes.join('') + age)
})

t.test('a block that is cut, goes on, holds too many or no age is refused', async (t) => {
  const block = Buffer.from(packWrites([WRITE, WRITE]))
  for (let length = 1; length < block.length; length++) {
    const isWhole = length === block.length / 2
    t.equal(unpackWrites(block.subarray(0, length), MAX) !== undefined, isWhole, `${length} bytes`)
  }
  t.equal(unpackWrites(Buffer.concat([block, Buffer.of(0)]), MAX), undefined)
  t.equal(unpackWrites(block, 1), undefined)
  for (const age of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    block.writeDoubleBE(age, block.length - 8)
    t.equal(unpackWrites(block, MAX), undefined, String(age))
  }
})

t.test('writes are packed for who asked so, and read the same either way', async (t) => {
  const answer: NodeResponse = { kind: 'remembered', writes: [WRITE], last: 7 }
  const value = { sender, response: { ...answer, packed: undefined } }
  const ballot = { epoch: 1, proposer: NODE }
  for (const packs of [true, undefined]) {
    const request: NodeRequest = { kind: 'remembered', ballot, after: 0, packs }
    const body = encodeResponse(sender, answer, request)
    t.strictSame(decodeResponse(body), { kind: 'ok', value })
    t.equal(Buffer.from(body).includes(Buffer.from(packWrites([WRITE]))), packs === true)
  }
  const bad: NodeResponse = { ...answer, writes: [], packed: Buffer.of(1) }
  const reason = 'response.packed must be remembered writes'
  t.same(decodeResponse(encodeResponse(sender, bad)), { kind: 'refused', reason })
})
