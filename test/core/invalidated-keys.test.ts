// What a node remembers of writes: enough of them, not for ever, and how far back it reaches.
import t from 'tap'
import { InvalidatedKeys } from '../../src/core/invalidated-keys.ts'
import { keyHash } from '../../src/core/key-hash.ts'
import {
  INVALIDATIONS_REMEMBERED,
  OWN_WRITE_MS,
  OWN_WRITES_REMEMBERED,
} from '../../src/core/limits.ts'
import type { StreamId, Version } from '../../src/core/types.ts'

const STREAM: StreamId = { epoch: 1, proposer: '00000000000000a1' }

function version(number: number): Version {
  return `${number.toString(16).padStart(16, '0')}-00000000000000a1`
}

/** The invalidation with this number of the stream. */
function heard(keys: InvalidatedKeys, seq: number): void {
  keys.add({ keyHash: hashOf(seq), version: version(seq) }, seq)
}

/** A hash is 16 digits; that of key-1 is the true one. */
function hashOf(seq: number): string {
  return seq === 1 ? keyHash('key-1') : seq.toString(16).padStart(16, '0')
}

/** An answer from before the first write. */
const EARLIER = {
  key: 'key-1',
  version: version(0),
  isAbsent: false,
  position: { stream: STREAM, seq: 0 },
}

function isOutdated(keys: InvalidatedKeys, nowMs = 0): boolean {
  return keys.supersedes(EARLIER, { at: undefined, stream: STREAM, nowMs })
}

t.test('so many invalidations are remembered at least, and twice as many at most', async (t) => {
  const keys = new InvalidatedKeys()
  keys.startAt(0)
  for (let seq = 1; seq <= 2 * INVALIDATIONS_REMEMBERED; seq++) heard(keys, seq)
  t.equal(keys.size, 2 * INVALIDATIONS_REMEMBERED)
  t.ok(isOutdated(keys), 'the first is still known')
  t.ok(keys.remembersSince(0))
  heard(keys, 2 * INVALIDATIONS_REMEMBERED + 1)
  t.equal(keys.size, INVALIDATIONS_REMEMBERED + 1)
  t.notOk(isOutdated(keys))
  t.notOk(keys.remembersSince(INVALIDATIONS_REMEMBERED - 1), 'the last forgotten one is after it')
  t.ok(keys.remembersSince(INVALIDATIONS_REMEMBERED))
})

t.test('what is forgotten of an earlier stream hides nothing of the present one', async (t) => {
  const keys = new InvalidatedKeys()
  for (let seq = 1; seq <= INVALIDATIONS_REMEMBERED; seq++) heard(keys, seq)
  keys.startNextStream()
  for (let seq = 1; seq <= INVALIDATIONS_REMEMBERED + 1; seq++) heard(keys, seq)
  t.ok(keys.remembersSince(0))
})

t.test('a new start forgets all of it', async (t) => {
  const keys = new InvalidatedKeys()
  for (let seq = 1; seq <= INVALIDATIONS_REMEMBERED + 1; seq++) heard(keys, seq)
  keys.startAt(7)
  t.equal(keys.size, 0)
  t.notOk(keys.remembersSince(6))
  t.ok(keys.remembersSince(7))
  for (let seq = 8; seq <= 2 * INVALIDATIONS_REMEMBERED; seq++) heard(keys, seq)
  t.ok(keys.remembersSince(7), 'nothing of the time before counts')
})

t.test('own writes are remembered for as long as an older answer may be on its way', async (t) => {
  const keys = new InvalidatedKeys()
  keys.wrote('first', version(1), 0)
  keys.wrote('key-1', version(2), 1)
  keys.wrote('other', version(3), OWN_WRITE_MS)
  keys.wrote('another', version(4), OWN_WRITE_MS + 1)
  t.ok(isOutdated(keys, OWN_WRITE_MS + 1))
  t.notOk(isOutdated(keys, OWN_WRITE_MS + 2), 'it is over')
  keys.wrote('late', version(5), 3 * OWN_WRITE_MS)
  t.equal(keys.size, 2, 'and forgotten with the next generation')
})

t.test('however many there are, so many are remembered at least', async (t) => {
  const keys = new InvalidatedKeys()
  for (let i = 0; i < OWN_WRITES_REMEMBERED; i++) keys.wrote(`before-${i}`, version(1), 0)
  keys.wrote('key-1', version(2), 0)
  for (let i = 1; i < OWN_WRITES_REMEMBERED; i++) keys.wrote(`after-${i}`, version(3), 0)
  t.ok(isOutdated(keys))
  for (let i = 0; i < OWN_WRITES_REMEMBERED; i++) keys.wrote(`much-later-${i}`, version(4), 0)
  t.ok(isOutdated(keys))
  keys.wrote('one more', version(5), 0)
  t.notOk(isOutdated(keys))
  t.ok(keys.size <= 2 * OWN_WRITES_REMEMBERED)
})
