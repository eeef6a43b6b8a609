// Every limit and wait of the protocol: unit, reason, and its relation to its neighbours.
// Never a setting: what an operator may change lives in config/.
import { assert } from './assert.ts'

/** Full copies of every group. Unit: masters. Two disks survive any one failure. */
export const MASTERS_PER_GROUP = 2

/** The core looks at its clocks this often. Unit: ms. Fine enough for the election stagger. */
export const TICK_EVERY_MS = 50

/** Heartbeat period. Unit: ms. Four packets a second a node: about 100 bytes each, unnoticed. */
export const BEAT_EVERY_MS = 250

/** Silence after which a node is suspected. Unit: ms. Five lost beats in a row. */
export const SUSPECT_AFTER_MS = 5 * BEAT_EVERY_MS

/** One ping by HTTP while verifying a suspicion. Unit: ms. */
export const PING_WAIT_MS = 250

/** Pings that must fail before a suspect is called dead. Unit: pings. */
export const PINGS_BEFORE_DEAD = 2

/** A tick this late means that we were stalled, not the others. Unit: ms. */
export const STALL_MS = 3 * BEAT_EVERY_MS

/** A starting node listens this long before it may propose. Unit: ms. Three beats and a second. */
export const LISTEN_MS = 3 * BEAT_EVERY_MS + 1000

/** A dead or departed node is forgotten by the member table after this. Unit: ms. */
export const FORGET_AFTER_MS = 60 * 60 * 1000

/** Nodes in one cluster. Unit: nodes. The echo table and the roster are sized for it. */
export const NODES_MAX = 128

/** How long a proposer waits for promises when not all alive nodes answered. Unit: ms. */
export const PROMISE_WAIT_MS = 150

/** One prepare or accept call. Unit: ms. Longer than the window: a late promise still counts. */
export const VIEW_CALL_WAIT_MS = 400

/** A proposal that is not active after this is given up. Unit: ms. */
export const PROPOSAL_MS = 600

/** Random pause after a failed proposal. Unit: ms, from..to. Keeps two proposers from duelling. */
export const PROPOSAL_PAUSE_MS = { from: 40, to: 250 }

/** Pause after a proposal that could not have led to a view. Unit: ms. Two a second are enough. */
export const HOPELESS_PAUSE_MS = 500

/** A candidate waits rank times this before proposing. Unit: ms. */
export const STAGGER_MS = 100

/**
 * A node that has promised to another one proposes nothing for this, and rank times STAGGER_MS more.
 * Unit: ms. The other one waits PROMISE_WAIT_MS for those who do not answer, then asks for acceptance.
 */
export const YIELD_MS = 2 * PROMISE_WAIT_MS

/** A primary heard within this vetoes a proposal against it. Unit: ms. Three beats. */
export const VETO_MS = 3 * BEAT_EVERY_MS

/** Knock at the primary's door before vetoing on its behalf. Unit: ms. */
export const KNOCK_WAIT_MS = 100

/** Epochs. Unit: views. Six bytes on the wire: at a view a second, nine million years. */
export const BALLOT_EPOCH_MAX = 2 ** 48 - 1

/** Roster changes are gathered this long into one view. Unit: ms. */
export const ROSTER_WAIT_MS = 100

/** Pause between two views that only add nodes. Unit: ms. One that does not answer must not cause many. */
export const GROW_PAUSE_MS = 1000

/** Pause before a view is proposed again that a stopping node or an operator waits for. Unit: ms. */
export const DUE_PAUSE_MS = 300

/** That pause doubles up to this while a view does not grow. Unit: ms. */
export const GROW_PAUSE_MAX_MS = 30_000

/** Alive, or heard without being reachable, for this long: no newcomer any more. Unit: ms. */
export const SEASONED_MS = 5000

/** A master dropped on suspicion is not chosen again for this long. Unit: ms. */
export const HOLD_DOWN_MS = 30_000

/** Earlier views remembered in a view. Unit: ballots. About 8 KB of JSON. */
export const HISTORY_MAX = 256
/**
 * Views of merged lineages that a view names anew in its history. Of a longer lineage the last ones
 * count: its holders hold one of those. Unit: views.
 */
export const HISTORY_CLAIMS_MAX = 128

/** Lineages that still wait to be merged, kept at their holder. Unit: views. One, or few: they nest. */
export const OWED_MAX = 8

/** Lineages that one view merges. Unit: lineages. Those beyond are found again when these are done. */
export const MERGE_MAX = 8

/** The holders of newer data are waited for before older data goes on. Unit: ms. A start takes less. */
export const HOLDERS_WAIT_MS = 10_000

/** A foreign lineage is seen this long before it counts as a fork. Unit: ms. News takes a beat. */
export const FORK_SEEN_MS = 4 * BEAT_EVERY_MS

