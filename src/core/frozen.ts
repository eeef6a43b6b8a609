// Notices nodes that cannot follow the acting primary: they have promised, or accepted, a higher ballot
// in a proposal that came to nothing. Only a view above that brings them back.
import type { Candidates } from './candidates.ts'
import { FROZEN_WAIT_MS, GROW_PAUSE_MAX_MS, GROW_PAUSE_MS } from './limits.ts'
import type { Member, Members } from './members.ts'
import type { Ballot, NodeId, View } from './types.ts'
import { compareBallots, sameBallot } from './view.ts'

export class Frozen {
  readonly #parts: { members: Members; candidates: Candidates }
  readonly #since = new Map<NodeId, { promised: Ballot; sinceMs: number }>()
  #notBeforeMs = 0
  #pauseMs: number = GROW_PAUSE_MS

  constructor(parts: { members: Members; candidates: Candidates }) {
    this.#parts = parts
  }

  /** As the active primary: whether some node has been above this view for so long that it will stay. */
  isDue(view: View, nowMs: number): boolean {
    const frozen = this.#parts.members.alive().filter((m) => this.#isAbove(m, view))
    for (const id of this.#since.keys()) {
      if (!frozen.some((m) => m.id === id)) this.#since.delete(id)
    }
    const waited = frozen.filter((m) => this.#waitedMs(m, view, nowMs) >= FROZEN_WAIT_MS)
    if (frozen.length === 0 && nowMs >= this.#notBeforeMs) this.#pauseMs = GROW_PAUSE_MS
    if (waited.length === 0 || nowMs < this.#notBeforeMs) return false
    // A node that outbids every view must not cause one after the other.
    this.#notBeforeMs = nowMs + this.#pauseMs
    this.#pauseMs = Math.min(2 * this.#pauseMs, GROW_PAUSE_MAX_MS)
    return true
  }

  #isAbove(member: Member, view: View): boolean {
    const { beat } = member
    if (beat === undefined || beat.isActive || this.#parts.candidates.isForeign(member))
      return false
    return compareBallots(beat.promised, view.ballot) > 0
  }

  /** A promise that grows is a proposer at work; one that accepted a view above will not come down. */
  #waitedMs(member: Member, view: View, nowMs: number): number {
    const { beat } = member
    if (beat === undefined) return 0
    const known = this.#since.get(member.id)
    const isSame = known !== undefined && sameBallot(known.promised, beat.promised)
    if (known !== undefined && (isSame || compareBallots(beat.ballot, view.ballot) > 0)) {
      return nowMs - known.sinceMs
    }
    this.#since.set(member.id, { promised: beat.promised, sinceMs: nowMs })
    return 0
  }
}
