// Since when this node has wanted a view, why none came of it, and which newest data it has seen meanwhile.
// Decides no view: choose.ts does, by what it is told here.
import type { Choice } from './choose.ts'
import { HOLDERS_WAIT_MS } from './limits.ts'
import { type Glimpse, glimpseOf, type Told } from './lineages.ts'
import { compareBallots } from './view.ts'

export class Wanting {
  #sinceMs: number | undefined
  #last: Choice | undefined
  /** The highest lineage that somebody in sight held, and when that was last so. */
  #seen: { readonly glimpse: Glimpse; readonly atMs: number } | undefined

  /** There is no primary, and this node wants to propose; told again, nothing changes. */
  begin(nowMs: number): void {
    this.#sinceMs ??= nowMs
  }

  /** There is a primary again. */
  end(): void {
    this.#sinceMs = undefined
    this.#last = undefined
    this.#seen = undefined
  }

  /** What came of the last proposal, or why there was none. */
  chose(choice: Choice): void {
    this.#last = choice
  }

  /** Why the last proposal came to nothing; part of what clients are told. */
  get trouble(): string | undefined {
    const last = this.#last
    return last?.kind === 'wait' || last?.kind === 'stuck' ? last.reason : undefined
  }

  /** Newer data is waited for, and only its holder or an operator can end that. */
  get isStuck(): boolean {
    return this.#last?.kind === 'stuck'
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
