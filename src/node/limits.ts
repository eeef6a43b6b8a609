// Limits of the driver and of what it lets in: unit and reason. Never a setting.
import { assert } from '../core/assert.ts'
import { FORGET_AFTER_MS, MIRROR_CALL_WAIT_MS, NODES_MAX } from '../core/limits.ts'

/** Requests of other nodes under way here. Unit: requests. Beyond: answered "unable" at once. */
export const REQUESTS_MAX = 10_000

/** Time to let the last answers leave when stopping. Unit: ms. */
export const DRAIN_WAIT_MS = 2000

/** While stopping, idle connections are closed this often. Unit: ms. */
export const IDLE_SWEEP_MS = 20

/** Senders whose packets and calls are told from repetitions. Unit: nodes. Four lives of everyone. */
export const SENDERS_MAX = 4 * NODES_MAX

/** A first heartbeat further from our wall clock than this is challenged. Unit: ms, both ways. */
export const PACKET_AGE_MAX_MS = 30_000

/** A stamp of ours older than this is answered with a newer one. Unit: ms. Idle nodes pay one round. */
export const STAMP_AGE_MAX_MS = 60_000

/** A silent sender is not forgotten before this. Unit: ms. By then all it ever sent is stale. */
export const SENDER_KEEP_MS = Math.max(2 * PACKET_AGE_MAX_MS, STAMP_AGE_MAX_MS)

/** Challenges of heartbeats with a strange clock under way at once. Unit: challenges. */
export const CHALLENGES_MAX = 8

/** One node is challenged again after this. Unit: ms. Somebody may repeat what it sent long ago. */
export const CHALLENGE_PAUSE_MS = 1000

/** What was refused is logged this often at most. Unit: ms. */
export const REFUSALS_LOG_EVERY_MS = 60_000

assert(STAMP_AGE_MAX_MS > 2 * MIRROR_CALL_WAIT_MS, 'a call that waits for its turn is not stale')
assert(SENDER_KEEP_MS < FORGET_AFTER_MS, 'an earlier incarnation stays out for longer')

/** A store that is not open by then never will be. Unit: ms. It takes 30 to 110 ms, with Node 0.3 s. */
export const TRY_STORE_WAIT_MS = 20_000
