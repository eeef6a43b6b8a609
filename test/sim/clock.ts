// The two clocks of one machine, as wrong as its owner set them.
import type { Agenda } from './agenda.ts'

/** The world begins here. Unit: ms since 1970. */
export const WORLD_EPOCH_MS = Date.UTC(2030, 0, 1)

export interface ClockErrors {
  /** What the wall clock is off by. Unit: ms. */
  readonly wallOffsetMs: number
  /** Where the monotonic clock stands when the world begins. Unit: ms. */
  readonly monotonicStartMs: number
  /** How much both run fast. Unit: share; 0.001 is a second in 17 minutes. */
  readonly drift: number
}

export class MachineClock {
  readonly #agenda: Agenda
  readonly #errors: ClockErrors
  #steppedMs = 0

  constructor(agenda: Agenda, errors: ClockErrors) {
    this.#agenda = agenda
    this.#errors = errors
  }

  monotonicMs(): number {
    return this.#errors.monotonicStartMs + this.#agenda.nowMs * (1 + this.#errors.drift)
  }

  wallMs(): number {
    const elapsedMs = this.#agenda.nowMs * (1 + this.#errors.drift)
    return Math.floor(WORLD_EPOCH_MS + this.#errors.wallOffsetMs + this.#steppedMs + elapsedMs)
  }

  /** How long a wait on this clock takes in the world. */
  inWorldMs(ownMs: number): number {
    return ownMs / (1 + this.#errors.drift)
  }

  /** Somebody sets the wall clock forward, or back. */
  stepWall(byMs: number): void {
    this.#steppedMs += byMs
  }
}
