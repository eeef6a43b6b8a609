// Sizes are read as people write them, and written so that they read back.
import t from 'tap'
import { formatBytes, parseBytes } from '../../src/config/bytes.ts'

const TEXTS: readonly (readonly [string, number | undefined])[] = [
  ['0', 0],
  ['1000', 1000],
  ['1KiB', 1024],
  ['64MiB', 67_108_864],
  ['64 MiB', 67_108_864],
  ['2GiB', 2_147_483_648],
  ['64  MiB', undefined],
  ['64mib', undefined],
  ['64MB', undefined],
  ['64M', undefined],
  ['1.5MiB', undefined],
  ['-1', undefined],
  ['1e3', undefined],
  ['MiB', undefined],
  ['', undefined],
]

t.test('parse', async (t) => {
  for (const [text, bytes] of TEXTS) t.equal(parseBytes(text), bytes, JSON.stringify(text))
})

const BYTES: readonly (readonly [number, string])[] = [
  [0, '0'],
  [1000, '1000'],
  [1024, '1 KiB'],
  [1536, '1536'],
  [67_108_864, '64 MiB'],
  [2_147_483_648, '2 GiB'],
]

t.test('format', async (t) => {
  for (const [bytes, text] of BYTES) {
    t.equal(formatBytes(bytes), text)
    t.equal(parseBytes(text), bytes, `${text} reads back`)
  }
})
