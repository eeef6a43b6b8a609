// Small histories written by hand: what each check must find, and what it must let pass.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHistory } from './check.ts'
import type { Sides } from './findings.ts'
import type { FinalState, HistoryRecord, ReadRecord, WriteRecord } from './history.ts'

/** `w1` puts `v1`, acknowledged as version `v1`, unless it says otherwise. */
function put(n: number, from: number, to: number, more: Partial<WriteRecord> = {}): WriteRecord {
  return {
    op: 'put',
    requestId: `w${n}`,
    key: 'k',
    value: `v${n}`,
    ttlMs: undefined,
    condition: { kind: 'none' },
    node: 'a',
    invokedAt: from,
    endedAt: to,
    outcome: 'applied',
    version: `v${n}`,
    ...more,
  }
}

function remove(n: number, from: number, to: number, more: Partial<WriteRecord> = {}): WriteRecord {
  return put(n, from, to, { op: 'delete', value: '', ...more })
}

const UNKNOWN = { outcome: 'unknown', version: undefined } as const
const REFUSED = { outcome: 'refused', version: undefined } as const

/** A strong read that found version and value `found`; undefined: absent. */
function read(
  found: string | undefined,
  from: number,
  to: number,
  more: Partial<ReadRecord> = {},
): ReadRecord {
  return {
    op: 'read',
    strength: 'strong',
    key: 'k',
    node: 'b',
    invokedAt: from,
    endedAt: to,
    outcome: found === undefined ? 'absent' : 'found',
    version: found,
    value: found,
    ...more,
  }
}

const FRESH = { strength: 'fresh' } as const

function end(version: string, value?: string): FinalState {
  return new Map([['k', { version, value }]])
}

/** Rules broken, sorted; each record list may end in what is left at the end. */
function rulesOf(
  records: readonly HistoryRecord[],
  about: {
    final?: FinalState
    memoryLostAt?: readonly number[]
    sides?: Sides
    purged?: string
  } = {},
): string[] {
  const { memoryLostAt = [], sides, purged } = about
  const wasPurged = (_key: string, from: string, below: string): boolean =>
    purged !== undefined && purged >= from && purged < below
  const judgement = { staleMsMax: 2000, memoryLostAt, sides, wasPurged }
  const findings = checkHistory(records, { final: about.final, judgement })
  return findings.map((finding) => finding.rule).sort()
}

const ENDS: readonly [string, HistoryRecord[], FinalState, string[]][] = [
  ['the newest write is there', [put(1, 0, 5), put(2, 10, 15)], end('v2', 'v2'), []],
  ['an older one is there', [put(1, 0, 5), put(2, 10, 15)], end('v1', 'v1'), ['lost']],
  ['nothing is there', [put(1, 0, 5)], new Map(), ['lost']],
  ['a delete stays deleted', [put(1, 0, 5), remove(2, 10, 15)], end('v2'), []],
  ['a deleted value is back', [put(1, 0, 5), remove(2, 10, 15)], end('v1', 'v1'), ['resurrected']],
  ['an unanswered write may win', [put(1, 0, 5), put(2, 10, 15, UNKNOWN)], end('v2', 'v2'), []],
  ['or vanish', [put(1, 0, 5), put(2, 10, 15, UNKNOWN)], end('v1', 'v1'), []],
  ['a refused write is there', [put(1, 0, 5, REFUSED)], end('v1', 'v1'), ['I15']],
  [
    'refused, then tried again',
    [put(1, 0, 5, REFUSED), put(1, 6, 9, UNKNOWN)],
    end('v1', 'v1'),
    [],
  ],
  ['what nobody wrote is there', [put(1, 0, 5)], end('v9', 'x'), ['invented']],
  ['under a key nobody used', [], end('v9', 'x'), ['invented']],
]

void test('the end shows the newest acknowledged write, or one that nobody was refused', () => {
  for (const [title, records, final, expected] of ENDS) {
    assert.deepEqual(rulesOf(records, { final }), expected, title)
  }
})

