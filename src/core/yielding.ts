// A node that has promised to another one lets it come to an end before it proposes itself.
// Says only whether to wait; whether there is anything to propose is triggers.ts' business.
import type { Candidates } from './candidates.ts'
import { STAGGER_MS, YIELD_MS } from './limits.ts'
import type { Rules } from './rules.ts'

export class Yielding {
  readonly #candidates: Pick<Candidates, 'rank'>
  readonly #rules: Rules
  #untilMs = 0

  constructor(candidates: Pick<Candidates, 'rank'>, rules: Rules) {
    this.#candidates = candidates
    this.#rules = rules
  }

  /** This node has promised to another one. Should nothing come of that, the best goes first. */
  promised(nowMs: number): void {
    this.#untilMs = nowMs + YIELD_MS + this.#candidates.rank() * STAGGER_MS
  }

  /** The other one asks this node to propose instead. */
  nudged(): void {
    this.#untilMs = 0
  }

  isDue(nowMs: number): boolean {
    return this.#rules.promiserYields && nowMs < this.#untilMs
  }
}
