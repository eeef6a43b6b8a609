// What the checks say of a network that was cut in two, with the sides as tests of hosts see them:
// neither side is excused for what it knew itself, and nobody for anything once all is merged.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SplitSides } from '../netns/sides.ts'
import { checkHistory } from './check.ts'
import type { HistoryRecord, ReadRecord, WriteRecord } from './history.ts'

const CUT = 10_000
const HEALED = 30_000
const MERGED = 40_000

/** Nodes l1 and l2 are on the left side, r1 on the right; versions end in the id of their node. */
const sideOf = (node: string): string => (node.startsWith('l') ? 'left' : 'right')

function put(version: string, node: string, at: number): WriteRecord {
  return {
    op: 'put',
    requestId: version,
    key: 'k',
    value: version,
    ttlMs: undefined,
    condition: { kind: 'none' },
    node,
    invokedAt: at,
    endedAt: at + 5,
    outcome: 'applied',
    version: `${version}-${node}`,
  }
}

function read(
  found: WriteRecord | undefined,
  node: string,
  at: number,
  strength: ReadRecord['strength'] = 'fresh',
): ReadRecord {
  return {
    op: 'read',
    strength,
    key: 'k',
    node,
    invokedAt: at,
    endedAt: at + 5,
    outcome: found === undefined ? 'absent' : 'found',
    version: found?.version,
    value: found?.value,
  }
}

function strong(found: WriteRecord, node: string, at: number): ReadRecord {
  return read(found, node, at, 'strong')
}

const before = put('1', 'l1', CUT - 5000)
const left = put('2', 'l1', CUT + 3000)
const right = put('3', 'r1', CUT + 4000)
/** As `left`, but its client was told nothing. */
const unknown: WriteRecord = { ...left, outcome: 'unknown', version: undefined }
const after = put('4', 'r1', MERGED + 1000)

const CASES: readonly (readonly [string, readonly HistoryRecord[], readonly string[]])[] = [
  ['each side sees its own', [before, left, right, read(left, 'l2', CUT + 9000)], []],
  ['the other side does not', [before, left, read(before, 'r1', CUT + 9000)], []],
  ['its own side must', [before, left, read(before, 'l2', CUT + 9000)], ['stale']],
  ['within 2 s it need not', [before, left, read(before, 'l2', CUT + 4900)], []],
  ['a strong read at once', [before, left, strong(before, 'l2', CUT + 4900)], ['I5']],
  ['what was before the cut all know', [before, read(undefined, 'r1', CUT + 9000)], ['absent']],
  ['between cut and merge the left may lack', [left, right, read(left, 'l2', HEALED + 9000)], []],
  ['2 s after the merge nobody', [left, right, read(left, 'l2', MERGED + 2100)], ['stale']],
  ['nor for a strong read', [left, right, strong(left, 'l2', MERGED + 1)], ['I5']],
  [
    'a side orders its own writes',
    [put('5', 'l1', CUT + 100), put('2', 'l1', CUT + 3000)],
    ['inverted'],
  ],
  ['not those of the other', [put('5', 'r1', CUT + 100), put('2', 'l1', CUT + 3000)], []],
  ['after the merge all are in order', [put('5', 'r1', CUT + 100), after], ['inverted']],
  [
    'strong reads of a side never go back',
    [before, unknown, strong(left, 'l1', CUT + 6000), strong(before, 'l2', CUT + 7000)],
    ['I5'],
  ],
  [
    'those of the other may be behind',
    [before, unknown, strong(left, 'l1', CUT + 6000), strong(before, 'r1', CUT + 7000)],
    [],
  ],
  [
    'nor those of anybody after the merge',
    [left, right, strong(right, 'r1', MERGED - 1000), strong(left, 'l1', MERGED + 1)],
    ['I5', 'I5'],
  ],
]

for (const [title, records, expected] of CASES) {
  void test(title, () => {
    const split = { cutAt: CUT, healedAt: HEALED, mergedAt: MERGED, sideOf, sideOfId: sideOf }
    const sides = new SplitSides(split, records)
    const judgement = { staleMsMax: 2000, memoryLostAt: [], sides }
    const found = checkHistory(records, { final: undefined, judgement })
    assert.deepEqual(
      found.map(({ rule }) => rule),
      expected,
    )
  })
}
