// Since when this node has wanted a view, and which newest data it has seen pass by meanwhile.
// Decides no view: choose.ts does, by what it is told here.
import { HOLDERS_WAIT_MS } from './limits.ts'
import { type Glimpse, glimpseOf, type Told } from './lineages.ts'
import { compareBallots } from './view.ts'

export class Wanting {
  #sinceMs: number | undefined
  /** The highest lineage that somebody in sight held, and when that was last so. */
  #seen: { readonly glimpse: Glimpse; readonly atMs: number } | undefined

  /** There is no primary, and this node wants to propose; told again, nothing changes. */
  begin(nowMs: number): void {
    this.#sinceMs ??= nowMs
  }

  /** There is a primary again. */
  end(): void {
    this.#sinceMs = undefined
    this.#seen = undefined
  }

  /** The holders of newer data were waited for long enough. */
  isLong(nowMs: number): boolean {
    return nowMs - (this.#sinceMs ?? nowMs) >= HOLDERS_WAIT_MS
  }

  /** These have promised. A holder among them may be gone before a view comes of it. */
  saw(told: Told, nowMs: number): void {
    const glimpse = glimpseOf(told)
    const last = this.glimpsed(nowMs)
    if (glimpse === undefined) return
    if (last !== undefined && compareBallots(glimpse.view.ballot, last.view.ballot) < 0) return
    this.#seen = { glimpse, atMs: nowMs }
  }

  /** The highest lineage that a holder promised with, not long ago. */
  glimpsed(nowMs: number): Glimpse | undefined {
    const seen = this.#seen
    return seen !== undefined && nowMs - seen.atMs < HOLDERS_WAIT_MS ? seen.glimpse : undefined
  }
}
