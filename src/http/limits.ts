// Every limit and wait of the HTTP layer: unit, reason, and its relation to its neighbours.
// Never a setting.
import { assert } from '../core/assert.ts'
import { DEADLINE_MS, KEY_BYTES_MAX } from '../core/limits.ts'

/** All headers of one request, its first line included. Unit: bytes. A key takes at most 1.5 KB. */
export const HEADER_BYTES_MAX = 16 * 1024

/**
 * What one read of a socket may bring for the fast lane to look at it, small bodies included. Unit:
 * bytes. No more than node:http takes as headers, so that what it would refuse is never taken.
 */
export const LANE_BYTES_MAX = HEADER_BYTES_MAX

/**
 * Answers of the fast lane are put together in one piece up to this. Unit: bytes. Two writes cost more
 * than a copy of so much; a copy of ten megabytes takes the event loop for several milliseconds.
 */
export const JOINED_BYTES_MAX = 64 * 1024

/**
 * Memory in which the lane makes answers, again and again. Unit: bytes. A few of ten kilobytes; larger
 * ones have buffers of their own. A client that takes nothing of its answer keeps all of it.
 */
export const ANSWER_ROOM_BYTES = 32 * 1024

/** A connection that has not sent all headers of a request by then is closed. Unit: ms. */
export const HEADERS_WAIT_MS = 10_000

/** A request that has not arrived whole by then is closed. Unit: ms. 24 MiB at 3.4 Mbit/s. */
export const REQUEST_WAIT_MS = 60_000

/** How often late connections are looked for. Unit: ms. */
export const LATE_CHECK_EVERY_MS = 2000

/** An idle connection is kept this long. Unit: ms. Nodes give theirs up after 30 s, before us. */
export const KEEP_ALIVE_MS = 75_000

/** A client that takes none of its answer for so long is closed. Unit: ms. */
export const SILENCE_MS = 120_000

/** Open connections. Unit: connections. A few KB each; further ones are closed at once. */
export const CONNECTIONS_MAX = 8192

/** Bodies in memory at once, still arriving or being answered. Unit: bytes. Beyond: 503. */
export const BODIES_BYTES_MAX = 256 * 1024 * 1024

/** What a form may take besides its value. Unit: bytes. An escaped key, names, part headers. */
export const FORM_EXTRA_BYTES = 8192

/** One message of a node without its largest value. Unit: bytes. A batch and its headers. */
export const NODE_MESSAGE_EXTRA_BYTES = 8 * 1024 * 1024

/** Bytes of a list gathered into one piece of the answer. Unit: bytes. */
export const LIST_PIECE_BYTES = 64 * 1024

/** What a 503 asks a client to wait. Unit: s. A fail-over takes about two. */
export const RETRY_AFTER_S = 1

assert(3 * KEY_BYTES_MAX < HEADER_BYTES_MAX / 2, 'the longest key fits a URL, escaped')
assert(3 * KEY_BYTES_MAX < FORM_EXTRA_BYTES / 2, 'the longest key fits a form, escaped')
assert(HEADERS_WAIT_MS < REQUEST_WAIT_MS, 'headers are a part of the request')
assert(DEADLINE_MS < SILENCE_MS, 'an answer that waits for its deadline is not cut off')
assert(
  DEADLINE_MS < KEEP_ALIVE_MS,
  'nor one that the lane waits for, where it takes the place of silence',
)

/** The body of an operator's order. Unit: bytes. It names a node. */
export const ORDER_BYTES_MAX = 4096
