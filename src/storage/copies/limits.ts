// Every number of the bounded copies, and why it is what it is.
// Decides nothing: the files beside it do.
import { assert } from '../../core/assert.ts'

const KIB = 1024

/** A larger copy is not kept: it would push out too many others. Unit: share of the budget. */
export const COPY_SHARE_MAX = 1 / 8

/** Records begin at multiples of this, so that their numbers are aligned. Unit: bytes. */
export const RECORD_ALIGN_BYTES = 8

/**
 * A slab when the budget is ample. Unit: bytes. It is emptied in one go to be used again: some
 * thousand small records, less than a millisecond.
 */
export const SLAB_BYTES_MAX = 256 * KIB

/** The first slab, if the budget allows: whoever keeps little takes little. Unit: bytes. */
export const SLAB_BYTES_MIN = KIB

/** A slab of a small budget. Unit: share of the budget. */
export const SLAB_SHARE = 1 / 16

/** Empty slabs that wait to be used again, so that nothing is left to the collector of garbage. */
export const SPARE_SLABS_MAX = 2

/** A record is named by 32 bits: 15 of place within a slab, 17 of slab. 32 GiB in all. */
export const PLACE_BITS = Math.log2(SLAB_BYTES_MAX / RECORD_ALIGN_BYTES)
export const SLABS_MAX = 2 ** (32 - PLACE_BITS) - 1

/**
 * A larger value lies outside the slabs. Unit: bytes. A value in a slab is copied out to be read;
 * up to here Node cuts the room for that out of a pool, beyond it copying costs ten times as much.
 */
export const INLINE_BYTES_MAX = 4 * KIB - 1

/** The same where slabs are small. Unit: share of a slab. */
export const INLINE_SHARE = 1 / 4

/** What a value outside takes beside its bytes. Unit: bytes. An ArrayBuffer and what names it. */
export const OUTSIDE_OVERHEAD_BYTES = 256

/** A slab with more dead bytes is emptied before anything is evicted. Unit: share of a slab. */
export const DEAD_SHARE_MAX = 1 / 4

/** Copies in a row that are spared because they were used; the next one goes whatever it was. */
export const SPARED_IN_A_ROW_MAX = 8

/** Slots of the first segment of the index. */
export const SEGMENT_SLOTS_MIN = 16

/** Slots of a segment before it is split in two, which takes some 50 us. */
export const SEGMENT_SLOTS_MAX = 4096

/** Slots in use before a segment grows. Unit: share. Beyond it a search grows long. */
export const SEGMENT_LOAD_MAX = 7 / 8

/**
 * Times that the index doubles by splitting. It then has room for 58 million copies; keys made to
 * have like hashes cannot make it larger.
 */
export const SPLITS_MAX = 14

/** Content types kept once for all copies; one more is written into each record that has it. */
export const CONTENT_TYPES_MAX = 255

/** What a content type takes beside its letters. Unit: bytes. A string, and its place in a Map. */
export const CONTENT_TYPE_OVERHEAD_BYTES = 64

assert(Number.isInteger(PLACE_BITS), 'places in a slab fill their bits')
assert(INLINE_BYTES_MAX < SLAB_BYTES_MAX * INLINE_SHARE, 'a slab has room for several values')
assert(COPY_SHARE_MAX >= SLAB_SHARE, 'what fits a slab may be kept')
