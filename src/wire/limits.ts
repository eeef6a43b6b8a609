// Limits of the forms on the wire that core/limits.ts does not already name.
// Each only bounds what a message may cost its receiver; none decides anything.
import { assert } from '../core/assert.ts'
import { ECHOES_MAX, KEY_BYTES_MAX, NODES_MAX, OWED_MAX } from '../core/limits.ts'

/** An address, `host:port`. Unit: bytes of ASCII. Its length is one byte in a datagram. */
export const ADDRESS_BYTES_MAX = 255

/** The reason in a goodbye. Unit: bytes of UTF-8. Longer ones are cut. */
export const GOODBYE_REASON_BYTES_MAX = 255

/** Sentences in node messages. Unit: bytes of UTF-8. Far above any that is written. */
export const REASON_BYTES_MAX = 8192

/** The nonce of a ping. Unit: bytes. */
export const PING_NONCE_BYTES_MAX = 64

/** Groups in a view. Unit: groups. Ring mode will have this many. */
export const GROUPS_MAX = 256

/** Masters of one group. Unit: masters. Two today; a handover names old and new ones. */
export const GROUP_MASTERS_MAX = 16

/** Lineages in a view's merge list, and views owed. Unit: views. A forced view has one a node. */
export const LINEAGES_MAX = Math.max(8 * OWED_MAX, NODES_MAX)

/** Versions named by one condition. Unit: versions. */
export const CONDITION_VERSIONS_MAX = 256

/** Nesting of a node message. Unit: lists and maps. The deepest, a promise, needs twelve. */
export const MESSAGE_DEPTH_MAX = 16

/** Fields of one map in a node message. Unit: fields. The largest has six; newer ones may grow. */
export const MESSAGE_FIELDS_MAX = 64

/** Numbers that a window of packets tells apart. Unit: packets. A second of the busiest node. */
export const PACKET_WINDOW = 1024

/** The same for calls. Unit: calls. A large body arrives long after calls that were sent later. */
export const CALL_WINDOW = 65_536

/** The highest number of a packet or a call. Unit: packets, calls. */
export const NODE_NUMBER_MAX = Number.MAX_SAFE_INTEGER

/** Fields of one form. Unit: fields. A write has three. */
export const FORM_FIELDS_MAX = 64

/** The name of a form field. Unit: bytes as sent. */
export const FORM_NAME_BYTES_MAX = 256

/** A time to live. Unit: ms. Ten years of 365 days. */
export const TTL_MS_MAX = 10 * 365 * 24 * 60 * 60 * 1000

/** An Idempotency-Key. Unit: characters. */
export const IDEMPOTENCY_KEY_MAX = 255

assert(ECHOES_MAX < 256, 'their number is one byte in a beat')
assert(NODES_MAX < 256, 'a cluster is small')
assert(KEY_BYTES_MAX < 65_536, 'the length of a key is two bytes in a query')
