// Counts what other nodes, or whoever pretends to be one, sent in vain: by reason, and by nothing
// that a sender could choose. Says so in one line a minute, however much there is.
import type { StopTimer } from '../system/timers.ts'
import { REFUSALS_LOG_EVERY_MS } from './limits.ts'

/** Nobody needs to hear about these: other clusters in the group, and nodes that have just met. */
const ORDINARY: ReadonlySet<string> = new Set(['cluster', 'stranger'])

export type RefusalEvent = 'packets-refused' | 'calls-refused' | 'answers-refused'

export interface RefusalsParts {
  /** The name of the line in the log. */
  readonly event: RefusalEvent
  readonly log: (
    level: 'debug' | 'warn',
    event: RefusalEvent,
    fields: Readonly<Record<string, unknown>>,
  ) => void
  /** Runs the work once, after a wait in ms. */
  readonly after: (waitMs: number, work: () => void) => StopTimer
}

export class Refusals<Reason extends string> {
  readonly #parts: RefusalsParts
  readonly #totals: Record<Reason, number>
  readonly #recent = new Map<Reason, number>()
  #example = ''
  #stopTimer: StopTimer | undefined

  /** `reasons` is all there can be: the counts have a fixed size. */
  constructor(reasons: readonly Reason[], parts: RefusalsParts) {
    this.#parts = parts
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every reason is a field
    this.#totals = Object.fromEntries(reasons.map((reason) => [reason, 0])) as Record<
      Reason,
      number
    >
  }

  /** `from` is an address, or what else tells where to look. */
  count(reason: Reason, from: string): void {
    this.#totals[reason]++
    this.#recent.set(reason, (this.#recent.get(reason) ?? 0) + 1)
    if (this.#example === '' || !ORDINARY.has(reason)) this.#example = from
    // The first one is said at once; what comes within the next minute is said together.
    if (this.#stopTimer === undefined) this.#say()
  }

  /** Since the node started, by reason. */
  totals(): Readonly<Record<Reason, number>> {
    return { ...this.#totals }
  }

  /** Says what was not said yet. May be called twice. */
  stop(): void {
    this.#stopTimer?.()
    this.#say()
    this.#stopTimer?.()
  }

  #say(): void {
    this.#stopTimer = undefined
    if (this.#recent.size === 0) return
    const reasons = [...this.#recent.keys()]
    const level = reasons.every((reason) => ORDINARY.has(reason)) ? 'debug' : 'warn'
    const counts = Object.fromEntries(this.#recent)
    this.#parts.log(level, this.#parts.event, { ...counts, example: this.#example })
    this.#recent.clear()
    this.#example = ''
    this.#stopTimer = this.#parts.after(REFUSALS_LOG_EVERY_MS, () => this.#say())
  }
}