/** One newer than the primary's own gets longer: its holder proposes better. Unit: ms. */
export const FORK_NEWER_SEEN_MS = 12 * BEAT_EVERY_MS

/** Pause between attempts to bring two sides together. Unit: ms. Doubles while nothing comes of it. */
export const FORK_PAUSE_MS = { from: 1000, to: 30_000 }

/** A promise of a node above the acting view for this long will not resolve itself. Unit: ms. */
export const FROZEN_WAIT_MS = 2000

/** Pause before a failed step of a merge is tried again. Unit: ms. */
export const MERGE_PAUSE_MS = 200

/** One question to a holder while merging. Unit: ms. */
export const MERGE_CALL_WAIT_MS = 5000

/** Merged entries that are not committed yet. Unit: entries. Leaves room for clients' writes. */
export const MERGE_UNDER_WAY_MAX = 4000

/** Bytes of merged values that are not committed yet. Unit: bytes. */
export const MERGE_UNDER_WAY_BYTES = 16 * 1024 * 1024

/** A read or a condition waits this long for the other side's word. Unit: ms. */
export const SETTLE_WAIT_MS = 250

/** Conflicts remembered: how many, and bytes of the values that lost. */
export const CONFLICTS_MAX = { count: 1000, bytes: 16 * 1024 * 1024 }

/** Forgotten nodes remembered in a view. Unit: nodes. Oldest out first; 5 KB of JSON. */
export const FORGOTTEN_MAX = 256

/** Writes under way may end this long before mastership is handed over. Unit: ms. */
export const HANDOFF_DRAIN_MS = 500

/** A hand-over that came to nothing is given up after this. Unit: ms. The other may be busy. */
export const HANDOFF_WAIT_MS = 1500

/**
 * A stopping node waits this long for a view without it. Unit: ms. A successor may have to mirror;
 * with the time for the last answers it is ten seconds, which service managers allow.
 */
export const LEAVE_WAIT_MS = 8000

/** A stopping node that hears no primary waits this long for one. Unit: ms. An election takes two. */
export const LEAVE_ALONE_MS = 3000

/** An operator's order gives up after this. Unit: ms. A new master may have to mirror first. */
export const ORDER_WAIT_MS = 10_000

/**
 * A node writes its copies into its store in this time, for a forced election. Unit: ms. 64 MiB at
 * 4 MiB/s are 16 s; what was written is skipped when the order is given again.
 */
export const SALVAGE_WAIT_MS = 30_000

/** Copies looked at before others get a turn. Unit: copies. Two milliseconds of looking. */
export const SALVAGE_LOOK_MAX = 1000

/** One attempt to hand a write to the primary. Unit: ms. */
export const FORWARD_WAIT_MS = 400

/**
 * A forwarded write from before this is refused: nobody may remember it any more. Unit: ms. Told by
 * the primary's own heartbeat that its sender had heard.
 */
export const FORWARD_AGE_MAX_MS = 15_000

/** Pause before the next attempt after a definite "not here". Unit: ms. */
export const FORWARD_PAUSE_MS = 50

/**
 * Pause between two attempts at most. Unit: ms. It doubles with every attempt on one view: thousands
 * of writes that wait for a primary that hangs would otherwise keep it busy when it goes on.
 */
export const FORWARD_PAUSE_MAX_MS = 400

/** A write or a read that found no answer gives up. Unit: ms. */
export const DEADLINE_MS = 5000

/** Writes that one node may have under way. Unit: writes. Beyond: 503 at once. */
export const WRITES_MAX = 20_000

/** Bytes of values that one node may have under way. Unit: bytes. Beyond: 503 at once. */
export const WRITE_BYTES_MAX = 256 * 1024 * 1024

/** A poor wireless LAN. Unit: bytes a ms. Waits for messages with values are longer by their size. */
export const SLOWEST_BYTES_PER_MS = 4096

/** One replication call without an answer. Unit: ms. Then it is sent again. */
export const REPLICATE_WAIT_MS = 500

/** Records in one replication batch. Unit: records. One batch, one transaction, one flush. */
export const BATCH_RECORDS_MAX = 1000

/** Value bytes after which a batch is closed. Unit: bytes. One large value always fits. */
export const BATCH_BYTES_MAX = 1024 * 1024

/** Batches handed to the local disk and not yet flushed. Unit: batches. One flushes, one fills. */
export const LOCAL_BATCHES_MAX = 2

/**
 * A master that leaves the stream unanswered for this long is replaced, though its heartbeats go on.
 * Unit: ms. Above every stall that is forgiven, below the deadline of the writes that wait for it.
 */
export const UNANSWERED_MS = 3000

/** A request id is remembered this long. Unit: ms. */
export const REMEMBER_MS = 60_000

