// Whether this node's wall clock may end entries for good: it was not set a moment ago, and other
// clocks agree. Reads go by the clock as it is; they take nothing away.
import { CLOCK_SETTLE_MS, CLOCK_SKEW_MAX_MS, CLOCK_STEP_MS } from './limits.ts'
import type { Members } from './members.ts'
import type { Self } from './self.ts'

export class WallTrust {
  readonly #self: Self
  readonly #members: Members
  #offsetMs: number | undefined
  #notBeforeMs = -Infinity

  constructor(parts: { self: Self; members: Members }) {
    this.#self = parts.self
    this.#members = parts.members
  }

  tick(nowMs: number): void {
    const offsetMs = this.#self.wallMs(nowMs) - nowMs
    const steppedMs = Math.abs(offsetMs - (this.#offsetMs ?? offsetMs))
    this.#offsetMs = offsetMs
    if (steppedMs > CLOCK_STEP_MS) this.#notBeforeMs = nowMs + CLOCK_SETTLE_MS
  }

  holds(nowMs: number): boolean {
    return nowMs >= this.#notBeforeMs && Math.abs(this.errorMs()) <= CLOCK_SKEW_MAX_MS
  }

  /**
   * How far this clock is off the median of those that are there. Of two, nobody knows which one is
   * wrong: then it is by how much they differ.
   */
  errorMs(): number {
    const others = this.#members.alive().map((member) => member.wallSkewMs)
    if (others.length === 1) return others[0] ?? 0
    const skews = [0, ...others].sort((a, b) => a - b)
    return -(skews[skews.length >> 1] ?? 0)
  }
}
