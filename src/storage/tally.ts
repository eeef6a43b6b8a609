// What a store knows about its entries as a whole: digest, counts, bytes, highest version.
// Kept as entries come and go; never reads the store itself.
import { ENTRY_OVERHEAD_BYTES } from '../core/room.ts'
import { laterVersion, VERSION_ZERO } from '../core/version.ts'
import type { Version } from '../core/types.ts'
import { Digest } from './fingerprint.ts'
import type { Mark } from './fingerprint.ts'

/** Part of a limit that is kept for deletes and for writes on their way. Unit: share. */
const RESERVE_SHARE = 1 / 64

/** The most bytes a store of this size holds before it calls itself full. */
export function fullAbove(bytesMax: number | undefined): number {
  return bytesMax === undefined ? Number.POSITIVE_INFINITY : bytesMax * (1 - RESERVE_SHARE)
}

/** An entry as far as a tally cares. */
export interface Counted extends Mark {
  readonly valueBytes: number
}

/** An entry as far as a store must know it to take it out again. */
export interface Known extends Counted {
  readonly expiresAtMs: number | undefined
}

export class Tally {
  #liveCount = 0
  #bytes = 0
  #highest: Version = VERSION_ZERO
  #digest: Digest | undefined

  /** Entries that are no tombstones. */
  get liveCount(): number {
    return this.#liveCount
  }

  /** Keys, values and overhead of all entries, tombstones too. */
  get bytes(): number {
    return this.#bytes
  }

  /** At least as high as every version ever counted. */
  get highest(): Version {
    return this.#highest
  }

  /** The digest, made of `entries` at the first call and kept from then on. */
  digest(entries: () => Iterable<Mark>): Digest {
    if (this.#digest === undefined) {
      this.#digest = new Digest()
      for (const entry of entries()) this.#digest.toggle(entry)
    }
    return this.#digest
  }

  add(entry: Counted): void {
    this.#count(entry, 1)
    this.raise(entry.version)
  }

  /** Takes out an entry that was added just so. */
  remove(entry: Counted): void {
    this.#count(entry, -1)
  }

  /** The same entries, of which nothing above this version was ever counted. */
  resumedAt(highest: Version): Tally {
    const next = new Tally()
    next.#liveCount = this.#liveCount
    next.#bytes = this.#bytes
    next.#digest = this.#digest
    next.#highest = highest
    return next
  }

  raise(version: Version): void {
    this.#highest = laterVersion(this.#highest, version)
  }

  #count(entry: Counted, sign: 1 | -1): void {
    if (!entry.isTombstone) this.#liveCount += sign
    this.#bytes += sign * (entry.keyBytes.length + entry.valueBytes + ENTRY_OVERHEAD_BYTES)
    this.#digest?.toggle(entry)
  }
}
