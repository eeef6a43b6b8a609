// From when on doctor speaks of trouble, and how long it listens: unit and reason.
import { assert } from '../../core/assert.ts'
import { BEAT_EVERY_MS, CLOCK_SKEW_MAX_MS, DATAGRAM_BYTES_MAX } from '../../core/limits.ts'

/** Unit: s. A dozen heartbeats of everybody. */
export const LISTEN_S = { byDefault: 3, max: 60 }

/** Silence of a node from which it counts as not heard. Unit: ms. Twenty heartbeats. */
export const HEARD_WITHIN_MS = 20 * BEAT_EVERY_MS

/** Share of multicast lost that is worth a word, and that is trouble. */
export const LOST_SHARE = { note: 0.02, trouble: 0.1 }

/** Clock differences. Unit: ms. With more than the second a node cannot become master. */
export const CLOCK_MS = { note: CLOCK_SKEW_MAX_MS / 4, trouble: CLOCK_SKEW_MAX_MS }

/** The largest packet with its IP and UDP headers. Unit: bytes. */
export const PACKET_BYTES_MAX = DATAGRAM_BYTES_MAX + 28

/** Receive buffer from which a burst is survived. Unit: bytes. The usual 208 KiB lost 31 % of one. */
export const BUFFER_BYTES_ENOUGH = 1024 * 1024

/** Addresses remembered while listening. Unit: addresses. More than a cluster has. */
export const SENDERS_MAX = 256

/** Nodes asked at once whom they hear. Unit: nodes. */
export const ASKED_AT_ONCE = 16

assert(LISTEN_S.byDefault * 1000 > 4 * BEAT_EVERY_MS, 'whoever is there is heard while listening')
assert(
  LOST_SHARE.note < LOST_SHARE.trouble && CLOCK_MS.note < CLOCK_MS.trouble,
  'a word comes first',
)