/** Request ids remembered. Unit: ids. Oldest out first; 5 MB. */
export const REMEMBER_MAX = 100_000

/** Request ids in one page of a mirror. Unit: ids. About half a megabyte. */
export const REMEMBER_PAGE_MAX = 5000

/** Queries that one node multicasts. Unit: queries a second. Every node looks at each one. */
export const QUERIES_PER_SECOND_MAX = 2000

/** A query waits this long for an answer before a master is asked directly. Unit: ms. */
export const QUERY_WAIT_MS = 30

/** Then the other master is asked too after this. Unit: ms. */
export const HEDGE_WAIT_MS = 30

/** One direct read from another node. Unit: ms. */
export const READ_WAIT_MS = 1000

/** Pause before a lookup that nobody could answer starts over. Unit: ms. */
export const LOOKUP_PAUSE_MS = 100

/** Keys being looked up at once on one node. Unit: keys. Beyond: 503 at once. */
export const LOOKUPS_MAX = 10_000

/** A copy is served this long after the moment that proved it. Unit: ms. */
export const COPY_FRESH_MS = 1000

/** A primary serves reads while every other in-sync master was proven loyal this recently. Unit: ms. */
export const PRIMARY_LEASE_MS = 1000

/** A second master serves reads while the primary's word is this recent. Unit: ms. */
export const MASTER_LEASE_MS = 1000

/** Commits gathered into one invalidation before it leaves. Unit: ms. A batch, and still no delay. */
export const INVALIDATION_WAIT_MS = 2

/** Commits in one invalidation. Unit: commits. What fits a datagram; wire/ asserts it. */
export const INVALIDATION_ITEMS_MAX = 46

/** Commits that a master can repeat. Unit: commits. Five seconds of a busy primary; 2.4 MB. */
export const COMMITS_REMEMBERED = 100_000

/** Commits in one answer about what was missed. Unit: commits. About 300 KB. */
export const MISSED_PAGE_MAX = 5000

/** Streams in one such answer. Unit: streams. As many failovers while a node slept a moment. */
export const MISSED_RUNS_MAX = 16

/** Invalidated keys that a node remembers at least, to refuse late answers; up to twice as many. Unit: keys. 16 MB. */
export const INVALIDATIONS_REMEMBERED = 65_536

/** Invalidations kept while one before them is missing. Unit: commits. More are asked for again. */
export const INVALIDATIONS_AHEAD_MAX = 10_000

/** Proofs that wait for missing invalidations. Unit: heartbeats. Two seconds of them. */
export const PROOFS_WAITING_MAX = 8

/** A write acknowledged here holds back older answers this long. Unit: ms. Then none is so old. */
export const OWN_WRITE_MS = 2000

/** Own writes remembered for that, at least; up to twice as many. Unit: keys. More than a node takes in that time. */
export const OWN_WRITES_REMEMBERED = 50_000

/** Expected number of copy holders that answer one query. Unit: nodes. Two: one may be lost. */
export const COPY_ANSWERS = 2

/** Buckets of the digest. Unit: buckets. 512 KiB of fingerprints; must nest in 256 groups. */
export const BUCKETS = 65_536

/** Bytes of values in one mirror page. Unit: bytes. Halved while the source's loop is late, to a ms of work. */
export const PAGE_BYTES = { min: 256 * 1024, max: 1024 * 1024 }

/**
 * A mirror that found no room is tried again once there is so much more. Unit: bytes. A few pages and
 * the largest value: what an hour of waiting would not bring by itself.
 */
export const ROOM_AGAIN_BYTES = 16 * 1024 * 1024

/** It is tried again after this anyway: values may have been deleted. Unit: ms. */
export const ROOM_AGAIN_MS = 60 * 60 * 1000

/** Keys looked at for one mirror page. Unit: keys. Keeps one page under a few ms. */
export const PAGE_KEYS_MAX = 1000

/** A loop later than this asks for smaller pages. Unit: ms. */
export const PAGE_LAG_MS = 20

/** A larger value is left out of pages and fetched by name. Unit: bytes. */
export const PAGE_VALUE_MAX = 64 * 1024

/** One digest, page or fetch call while mirroring. Unit: ms. */
export const MIRROR_CALL_WAIT_MS = 5000

/** Pause before a failed mirror step is tried again. Unit: ms. */
export const MIRROR_PAUSE_MS = 200

/** Expired entries that become deletes in one tick. Unit: entries. 5,000 a second. */
export const EXPIRY_BATCH = 250

/**
 * Expired entries that become deletes in one view while a master is syncing. Unit: entries. Their
 * versions are from before the view, so that master keeps the keys until it is in sync: about 2 MB.
 */
export const EXPIRY_SYNCING_MAX = 16_384

