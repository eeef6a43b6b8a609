import fc from 'fast-check'
import t from 'tap'
import { parseQuery } from '../../src/wire/form.ts'
import { encodeKey, keyUrl, parseKeyBytes, parseKeyPath } from '../../src/wire/key.ts'
import { key as keys } from './arbitraries.ts'
import { holds } from './holds.ts'

const ESCAPE = 'A % in the key is not followed by two hex digits: write a literal % as %25.'
const UTF8 = 'The key is not valid UTF-8: encode it as UTF-8, then percent-encode the bytes.'

t.test('a key in a path is percent-encoded UTF-8 of 1 to 511 bytes', async (t) => {
  const no = (trouble: string, sentence: string): unknown => ({
    kind: 'refused',
    reason: { trouble, sentence },
  })
  const yes = (value: string): unknown => ({ kind: 'ok', value })
  const cases: readonly (readonly [string, unknown])[] = [
    ['a', yes('a')],
    ['a+b', yes('a+b')],
    ['a%2Fb', yes('a/b')],
    ['gr%C3%BCn', yes('grün')],
    ['gr\xc3\xbcn', yes('grün')],
    ['%00%0a', yes('\0\n')],
    ['%EF%BB%BFa', yes('\ufeffa')],
    ['%F0%9F%92%A9', yes('💩')],
    ['%2E%2E', yes('..')],
    ['x'.repeat(511), yes('x'.repeat(511))],
    ['%C3%BC'.repeat(255), yes('ü'.repeat(255))],
    ['', no('no-key', 'The key is empty: give 1 to 511 bytes of UTF-8.')],
    [
      'x'.repeat(512),
      no('key-too-long', 'The key has 512 bytes and may have 511: shorten or hash it.'),
    ],
    [
      '%C3%BC'.repeat(256),
      no('key-too-long', 'The key has 512 bytes and may have 511: shorten or hash it.'),
    ],
    ['%', no('malformed-key', ESCAPE)],
    ['a%2', no('malformed-key', ESCAPE)],
    ['%zz', no('malformed-key', ESCAPE)],
    ['%FF', no('malformed-key', UTF8)],
    ['%C0%AF', no('malformed-key', UTF8)],
    ['%ED%A0%80', no('malformed-key', UTF8)],
    ['€', no('malformed-key', 'The key must be percent-encoded.')],
  ]
  for (const [segment, expected] of cases) {
    t.same(parseKeyPath(segment), expected, segment.slice(0, 20))
  }
})

t.test('an encoded key is one word of ASCII', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['plain-1_2.3~', 'plain-1_2.3~'],
    ['a b/c?d#e', 'a%20b%2Fc%3Fd%23e'],
    ['\r\n', '%0D%0A'],
    ['%', '%25'],
    ['+&=', '%2B%26%3D'],
    ['ü', '%C3%BC'],
  ]
  for (const [key, expected] of cases) t.equal(encodeKey(key), expected)
})

t.test('every key survives a path, a query and a URL parser', async (t) => {
  const property = fc.property(keys, (key) => {
    const encoded = encodeKey(key)
    const inPath = parseKeyPath(encoded)
    const inQuery = parseQuery(`key=${encoded}`)
    const field = inQuery.kind === 'ok' ? inQuery.value[0] : undefined
    const fromQuery = parseKeyBytes(field?.value ?? new Uint8Array())
    return (
      /^[!-~]+$/.test(encoded) &&
      inPath.kind === 'ok' &&
      inPath.value === key &&
      fromQuery.kind === 'ok' &&
      fromQuery.value === key &&
      readUrl(new URL(keyUrl('/v1', key), 'http://host')) === key
    )
  })
  holds(t, property, 500)
  for (const key of ['.', '..', '...', '%2E', 'a/../b', '?']) {
    t.equal(readUrl(new URL(keyUrl('/v1', key), 'http://host')), key)
  }
})

function readUrl(url: URL): string | undefined {
  if (url.search !== '') return url.searchParams.get('key') ?? undefined
  const key = parseKeyPath(url.pathname.slice('/v1/'.length))
  return key.kind === 'ok' ? key.value : undefined
}
