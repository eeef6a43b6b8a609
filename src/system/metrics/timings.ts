// Counts kept while requests run: by label, and of durations by fixed bounds. Plain numbers, because
// every request passes here; turning them into text is text.ts' business.

/** Bounds of the counted durations. Unit: ms. From a copy in memory to beyond the deadline (5 s). */
export const TIMING_BOUNDS_MS: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
]

/** How many durations were at most so long. Its size never changes. */
export class Timings {
  /** By bound, not summed up; the last one is for what is longer than every bound. */
  readonly #counts = new Float64Array(TIMING_BOUNDS_MS.length + 1)
  #sumMs = 0

  /** Unit: ms. */
  add(tookMs: number): void {
    this.#sumMs += tookMs
    let at = 0
    while (at < TIMING_BOUNDS_MS.length && tookMs > (TIMING_BOUNDS_MS[at] ?? 0)) at++
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
  }

  get sumMs(): number {
    return this.#sumMs
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  /** For each bound how many were not longer, in the order of TIMING_BOUNDS_MS. */
  upTo(): number[] {
    let sum = 0
    return TIMING_BOUNDS_MS.map((_, at) => (sum += this.#counts[at] ?? 0))
  }
}
