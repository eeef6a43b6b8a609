// Every limit and wait of the network layer: unit, reason, and its relation to its neighbours.
// Never a setting.
import { assert } from '../core/assert.ts'

/** Receive buffer asked for. Unit: bytes. The default loses a third of a burst of 20 000 datagrams. */
export const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024

/** Less than this is not worth asking for: the system's default is near it. Unit: bytes. */
export const RECEIVE_BUFFER_BYTES_MIN = 256 * 1024

/** Hops a multicast may travel. Unit: hops. It never leaves the LAN. */
export const MULTICAST_HOPS = 1

/** Membership is renewed this often. Unit: ms. Switches that snoop forget a silent member in 140 s. */
export const JOIN_EVERY_MS = 60_000

/** A membership that failed is tried again after this. Unit: ms. An interface comes back in seconds. */
export const JOIN_AGAIN_MS = 2000

/** Destinations whose last send failed, remembered to log each change once. Unit: destinations. */
export const FAILING_MAX = 256

/** Calls to one node on their way at once; others wait their turn. Unit: calls. Beyond, no faster. */
export const CALLS_MAX = 64

/** Connections to one node. Unit: connections. Urgent calls do not wait, so there are more of them. */
export const CONNECTIONS_MAX = 2 * CALLS_MAX

/** Time to open a connection. Unit: ms. A SYN lost during a partition is not waited for. */
export const CONNECT_WAIT_MS = 1000

/** The caller's end of an idle connection closes it after this. Unit: ms. */
export const IDLE_CONNECTION_MS = 30_000

/** Connections of an address that was not called for this long are given up. Unit: ms. */
export const IDLE_POOL_MS = 5 * 60_000

/** What a response holds beside its largest value: a page, a batch, a view. Unit: bytes. */
export const RESPONSE_EXTRA_BYTES = 8 * 1024 * 1024

assert(JOIN_EVERY_MS < 125_000, 'renewed before a silent member is forgotten')
assert(JOIN_AGAIN_MS < JOIN_EVERY_MS, 'a failed join is tried before the next renewal')
assert(CONNECTIONS_MAX > CALLS_MAX, 'an urgent call finds a connection')
assert(IDLE_CONNECTION_MS < IDLE_POOL_MS, 'a pool is given up after its connections')
