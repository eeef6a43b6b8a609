// Limits of finding nodes and of reaching those whom multicast does not reach.
// Never a setting.
import { assert } from './assert.ts'
import { BEAT_EVERY_MS, SUSPECT_AFTER_MS, TICK_EVERY_MS } from './limits.ts'

/** Multicast of a node silent for this long: it gets ours by unicast too. Unit: ms. Two lost beats. */
export const UNICAST_AFTER_MS = 2 * BEAT_EVERY_MS + 2 * TICK_EVERY_MS

/** A node says this often that our multicast does not reach it. Unit: ms. One ping each time. */
export const ASK_UNICAST_EVERY_MS = 5000

/** And this often to who was met lately: each time it may know more of the others. Unit: ms. */
export const ASK_NEW_EVERY_MS = 2 * BEAT_EVERY_MS

/** Said once, it is believed this long. Unit: ms. Two of the pings may be lost. */
export const UNICAST_FOR_MS = 3 * ASK_UNICAST_EVERY_MS

/** A node that says so for this long is worth a warning. Unit: ms. Less is a busy host, or a start. */
export const DEAF_WARNING_MS = ASK_UNICAST_EVERY_MS

/** A node that was just verified gets our heartbeats by unicast too. Unit: ms. Four beats: it may be deaf. */
export const GREET_MS = 4 * BEAT_EVERY_MS

/** Nodes that are looked for get a heartbeat this often. Unit: ms. One packet each. */
export const SEEK_EVERY_MS = 4 * BEAT_EVERY_MS

/** Beats after which the loss of a node's multicast is judged anew. Unit: beats. Ten seconds. */
export const RECEPTION_BEATS = 40

/** More beats missing in a row were an outage, not loss: counting begins anew. Unit: beats. */
export const OUTAGE_BEATS = RECEPTION_BEATS / 2

/** Share of beats lost from which multicast counts as bad, and below which it is good again. */
export const LOSSY_SHARE = { from: 0.25, below: 0.1 }

/** Where a node is, as another one says, is believed this long. Unit: ms. It is said again sooner. */
export const INTRODUCED_FOR_MS = 3 * ASK_UNICAST_EVERY_MS

/** Addresses that one node looks for because it was told to. Unit: addresses. A few are enough. */
export const SEEDS_MAX = 16

/** Invalidations go by unicast to so many nodes. Unit: nodes. Others ask after a heartbeat. */
export const INVALIDATED_BY_UNICAST_MAX = 16

/** Earlier addresses of this node that it still knows as its own. Unit: addresses. */
export const FORMER_ADDRESSES_MAX = 8

/** Addresses named in one warning. Unit: addresses. */
export const NAMED_IN_WARNING_MAX = 3

assert(UNICAST_AFTER_MS < SUSPECT_AFTER_MS, 'unicast begins before anybody is suspected')
assert(LOSSY_SHARE.below < LOSSY_SHARE.from, 'a verdict does not change back at once')
