import fc from 'fast-check'
import { pack, unpack } from 'msgpackr'
import t from 'tap'
import { scanMsgpack } from '../../src/wire/msgpack-scan.ts'
import { holds } from './holds.ts'

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex')

t.test('one complete plain value passes, anything else is named', async (t) => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ['nothing', '', 'it ends early'],
    ['a small number', '7f', undefined],
    ['a negative number', 'e0', undefined],
    ['nil, false, true', '93 c0 c2 c3', undefined],
    [
      'every number',
      '9a ca00000000 cb0000000000000000 cc00 cd0000 ce00000000 cf0000000000000000 d000 d10000 d200000000 d30000000000000000',
      undefined,
    ],
    ['every text', '94 a161 d90161 da000161 db0000000161', undefined],
    ['every kind of bytes', '93 c401ff c50001ff c600000001ff', undefined],
    ['every list', '93 90 dc000101 dd0000000101', undefined],
    ['every map', '93 81a16101 de0001a16101 df00000001a16101', undefined],
    ['a second value', '0101', 'it goes on after its end'],
    ['a number cut short', 'cd00', 'it ends early'],
    ['a text cut short', 'a26', 'it ends early'],
    ['a list without its values', '92 01', 'it ends early'],
    ['a list of four thousand millions', 'dd ffffffff', 'it ends early'],
    ['a map of four thousand millions', 'df ffffffff', 'it ends early'],
    ['bytes that are not there', 'c6 ffffffff', 'it ends early'],
    ['a text that is not UTF-8', 'a2 c328', 'a text is not UTF-8'],
    ['half a character at the end of a text', 'a2 61c3', 'a text is not UTF-8'],
    ['a number as a field name', '81 01 01', 'a field name is no text'],
    ['a list as a field name', '81 90 01', 'a field name is no text'],
    ['the token that is never used', 'c1', 'it uses an extension'],
    ['a record', 'd4 72 40 91 a161 01', 'it uses an extension'],
    ['a reference', '92 d6 69 00000001 90', 'it uses an extension'],
    ['a regular expression', 'd4 78 00 92 a161 a0', 'it uses an extension'],
    ['a large number', 'c7 01 42 01', 'it uses an extension'],
    ['undefined', 'd4 00 00', 'it uses an extension'],
    ['a date', 'd6 ff 00000000', 'it uses an extension'],
    ['sixteen lists in each other', `${'91'.repeat(16)}c0`, undefined],
    ['seventeen lists in each other', `${'91'.repeat(17)}c0`, 'it is nested too deep'],
    ['a map of 64 fields', `de0040${'a16101'.repeat(64)}`, undefined],
    ['a map of 65 fields', `de0041${'a16101'.repeat(65)}`, 'a map has too many fields'],
    ['one list in every byte', `dc1000${'90'.repeat(4096)}`, 'it has too many lists and maps'],
    ['one list in eight bytes', `dc1c00${'9101c0c0c0c0c0c0'.repeat(1024)}`, undefined],
  ]
  for (const [title, hex, expected] of cases) t.equal(scanMsgpack(bytes(hex)), expected, title)
})

t.test('a deep nest of any length does not overflow', async (t) => {
  t.equal(scanMsgpack(new Uint8Array(10_000_000).fill(0x91)), 'it is nested too deep')
})

t.test('what passes can be read, and what msgpackr writes of plain values passes', async (t) => {
  const values = fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 5 })
  holds(
    t,
    fc.property(values, (value) => scanMsgpack(pack(value)) === undefined),
  )
  const readable = (bytes: Uint8Array): boolean => {
    if (scanMsgpack(bytes) === undefined) unpack(Buffer.from(bytes))
    return true
  }
  const tokens = fc.constantFrom(
    0x00,
    0x81,
    0x82,
    0x91,
    0x92,
    0xa0,
    0xa1,
    0xc0,
    0xc4,
    0xd9,
    0xda,
    0xdc,
  )
  holds(
    t,
    fc.property(
      fc.array(tokens, { maxLength: 30 }).map((it) => Uint8Array.from(it)),
      readable,
    ),
    20_000,
  )
})
