// Hexadecimal digits to bytes, as Buffer writes them; and what it would cut short is refused.
import fc from 'fast-check'
import t from 'tap'
import { writeHex } from '../../src/wire/hex.ts'
import { holds } from './holds.ts'

t.test('bytes come back from their digits, wherever these lie', async (t) => {
  const property = fc.property(
    fc.uint8Array({ maxLength: 20 }),
    fc.nat(5),
    fc.boolean(),
    (wanted, place, isUpper) => {
      const digits = Buffer.from(wanted).toString('hex')
      const text = `${'x'.repeat(place)}${isUpper ? digits.toUpperCase() : digits}`
      const bytes = new Uint8Array(place + wanted.length)
      const isWhole = writeHex(text, place, { bytes, at: place, count: wanted.length })
      return isWhole && Buffer.compare(bytes.subarray(place), wanted) === 0
    },
  )
  holds(t, property)
})

t.test('what are no digits, or too few, is refused', async (t) => {
  const bytes = new Uint8Array(2)
  for (const text of [
    '',
    '012',
    '01g3',
    '0x12',
    '01 3',
    '\u01303',
    '012\u0131',
    '/123',
    '012:',
    '@123',
  ]) {
    t.equal(writeHex(text, 0, { bytes, at: 0, count: 2 }), false, text)
  }
})