/** Old tombstones that are purged in one tick. Unit: entries. As many as become tombstones. */
export const PURGE_BATCH = EXPIRY_BATCH

/** With more writes under way than this, clearing up waits for clients. Unit: writes. */
export const CLEARING_PENDING_MAX = BATCH_RECORDS_MAX

/** A tombstone is kept this long. Unit: ms. A week: longer than what is away by accident. */
export const TOMBSTONE_TTL_MS = 7 * 24 * 60 * 60 * 1000

/** A wall clock that moves by more from one tick to the next was set. Unit: ms. */
export const CLOCK_STEP_MS = 1000

/** Nothing is removed by a wall clock that was set less than this ago. Unit: ms. Time to set it right. */
export const CLOCK_SETTLE_MS = 10_000

/** In-sync masters compare their stores this often. Unit: ms. One digest: 512 KiB. */
export const AUDIT_EVERY_MS = 10 * 60 * 1000

/** Keys that one audit looks at twice. Unit: keys. More of them wait for the next one. */
export const AUDIT_SUSPECTS_MAX = 10_000

/** Keys of differences named in the log. Unit: keys. */
export const AUDIT_KEYS_NAMED = 10

/** Keys in one question of an audit, or of a repair. Unit: keys. */
export const RECOVER_KEYS_MAX = 100

/** Pause before a damaged entry is asked for again. Unit: ms. */
export const REPAIR_PAUSE_MS = 500

/** A key. Unit: bytes of UTF-8. */
export const KEY_BYTES_MAX = 511

/** A content type. Unit: bytes. */
export const CONTENT_TYPE_BYTES_MAX = 255

/** A datagram's payload. Unit: bytes. Never fragmented on any LAN, VPN or Wi-Fi. */
export const DATAGRAM_BYTES_MAX = 1200

/** A value that travels inside an answer. Unit: bytes. Key, value and header fit one datagram. */
export const INLINE_VALUE_MAX = 900

/** Echoes in one heartbeat. Unit: entries. Larger clusters take turns. */
export const ECHOES_MAX = 60

/** Lineages named in one heartbeat. Unit: ballots. */
export const BEAT_LINEAGES_MAX = 8

/** Another node with our id beats ten times a second; once in so long it is logged. Unit: ms. */
export const OWN_ID_LOG_EVERY_MS = 60_000

/** A remote clock further ahead than this is not followed. Unit: ms. */
export const CLOCK_AHEAD_MAX_MS = 60_000

/** A node whose wall clock is off the median by more is no candidate for master. Unit: ms. */
export const CLOCK_SKEW_MAX_MS = 2000

assert(2 * BEAT_EVERY_MS < SUSPECT_AFTER_MS, 'one lost beat must not raise suspicion')
assert(TICK_EVERY_MS <= BEAT_EVERY_MS / 2, 'beats are sent from ticks')
assert(VETO_MS < SUSPECT_AFTER_MS, 'a suspected primary must not be protected by vetoes')
assert(PROMISE_WAIT_MS < PROPOSAL_MS, 'a proposal needs time for its second round')
assert(VIEW_CALL_WAIT_MS < PROPOSAL_MS, 'a lost call must end inside its proposal')
assert(SETTLE_WAIT_MS < FORWARD_WAIT_MS, 'a condition is judged within one attempt')
assert(MERGE_UNDER_WAY_MAX < WRITES_MAX, 'a merge leaves room for writes')
assert(FORWARD_PAUSE_MS < FORWARD_PAUSE_MAX_MS, 'the pause can double')
assert(
  FORWARD_WAIT_MS + FORWARD_PAUSE_MAX_MS < DEADLINE_MS,
  'a write must be able to try more than once',
)
assert(QUERY_WAIT_MS + HEDGE_WAIT_MS < DEADLINE_MS, 'both masters are asked before giving up')
assert(REMEMBER_MS < TOMBSTONE_TTL_MS, 'a remembered delete must still be found')
assert(
  SUSPECT_AFTER_MS + 2 * PING_WAIT_MS < UNANSWERED_MS,
  'a silent master is found by its silence',
)
assert(UNANSWERED_MS < DEADLINE_MS, 'a write must outlive the replacement of a hung master')
assert(DEADLINE_MS < FORWARD_AGE_MAX_MS, 'a forward in time must not be refused as late')
assert(FORWARD_AGE_MAX_MS + DEADLINE_MS < REMEMBER_MS, 'what a late forward repeats is still known')
assert(DEADLINE_MS < REMEMBER_MS, 'a retried write must still be remembered')
assert(PAGE_VALUE_MAX <= PAGE_BYTES.min, 'a page must hold at least one value')
assert(BUCKETS === 2 ** 16, 'a bucket number is two bytes')
