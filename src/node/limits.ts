// Limits of the driver and of what it lets in: unit and reason. Never a setting.
import { assert } from '../core/assert.ts'
import {
  BEAT_EVERY_MS,
  FORGET_AFTER_MS,
  LEAVE_WAIT_MS,
  MIRROR_CALL_WAIT_MS,
  NODES_MAX,
} from '../core/limits.ts'

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

/** The interfaces of the machine are looked at this often. Unit: ms. A tenth of a ms of work. */
export const INTERFACES_EVERY_MS = 2000

/** A better interface is used after this. Unit: ms. Routes and addresses come one after the other. */
export const BETTER_FOR_MS = 4000

/** One that is away is given up for another after this. Unit: ms. A cable is plugged back in. */
export const AWAY_FOR_MS = 10_000

/** Names of nodes to look for are looked up this often. Unit: ms. Addresses rarely change. */
export const NAMES_EVERY_MS = 60_000

/** Sooner while one of them is unknown. Unit: ms. A machine that starts has no name service yet. */
export const NAMES_AGAIN_MS = 5000

assert(LEAVE_WAIT_MS + DRAIN_WAIT_MS <= 10_000, 'a node that is stopped ends within ten seconds')
assert(BETTER_FOR_MS < AWAY_FOR_MS, 'what is better is taken before what is there')
assert(STAMP_AGE_MAX_MS > 2 * MIRROR_CALL_WAIT_MS, 'a call that waits for its turn is not stale')
assert(SENDER_KEEP_MS < FORGET_AFTER_MS, 'an earlier incarnation stays out for longer')

/** Heartbeats of one node by which its loss is told. Unit: beats. A quarter of a minute: a cure shows soon. */
export const LOSS_BEATS = 60

/** A node heard within this counts as heard. Unit: ms. Twenty beats: many must be lost for silence. */
export const HEARD_WITHIN_MS = 5000

/** Addresses remembered from which came what was refused. Unit: addresses. */
export const STRANGERS_MAX = 64

/** A silent one gives way to another after this. Unit: ms. */
export const STRANGER_KEEP_MS = 60_000

assert(LOSS_BEATS * BEAT_EVERY_MS > 2 * HEARD_WITHIN_MS, 'loss is told over more than a pause')

/** Backups of one node at once. Unit: backups. Each keeps pages of the store from being used again. */
export const BACKUPS_MAX = 2

/** A backup that is not done by then is given up. Unit: ms. Ten million small entries take six minutes. */
export const BACKUP_WAIT_MS = 3_600_000

/** Entries of a backup read in one go. Unit: entries. About a quarter of a ms of the event loop. */
export const BACKUP_PIECE_ENTRIES = 32

/** Work on a backup is followed by a rest so many times as long: a fifth of the time is enough. */
export const BACKUP_REST = 4

/** Clients that follow the changes of one node. Unit: clients. Each costs a look at every write. */
export const SUBSCRIBERS_MAX = 256

/** Events that wait for one of them. Unit: events. About 100 KB; at 10,000 writes/s a tenth of a second. */
export const EVENTS_WAITING_MAX = 1000

/** A comment is sent this often, so that a dead connection is noticed. Unit: ms. */
export const EVENTS_BEAT_EVERY_MS = 10_000

/** A store that is not open by then never will be. Unit: ms. It takes 30 to 110 ms, with Node 0.3 s. */
export const TRY_STORE_WAIT_MS = 20_000

/** A service manager is told at the latest then that the node started. Unit: ms. Finding takes 2 s. */
export const READY_WAIT_MS = 20_000

/** Until then the node is asked this often whether it is ready. Unit: ms. */
export const READY_EVERY_MS = 100

/** A service manager that does not watch hears of changes this often. Unit: ms. Each is a process. */
export const SUMMARY_EVERY_MS = 10_000

/** A sign of life comes after this part of the time allowed: one may be lost or late. */
export const WATCHDOG_SHARE = 1 / 3
