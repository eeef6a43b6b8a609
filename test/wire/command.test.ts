import t from 'tap'
import type { Change } from '../../src/core/types.ts'
import {
  fingerprintOf,
  formatEtag,
  parseCondition,
  parseIdempotencyKey,
  parseIfNoneMatch,
  parseTtl,
  PutFingerprint,
} from '../../src/wire/command.ts'
import { times } from './examples.ts'

const V1 = '0123456789abcdef-a1a2a3a4a5a6a7a8'
const V2 = 'fedcba9876543210-a1a2a3a4a5a6a7a8'

t.test('a ttl is decimal seconds above 0, at most ten years', async (t) => {
  const cases: readonly (readonly [string, number])[] = [
    ['60', 60_000],
    ['0.5', 500],
    ['1.1', 1100],
    ['0.0004', 1],
    ['0060', 60_000],
    ['315360000', 315_360_000_000],
  ]
  for (const [text, value] of cases) t.same(parseTtl(text), { kind: 'ok', value }, text)
})

t.test('anything else is refused with a sentence', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['0', 'The ttl must be above 0: leave it out for an entry without an end.'],
    ['0.000', 'The ttl must be above 0: leave it out for an entry without an end.'],
    [
      '315360000.001',
      'The ttl must be at most ten years, 315360000 seconds: leave it out for no end.',
    ],
    ...[
      '',
      '-1',
      '+1',
      '1e3',
      '0x10',
      '.5',
      '5.',
      ' 5',
      '5 ',
      '1,5',
      'Infinity',
      'NaN',
      '1'.repeat(13),
      '٣',
    ].map(
      (text) =>
        [text, `The ttl must be decimal seconds such as 60 or 0.5, and is "${text}".`] as const,
    ),
  ]
  for (const [text, reason] of cases) t.same(parseTtl(text), { kind: 'refused', reason }, text)
})

t.test('the condition of a write', async (t) => {
  const oneOf = (...versions: string[]): unknown => ({
    kind: 'ok',
    value: { kind: 'oneOf', versions },
  })
  const cases: readonly (readonly [string | undefined, string | undefined, unknown])[] = [
    [undefined, undefined, { kind: 'ok', value: { kind: 'none' } }],
    ['*', undefined, { kind: 'ok', value: { kind: 'exists' } }],
    [' * ', undefined, { kind: 'ok', value: { kind: 'exists' } }],
    [undefined, '*', { kind: 'ok', value: { kind: 'absent' } }],
    [`"${V1}"`, undefined, oneOf(V1)],
    [V1, undefined, oneOf(V1)],
    [`"${V1}", ${V2}`, undefined, oneOf(V1, V2)],
    [`,"${V1}" ,\t"${V2}",`, undefined, oneOf(V1, V2)],
    ['"of another store"', undefined, 'refused'],
    ['"another-store"', undefined, oneOf()],
    ['""', undefined, oneOf()],
    [`"${V1}", "x,y"`, undefined, oneOf(V1)],
    [`W/"${V1}"`, undefined, 'refused'],
    ['', undefined, 'refused'],
    [',', undefined, 'refused'],
    ['another-store', undefined, 'refused'],
    ['abc-def', undefined, 'refused'],
    [`"${V1}`, undefined, 'refused'],
    [`${V1}"`, undefined, 'refused'],
    [`"${V1}" "${V2}"`, undefined, 'refused'],
    [`*, "${V1}"`, undefined, 'refused'],
    [`"${V1}", *`, undefined, 'refused'],
    [`"${V1}",`.repeat(256), undefined, oneOf(...times(256, V1))],
    [`"${V1}",`.repeat(257), undefined, 'refused'],
    [undefined, `"${V1}"`, 'refused'],
    ['*', '*', 'refused'],
  ]
  for (const [ifMatch, ifNoneMatch, expected] of cases) {
    const condition = parseCondition({ ifMatch, ifNoneMatch })
    const title = `${ifMatch?.slice(0, 60)} / ${ifNoneMatch}`
    if (expected === 'refused') t.equal(condition.kind, 'refused', title)
    else t.same(condition, expected, title)
  }
})

t.test('If-None-Match of a read takes weak ETags too', async (t) => {
  const versions = (...versions: string[]): unknown => ({
    kind: 'ok',
    value: { kind: 'versions', versions },
  })
  t.same(parseIfNoneMatch('*'), { kind: 'ok', value: { kind: 'any' } })
  t.same(parseIfNoneMatch(`W/"${V1}", "${V2}"`), versions(V1, V2))
  t.same(parseIfNoneMatch('W/"other"'), versions())
  t.equal(parseIfNoneMatch(`w/"${V1}"`).kind, 'refused')
  t.equal(parseIfNoneMatch(`W/${V1}`).kind, 'refused')
})

t.test('an ETag is the version in quotes, and is read back', async (t) => {
  t.equal(formatEtag(V1), `"${V1}"`)
  t.same(parseIfNoneMatch(formatEtag(V1)), {
    kind: 'ok',
    value: { kind: 'versions', versions: [V1] },
  })
})

t.test('headers of any length are read without hanging', async (t) => {
  for (const text of [
    ' '.repeat(16_000),
    ','.repeat(16_000),
    ', '.repeat(8000),
    '"'.repeat(16_000),
  ]) {
    t.equal(parseIfNoneMatch(text).kind, 'refused')
    t.equal(parseIfNoneMatch(`"a"${text}x`).kind, 'refused')
  }
})

t.test('an Idempotency-Key names one request id', async (t) => {
  t.same(parseIdempotencyKey('abc'), { kind: 'ok', value: 'ba7816bf8f01cfea414140de5dae2223' })
  t.equal(parseIdempotencyKey('').kind, 'refused')
  t.equal(parseIdempotencyKey('x'.repeat(255)).kind, 'ok')
  t.equal(parseIdempotencyKey('x'.repeat(256)).kind, 'refused')
})

t.test('different writes have different fingerprints, equal ones the same', async (t) => {
  const put: Change = { kind: 'put', bytes: Buffer.from('v'), contentType: '', ttlMs: undefined }
  const writes: readonly (readonly [string, Change])[] = [
    ['k', { kind: 'delete' }],
    ['k', put],
    ['k', { ...put, bytes: Buffer.from('w') }],
    ['k', { ...put, contentType: 'v' }],
    ['k', { ...put, ttlMs: 1 }],
    ['k2', put],
    ['k","', put],
  ]
  const prints = writes.map(([key, change]) => fingerprintOf(key, change))
  t.equal(new Set(prints).size, writes.length)
  t.equal(
    prints.every((it) => /^[0-9a-f]{16}$/.test(it)),
    true,
  )
  t.equal(fingerprintOf('k', { ...put, bytes: new Uint8Array([0x76]) }), prints[1])
})

t.test('a fingerprint is the same however the value comes', async (t) => {
  const put = { kind: 'put', bytes: Buffer.from('value'), contentType: 'a/b', ttlMs: 1 } as const
  for (const pieces of [['value'], ['va', 'lue'], ['', 'v', 'alue', '']]) {
    const print = new PutFingerprint('k', put)
    for (const piece of pieces) print.add(Buffer.from(piece))
    t.equal(print.end(), fingerprintOf('k', put))
  }
})
