// When ticks may be rare.
// Never a setting.
import { assert } from './assert.ts'
import { BEAT_EVERY_MS, TICK_EVERY_MS } from './limits.ts'

/**
 * While every other node was heard this recently, and nothing is under way, ticks come with the own heartbeats
 * only. Unit: ms. Less than two beats: whoever misses one is watched closely again.
 */
export const CALM_SILENCE_MS = 400

assert(CALM_SILENCE_MS < 2 * BEAT_EVERY_MS, 'a lost beat ends the calm before the next one is due')
assert(BEAT_EVERY_MS + 2 * TICK_EVERY_MS < CALM_SILENCE_MS, 'beats in time do not end it')
