// Whether a run may have several histories: its scenario splits the cluster for long, or a node went on
// with older data because nobody who holds the newest came back in time. Judges nothing itself.
import type { Effect, Event } from '../../../src/core/step.ts'
import type { LogEvent } from '../../../src/core/log-events.ts'
import type { Life } from '../life.ts'
import type { Witness } from '../world.ts'

/** What a node says before it proposes to go on without the newest data. */
const WENT_ON: LogEvent = 'newest-left'

export class Forks implements Witness {
  #isPossible: boolean

  constructor(isInScenario: boolean) {
    this.#isPossible = isInScenario
  }

  get isPossible(): boolean {
    return this.#isPossible
  }

  stepped(_life: Life, _event: Event, effects: readonly Effect[]): void {
    if (effects.some((effect) => effect.kind === 'log' && effect.event === WENT_ON)) {
      this.#isPossible = true
    }
  }
}
