// Session reads: whether what a master holds comes after the write that a version names, so that a
// client finds its own writes at every node. Decides by views and stored versions, never by clocks.
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { Entry, Version } from './types.ts'
import { versionWriter } from './version.ts'

/** Why a read that names a version has no answer. */
export const TOO_OLD_REASON =
  'no node holds this version or a newer one: check that it is of this key and this cluster'

export class Session {
  readonly #self: Self
  readonly #standing: Standing
  readonly #rules: Rules

  constructor(parts: { self: Self; standing: Standing }, rules: Rules) {
    this.#self = parts.self
    this.#standing = parts.standing
    this.#rules = rules
  }

  /** Whether a copy is new enough. That a key was absent names no version. */
  isCopyEnough(entry: Entry | undefined, min: Version | undefined): boolean {
    if (min === undefined || !this.#rules.sessionReads) return true
    return entry !== undefined && entry.version >= min
  }

  /**
   * Whether a master's word on a key is new enough: what it holds, tombstones and expired entries
   * included. A lower version, or nothing, is as good where the write can only have gone before it:
   * every in-sync master of a view has what was acknowledged before the view began, and the primary
   * has what it stamped itself.
   */
  isEnough(held: Entry | undefined, min: Version | undefined): boolean {
    if (min === undefined || !this.#rules.sessionReads) return true
    if (held !== undefined && held.version >= min) return true
    const view = this.#standing.view
    if (view === undefined || !this.#standing.isServingMaster) return false
    if (min <= view.start.clock) return true
    const isOwn = this.#standing.isActive && versionWriter(min) === this.#self.id
    return isOwn && min <= this.#self.sender().clock
  }
}
