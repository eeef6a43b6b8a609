// Measures how late this process runs its timers: the delay that every request and packet meets.
// What follows from a late loop is decided elsewhere.
import type { Clock } from './clock.ts'
import { every } from './timers.ts'

/** Unit: ms. Fine enough to notice a stall within one heartbeat. */
const SAMPLE_EVERY_MS = 50

/** The worst of this many samples counts. Unit: samples. One second. */
const SAMPLES = 20

export interface LoopLag {
  /** The worst delay of the last second. Unit: ms. */
  lagMs(): number
  stop(): void
}

/** Starts measuring; `stop` may be called twice. */
export function startLoopLag(clock: Clock): LoopLag {
  const window = new WorstOf(SAMPLES)
  let dueMs = clock.monotonicMs() + SAMPLE_EVERY_MS
  const stop = every(SAMPLE_EVERY_MS, () => {
    const nowMs = clock.monotonicMs()
    window.add(Math.max(0, nowMs - dueMs))
    dueMs = nowMs + SAMPLE_EVERY_MS
  })
  // While the loop stands still no sample is taken: then the lateness so far counts.
  const lateNow = () => Math.max(0, clock.monotonicMs() - dueMs)
  return { lagMs: () => Math.max(window.worst(), lateNow()), stop }
}

/** The largest of the last few numbers. */
export class WorstOf {
  readonly #numbers: number[]
  #next = 0

  constructor(count: number) {
    this.#numbers = Array.from({ length: count }, () => 0)
  }

  add(number: number): void {
    this.#numbers[this.#next] = number
    this.#next = (this.#next + 1) % this.#numbers.length
  }

  worst(): number {
    return Math.max(...this.#numbers)
  }
}
