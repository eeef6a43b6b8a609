// When ticks may be rare, and when the silence of a master is looked into.
// Never a setting.
import { assert } from './assert.ts'
import { BEAT_EVERY_MS, MASTER_LEASE_MS, PRIMARY_LEASE_MS, TICK_EVERY_MS } from './limits.ts'

/**
 * While every other node was heard this recently, and nothing is under way, ticks come with the own heartbeats
 * only. Unit: ms. Less than two beats: whoever misses one is watched closely again.
 */
export const CALM_SILENCE_MS = 400

/**
 * A fellow master that is silent for longer misses a heartbeat: it is asked whether anybody is there. Unit: ms. If
 * not, there is a view without it before the leases end that the others' reads rest on, and no read waits.
 */
export const MISSED_BEAT_MS = CALM_SILENCE_MS

assert(CALM_SILENCE_MS < 2 * BEAT_EVERY_MS, 'a lost beat ends the calm before the next one is due')
assert(BEAT_EVERY_MS + 2 * TICK_EVERY_MS < CALM_SILENCE_MS, 'beats in time do not end it')
// Calm nodes look with their heartbeats, and the proof came with one that was sent before the last that was heard.
assert(
  MISSED_BEAT_MS + 2 * BEAT_EVERY_MS < Math.min(PRIMARY_LEASE_MS, MASTER_LEASE_MS),
  'who is asked in time is replaced in time',
)
