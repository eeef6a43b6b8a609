// Session reads: whether what a master holds comes after the write that a version names, so that a
// client finds its own writes at every node. Decides by views and stored versions, never by clocks.
import { type EverybodyParts, isEverybodyHere } from './everybody-here.ts'
import type { Rules } from './rules.ts'
import type { Entry, Version } from './types.ts'
import { versionWriter } from './version.ts'

/** Why a read that names a version has no answer. */
export const TOO_OLD_REASON =
  'no node that is reachable holds this version or a newer one: if it was written on the other side ' +
  'of a cut, try again once the two sides have met; else check that it is of this key and this cluster'

export class Session {
  readonly #parts: EverybodyParts
  readonly #rules: Rules

  constructor(parts: EverybodyParts, rules: Rules) {
    this.#parts = parts
    this.#rules = rules
  }

  /** Whether a copy is new enough. That a key was absent names no version. */
  isCopyEnough(entry: Entry | undefined, min: Version | undefined): boolean {
    if (min === undefined || !this.#rules.sessionReads) return true
    return entry !== undefined && entry.version >= min
  }

  /**
   * Whether a master's word on a key is new enough: what it holds, tombstones and expired entries
   * included. Of two sides of a split the higher version wins, so a higher one counts wherever it was
   * written. A lower one, or nothing, is as good where the write can only have gone before it: at the
   * active primary that stamped it, or where this history holds all that was acknowledged until then.
   */
  isEnough(held: Entry | undefined, min: Version | undefined): boolean {
    if (min === undefined || !this.#rules.sessionReads) return true
    if (held !== undefined && held.version >= min) return true
    const { self, standing } = this.#parts
    if (!standing.isServingMaster) return false
    const isOwn = standing.isActive && versionWriter(min) === self.id
    if (isOwn && min <= self.sender().clock) return true
    return this.#holdsAllUpTo(min)
  }

  /**
   * Every in-sync master has what was acknowledged in its history before its view began. With one
   * history that is all there is. With several, what is lacking here may be on another side, unless
   * nobody is away; only the primary knows that.
   */
  #holdsAllUpTo(min: Version): boolean {
    const { standing } = this.#parts
    const { view } = standing
    if (view === undefined || min > view.start.clock) return false
    if (standing.hasOneHistory(view) || !this.#rules.sessionNeedsAllHere) return true
    return standing.isActive && isEverybodyHere(this.#parts, view)
  }
}