const ORDERS: readonly [string, HistoryRecord[], string[]][] = [
  ['one after the other, upwards', [put(1, 0, 5), put(2, 6, 9)], []],
  ['one after the other, downwards', [put(2, 0, 5), put(1, 6, 9)], ['inverted']],
  ['at the same time, either way', [put(2, 0, 5), put(1, 4, 9)], []],
  [
    'the same version twice, for two writes',
    [put(1, 0, 5), put(2, 6, 9, { version: 'v1' })],
    ['inverted'],
  ],
  ['a retry gets the same version', [put(1, 0, 5), put(1, 6, 9)], []],
  ['a retry is applied again', [put(1, 0, 5), put(1, 6, 9, { version: 'v2' })], ['doubled']],
  [
    'a read saw the first, the answer is the second',
    [put(1, 0, 9, { version: 'v2' }), read('v1', 3, 4)],
    ['doubled'],
  ],
]

void test('versions follow the order of real time, and a write has one', () => {
  for (const [title, records, expected] of ORDERS) {
    assert.deepEqual(rulesOf(records), expected, title)
  }
})

void test('two losses of memory within a write excuse its double, one does not', () => {
  const twice = [put(1, 0, 5), put(1, 20, 25, { version: 'v2' })]
  assert.deepEqual(rulesOf(twice, { memoryLostAt: [7] }), ['doubled'])
  assert.deepEqual(rulesOf(twice, { memoryLostAt: [7, 9] }), [])
  assert.deepEqual(rulesOf(twice, { memoryLostAt: [7, 30] }), ['doubled'])
})

void test('a write that a purge has left no trace of may be applied again, once a purge', () => {
  const twice = [put(1, 0, 5), put(1, 20, 25, { version: 'v3' })]
  assert.deepEqual(rulesOf(twice, { purged: 'v1+' }), [])
  assert.deepEqual(rulesOf(twice, { purged: 'v0' }), ['doubled'])
  assert.deepEqual(rulesOf(twice, { purged: 'v3' }), ['doubled'])
  const thrice = [...twice, put(1, 30, 35, { version: 'v4' })]
  assert.deepEqual(rulesOf(thrice, { purged: 'v1+' }), ['doubled'])
})

const over = (version: string): Partial<WriteRecord> => ({
  condition: { kind: 'oneOf', versions: [version] },
})
const EXISTS = { condition: { kind: 'exists' } } as const
const ABSENT = { condition: { kind: 'absent' } } as const

const CONDITIONS: readonly [string, HistoryRecord[], string[]][] = [
  ['over the expected version', [put(1, 0, 5), put(2, 6, 9, over('v1'))], []],
  [
    'two over the same version',
    [put(1, 0, 5), put(2, 6, 9, over('v1')), put(3, 6, 9, over('v1'))],
    ['condition'],
  ],
  ['create where nothing was', [put(1, 0, 5, ABSENT)], []],
  ['create after a delete', [put(1, 0, 5), remove(2, 6, 7), put(3, 8, 9, ABSENT)], []],
  ['create where something is', [put(1, 0, 5), put(2, 6, 9, ABSENT)], ['condition']],
  [
    'create where something may have been deleted',
    [put(1, 0, 5), remove(2, 6, 7, UNKNOWN), put(3, 8, 9, ABSENT)],
    [],
  ],
  [
    'create where something may have expired',
    [put(1, 0, 5, { ttlMs: 1 }), put(2, 6, 9, ABSENT)],
    [],
  ],
  ['change what exists', [put(1, 0, 5), put(2, 6, 9, EXISTS)], []],
  ['change what was never there', [put(1, 0, 5, EXISTS)], ['condition']],
  ['change what was deleted', [remove(1, 0, 5), put(2, 6, 9, EXISTS)], ['condition']],
]

void test('a conditional write is applied only over what it asked for', () => {
  for (const [title, records, expected] of CONDITIONS) {
    assert.deepEqual(rulesOf(records), expected, title)
  }
})

