import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { parseForm, parseQuery } from '../../src/wire/form.ts'
import { holds } from './holds.ts'

const parse = (text: string): ReturnType<typeof parseForm> => parseForm(Buffer.from(text, 'latin1'))

/** Fields as [name, value as latin1], or the sentence. */
const shown = (text: string): unknown => {
  const form = parse(text)
  if (form.kind === 'refused') return form.reason
  return form.value.map(({ name, value }) => [name, Buffer.from(value).toString('latin1')])
}

t.test('a form is read byte for byte', async (t) => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['', []],
    ['a=1', [['a', '1']]],
    [
      'a=1&b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      '&&a=1&&b=2&',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['a', [['a', '']]],
    ['a=', [['a', '']]],
    ['=1', [['', '1']]],
    ['=', [['', '']]],
    ['a==1=', [['a', '=1=']]],
    [
      'a=1&a=2',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    [
      'a.b=1&x[y]=z',
      [
        ['a.b', '1'],
        ['x[y]', 'z'],
      ],
    ],
    [
      '__proto__=1&constructor=2',
      [
        ['__proto__', '1'],
        ['constructor', '2'],
      ],
    ],
    ['a=1+2%2B3', [['a', '1 2+3']]],
    ['a+b=1', [['a b', '1']]],
    ['a=%FF%00%ff', [['a', '\xff\x00\xff']]],
    ['a=\xff\x00', [['a', '\xff\x00']]],
    ['a=%26%3d%25', [['a', '&=%']]],
    ['%67r%C3%BCn=1', [['grün', '1']]],
    ['a;b=1', [['a;b', '1']]],
    ['a=%', 'A % in the field "a" is not followed by two hex digits: write a literal % as %25.'],
    ['a=%4', 'A % in the field "a" is not followed by two hex digits: write a literal % as %25.'],
    ['a=%4g', 'A % in the field "a" is not followed by two hex digits: write a literal % as %25.'],
    ['a=% 4', 'A % in the field "a" is not followed by two hex digits: write a literal % as %25.'],
    [
      'a=%4&b=1',
      'A % in the field "a" is not followed by two hex digits: write a literal % as %25.',
    ],
    [
      '%=1',
      'A % in the name of a form field is not followed by two hex digits: write a literal % as %25.',
    ],
    ['%ff=1', 'The name of a form field is not valid UTF-8.'],
    [`${'n'.repeat(257)}=1`, 'The name of a form field is longer than 256 bytes.'],
    ['a&'.repeat(65), 'The form has more than 64 fields: leave the others out.'],
  ]
  for (const [text, expected] of cases) t.same(shown(text), expected, text.slice(0, 40))
})

t.test('a query is a form that came as text', async (t) => {
  t.same(parseQuery('key=gr%C3%BCn+'), parse('key=gr%C3%BCn+'))
  t.same(parseQuery('key=€'), { kind: 'refused', reason: 'The query must be percent-encoded.' })
})

t.test('any bytes come through, however they are written', async (t) => {
  const value = fc.uint8Array({ maxLength: 300 })
  const property = fc.property(value, fc.infiniteStream(fc.nat({ max: 2 })), (value, style) => {
    const body = Buffer.from(
      `k=v&value=${[...value].map((it) => written(it, style)).join('')}&z`,
      'latin1',
    )
    const form = parseForm(body)
    deepStrictEqual(form.kind === 'ok' && form.value[1], {
      name: 'value',
      value,
    })
  })
  holds(t, property, 500)
})

t.test('random bytes never throw and never grow', async (t) => {
  const size = (bytes: Uint8Array): number => {
    const form = parseForm(bytes)
    if (form.kind === 'refused') return 0
    return form.value.reduce(
      (sum, { name, value }) => sum + Buffer.byteLength(name) + value.length,
      0,
    )
  }
  const pieces = fc.constantFrom(0x25, 0x26, 0x2b, 0x3d, 0x34, 0x61, 0xc3)
  const bytes = fc.array(pieces, { maxLength: 60 }).map((it) => Uint8Array.from(it))
  holds(
    t,
    fc.property(bytes, (bytes) => size(bytes) <= bytes.length),
    5000,
  )
})

t.test('a value without escapes is not copied', async (t) => {
  const body = Buffer.from('key=a&value=plain')
  const form = parseForm(body)
  t.equal(form.kind === 'ok' && form.value[1]?.value.buffer, body.buffer)
})

t.test('8 MiB of escapes are read in one pass', async (t) => {
  const body = Buffer.from(`value=${'%FF'.repeat(8 * 1024 * 1024)}`)
  const form = parseForm(body)
  t.equal(form.kind === 'ok' && form.value[0]?.value.length, 8 * 1024 * 1024)
})

/** One byte as one of the ways to write it. */
function written(byte: number, style: fc.Stream<number>): string {
  const way = style.next().value
  const escape = byte.toString(16).padStart(2, '0')
  if (way === 0) return `%${escape}`
  if (way === 1) return `%${escape.toUpperCase()}`
  if (byte === 0x20) return '+'
  return '%&+='.includes(String.fromCharCode(byte)) ? `%${escape}` : String.fromCharCode(byte)
}
