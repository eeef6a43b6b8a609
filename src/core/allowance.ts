// So many a second, and no more than a second's worth at once: a bucket of tokens.
// Looks at no clock; whoever asks says what time it is.

export class Allowance {
  readonly #perSecond: number
  #left: number
  #askedMs = -Infinity

  /** Begins full. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond
    this.#left = perSecond
  }

  /** True while there is one left; then it is used up. */
  take(nowMs: number): boolean {
    const earned = (Math.max(0, nowMs - this.#askedMs) * this.#perSecond) / 1000
    this.#askedMs = Math.max(nowMs, this.#askedMs)
    this.#left = Math.min(this.#perSecond, this.#left + earned)
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
