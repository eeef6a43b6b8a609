// Which copies go when too much is held: the oldest, but for those that were used since they were written
// or last spared. What is dead anyway is given back first. Never looks at what a copy says.
import type { HeldCopies } from './held-copies.ts'
import { SPARED_IN_A_ROW_MAX } from './limits.ts'
import { bytesOf, clearUsed, isDead, isUsed } from './record-head.ts'
import { refOf, type Slab } from './slab-log.ts'

export class Eviction {
  readonly #held: HeldCopies
  readonly #bytesMax: number
  #sparedInARow = 0

  /** `bytesMax`: what may be in use. */
  constructor(held: HeldCopies, bytesMax: number) {
    this.#held = held
    this.#bytesMax = bytesMax
  }

  /** Evicts until no more than the budget is in use, or nothing is left. */
  trim(): void {
    const { slabs } = this.#held
    while (this.#isTooMuch && slabs.oldest !== undefined) {
      const slab = slabs.deadest
      if (slab !== undefined) this.#held.empty(slab)
      else this.#sweep(slabs.oldest)
    }
  }

  get #isTooMuch(): boolean {
    return this.#held.bytesInUse > this.#bytesMax || this.#held.slabs.isFull
  }

  /** Goes on through the oldest slab, up to its end if need be; then it is given back. */
  #sweep(slab: Slab): void {
    while (slab.swept < slab.end) {
      if (!this.#isTooMuch) return
      const at = slab.swept
      slab.swept += bytesOf(slab, at)
      if (!isDead(slab, at)) this.#judge(slab, at)
    }
    this.#held.slabs.release(slab)
  }

  #judge(slab: Slab, at: number): void {
    const ref = refOf(slab, at)
    if (isUsed(slab, at) && this.#sparedInARow < SPARED_IN_A_ROW_MAX) {
      this.#sparedInARow++
      clearUsed(slab, at)
      this.#held.move(ref)
    } else {
      this.#sparedInARow = 0
      this.#held.remove(ref)
    }
  }
}
