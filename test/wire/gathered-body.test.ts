// A body is the bytes that arrived, however they came and whatever length was told.
import fc from 'fast-check'
import t from 'tap'
import { ARRIVED_SHARE_MIN, GatheredBody } from '../../src/wire/gathered-body.ts'
import { holds } from './holds.ts'

t.test('pieces become one body', async (t) => {
  const piece = fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes))
  const arrived = fc.record({
    pieces: fc.array(piece, { maxLength: 12 }),
    isTold: fc.boolean(),
    missing: fc.nat(40),
  })
  holds(
    t,
    fc.property(arrived, ({ pieces, isTold, missing }) => {
      const all = Buffer.concat(pieces)
      const body = new GatheredBody(isTold ? all.length + missing : 0)
      for (const each of pieces) body.add(each)
      return body.bytes === all.length && body.whole().equals(all)
    }),
  )
})

t.test('what comes whole is not copied', async (t) => {
  for (const told of [0, 3]) {
    const body = new GatheredBody(told)
    const only = Buffer.from('abc')
    body.add(only)
    t.equal(body.whole(), only)
  }
})

t.test('no memory is set aside for a length that is only told', async (t) => {
  const told = 1024
  const few = new GatheredBody(told)
  few.add(Buffer.alloc(told * ARRIVED_SHARE_MIN - 1))
  t.equal(few.whole().buffer.byteLength, told * ARRIVED_SHARE_MIN - 1)
  const enough = new GatheredBody(told)
  enough.add(Buffer.alloc(told * ARRIVED_SHARE_MIN))
  t.equal(enough.whole().buffer.byteLength, told)
})
