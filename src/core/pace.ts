// When this node looks at its clocks: every TICK_EVERY_MS while something is under way, and with its own
// heartbeats while nothing is. What a tick does is others' business.
import type { Beats } from './beats.ts'
import { type CalmParts, isCalm } from './calm.ts'
import { TICK_EVERY_MS } from './limits.ts'
import type { Outbox } from './outbox.ts'

export class Pace {
  readonly #out: Outbox
  readonly #parts: CalmParts & { readonly beats: Beats }
  #lastMs = 0
  #dueMs = -Infinity
  #isRare = false

  constructor(out: Outbox, parts: CalmParts & { readonly beats: Beats }) {
    this.#out = out
    this.#parts = parts
  }

  /** The next tick must not come later. Own clock, ms; -Infinity before the first. */
  get dueMs(): number {
    return this.#dueMs
  }

  start(nowMs: number): void {
    this.#lastMs = nowMs - TICK_EVERY_MS
    this.#dueMs = nowMs
  }

  /**
   * A tick has come. `lateMs`: behind its time. `stalledMs`: for so long nobody looked, beyond the time
   * that always passes between two ticks that are near. Unit: ms.
   */
  ticked(nowMs: number): { readonly lateMs: number; readonly stalledMs: number } {
    const lateMs = Math.max(0, nowMs - this.#dueMs)
    const stalledMs = Math.max(0, nowMs - this.#lastMs - TICK_EVERY_MS)
    this.#lastMs = nowMs
    return { lateMs, stalledMs }
  }

  /** The tick is done: says when the next one is due. */
  plan(nowMs: number): void {
    this.#isRare = isCalm(this.#out, this.#parts, nowMs)
    this.#dueMs = this.#isRare
      ? Math.max(nowMs + 1, this.#parts.beats.dueMs)
      : nowMs + TICK_EVERY_MS
  }

  /** Something came between two ticks that the next one may have to look after. */
  hurry(nowMs: number): void {
    if (this.#isRare) this.#parts.triggers.heardUntil(nowMs)
    this.#isRare = false
    this.#dueMs = Math.min(this.#dueMs, nowMs + TICK_EVERY_MS)
  }
}