void test('a write that is tried on both sides may be acknowledged by one, and be in effect on the other', () => {
  // v1 and v4 are of one side of a split; the other one was behind with its versions.
  const isOther = (version: string): boolean => version === 'v0'
  const sides: Sides = {
    knows: (_, later, earlier) => isOther(later) === isOther(earlier),
    mustKnow: () => true,
    follows: () => true,
    wasSplit: () => true,
  }
  const created = put(4, 10, 15, ABSENT)
  const deleted = remove(2, 3, 9, { version: 'v0' })
  assert.deepEqual(rulesOf([put(1, 0, 2), deleted, created], { sides }), [])
  assert.deepEqual(rulesOf([put(1, 0, 2), created], { sides }), ['condition'])
  const late = remove(2, 16, 20, { version: 'v0' })
  assert.deepEqual(rulesOf([put(1, 0, 2), created, late], { sides }), ['condition'])
})

void test('a write that one side acknowledged may come to the other one later, and win the merge', () => {
  const records = [put(1, 0, 2), remove(2, 3, 9), put(3, 10, 15, EXISTS)]
  const during = (isSplit: boolean): Sides => ({
    knows: () => true,
    mustKnow: () => true,
    follows: () => true,
    wasSplit: (fromMs, toMs) => isSplit && fromMs === 0 && toMs >= 15,
  })
  assert.deepEqual(rulesOf(records, { sides: during(true) }), [])
  assert.deepEqual(rulesOf(records, { sides: during(false) }), ['condition'])
})

const READS: readonly [string, HistoryRecord[], string[]][] = [
  ['strong: the newest', [put(1, 0, 5), read('v1', 6, 7)], []],
  ['strong: an older one', [put(1, 0, 5), put(2, 6, 9), read('v1', 10, 11)], ['I5']],
  [
    'strong: an older one, while the newer is written',
    [put(1, 0, 5), put(2, 6, 9), read('v1', 8, 11)],
    [],
  ],
  ['strong: absent, though written', [put(1, 0, 5), read(undefined, 6, 7)], ['I5']],
  ['strong: absent after a delete', [put(1, 0, 5), remove(2, 6, 7), read(undefined, 8, 9)], []],
  [
    'strong: absent while a delete is under way',
    [put(1, 0, 5), remove(2, 6, 9), read(undefined, 7, 8)],
    [],
  ],
  [
    'strong: absent after a delete without an answer',
    [put(1, 0, 5), remove(2, 6, 7, UNKNOWN), read(undefined, 8, 9)],
    [],
  ],
  [
    'strong: absent after a refused delete',
    [put(1, 0, 5), remove(2, 6, 7, REFUSED), read(undefined, 8, 9)],
    ['I5'],
  ],
  ['strong: absent after its time', [put(1, 0, 5, { ttlMs: 300 }), read(undefined, 400, 401)], []],
  [
    'strong: absent before its time',
    [put(1, 0, 5, { ttlMs: 3000 }), read(undefined, 100, 101)],
    ['I5'],
  ],
  [
    'strong: back in time',
    [put(1, 0, 2), put(2, 3, 99, UNKNOWN), read('v2', 10, 11), read('v1', 12, 13)],
    ['I5'],
  ],
  [
    'strong: there, then not, then nobody deleted it',
    [put(1, 0, 99, UNKNOWN), read('v1', 10, 11), read(undefined, 12, 13)],
    ['I5'],
  ],
  ['fresh: two seconds old', [put(1, 0, 5), put(2, 6, 9), read('v1', 2009, 2010, FRESH)], []],
  ['fresh: older', [put(1, 0, 5), put(2, 6, 9), read('v1', 2010, 2011, FRESH)], ['stale']],
  ['fresh: absent too long', [put(1, 0, 5), read(undefined, 2006, 2007, FRESH)], ['absent']],
  ['found what was refused', [put(1, 0, 5, REFUSED), read('v1', 6, 7)], ['I15']],
  ['found what comes later', [read('v1', 1, 2), put(1, 6, 7)], ['invented']],
  ['found what nobody wrote', [read('x', 1, 2)], ['invented']],
  ['found long after its time', [put(1, 0, 5, { ttlMs: 10 }), read('v1', 2016, 2017)], ['expired']],
  ['no answer says nothing', [put(1, 0, 5), read(undefined, 9, 9, { outcome: 'unreachable' })], []],
]

void test('reads show what was written, as fresh as they promise', () => {
  for (const [title, records, expected] of READS) {
    assert.deepEqual(rulesOf(records), expected, title)
  }
})
