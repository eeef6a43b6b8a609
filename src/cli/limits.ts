// How long the command waits, and what it takes: unit and reason. Never a setting.
import { assert } from '../core/assert.ts'

/** Time to open a connection. Unit: ms. A host that is there answers in one. */
export const CONNECT_WAIT_MS = 3000

/** Time for an answer to begin. Unit: ms. Nodes give up a read after 5 s and an order after 10 s. */
export const ANSWER_WAIT_MS = 15_000

/** The same for a value that is sent. Unit: ms. A node takes 60 s for it, and 5 s for the write. */
export const WRITE_WAIT_MS = 75_000

/** Silence in the middle of an answer. Unit: ms. A node gives up as soon. */
export const SILENCE_MS = 120_000

/** An answer that is read whole, which a value or a list is not. Unit: bytes. 1,000 conflicts. */
export const ANSWER_BYTES_MAX = 16 * 1024 * 1024

/** A value that is sent as a form, in memory. Unit: bytes. Above every sensible value-bytes-max. */
export const LOCAL_VALUE_BYTES_MAX = 64 * 1024 * 1024

/** A line of progress is written anew this often at most. Unit: ms. */
export const PROGRESS_EVERY_MS = 200

/** Requests under way while entries are restored. Unit: requests. Masters flush many as one. */
export const RESTORE_CONCURRENCY = 256

/** Values under way meanwhile; a larger one goes alone. Unit: bytes. A node takes 256 MiB of bodies. */
export const RESTORE_BYTES_MAX = 32 * 1024 * 1024

/** A write that no node can take now is tried again so often, and so much later. */
export const RESTORE_TRIES = 10
/** Unit: ms. A fail-over takes about two seconds; ten tries outlast it. */
export const RESTORE_PAUSE_MS = 1000

/** After a break the changes are asked for again so often, and so much later. */
export const WATCH_TRIES = 60
/** Unit: ms. A fail-over takes about two seconds. */
export const WATCH_PAUSE_MS = 1000
/** From node to node on the way to the primary. Unit: nodes. Two after a change of primary. */
export const WATCH_REDIRECTS_MAX = 5

/** What a bench takes: its bounds, its defaults, and what --help says. */
export const BENCH = {
  seconds: { byDefault: 5, min: 1, max: 600, help: 'measure so long' },
  connections: { byDefault: 16, min: 1, max: 1024, help: 'requests under way at once' },
  keys: { byDefault: 1000, min: 1, max: 1_000_000, help: 'so many keys' },
  bytes: { byDefault: 100, min: 0, max: 8 * 1024 * 1024, help: 'of each value' },
  writes: { byDefault: 10, min: 0, max: 100, help: 'so many of 100 requests; the rest are reads' },
} as const

/** Keys of a bench that was cut short end after this. Unit: s. The longest one takes ten minutes. */
export const BENCH_TTL_S = 3600

/** A picture of the cluster is drawn this often. Unit: ms. */
export const TOP_EVERY_MS = 1000

/** A node that has not answered by then is shown as silent. Unit: ms. */
export const TOP_WAIT_MS = 2000

assert(CONNECT_WAIT_MS < ANSWER_WAIT_MS, 'a host that is not there is told from a slow node')
