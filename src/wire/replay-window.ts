// Remembers which packet numbers of one sender's incarnation were seen, in a window that slides.
// Ask it only about packets whose tag was right: a forged number must not move the window.
import { assert } from '../core/assert.ts'

/** Numbers this far below the highest are still told apart. Unit: packets. */
export const REPLAY_WINDOW = 1024

const WORD_BITS = 32
/** One word more than the window needs, so that a step forward clears whole words. */
const WORDS = REPLAY_WINDOW / WORD_BITS + 1

assert(REPLAY_WINDOW % WORD_BITS === 0, 'the window is made of whole words')

/** Accepts every number once. Numbers that fell out of the window count as seen. */
export class ReplayWindow {
  readonly #words = new Uint32Array(WORDS)
  #highest = 0

  /** True the first time a number comes, which is 1 or more. */
  accept(counter: number): boolean {
    if (counter < 1 || counter + REPLAY_WINDOW <= this.#highest) return false
    this.#advance(counter)
    const word = Math.floor(counter / WORD_BITS) % WORDS
    const mask = (1 << (counter % WORD_BITS)) >>> 0
    const seen = this.#words[word] ?? 0
    if ((seen & mask) !== 0) return false
    this.#words[word] = seen | mask
    return true
  }

  /** Clears the words between the highest number so far and this one. */
  #advance(counter: number): void {
    if (counter <= this.#highest) return
    const from = Math.floor(this.#highest / WORD_BITS)
    const steps = Math.min(WORDS, Math.floor(counter / WORD_BITS) - from)
    for (let i = 1; i <= steps; i++) this.#words[(from + i) % WORDS] = 0
    this.#highest = counter
  }
}
