// Remembers which numbers of one sender's incarnation were seen, in a window that slides.
// Ask it only about what was proven genuine: a forged number must not move the window.
import { assert } from '../core/assert.ts'

const WORD_BITS = 32

export interface ReplayWindowOptions {
  /** Numbers this far below the highest are still told apart. A multiple of 32. */
  readonly size: number
  /** Numbers up to this one count as seen: from before anybody looked. */
  readonly floor: number
}

/** Accepts every number once. Numbers that fell out of the window count as seen. */
export class ReplayWindow {
  readonly #options: ReplayWindowOptions
  readonly #words: Uint32Array
  #highest: number

  constructor(options: ReplayWindowOptions) {
    assert(options.size % WORD_BITS === 0, 'the window is made of whole words')
    this.#options = options
    this.#highest = options.floor
    // One word more than the window needs, so that a step forward clears whole words.
    this.#words = new Uint32Array(options.size / WORD_BITS + 1)
  }

  /** True the first time a number comes, which is 1 or more. */
  accept(number: number): boolean {
    const { size, floor } = this.#options
    if (number < 1 || number <= floor || number + size <= this.#highest) return false
    this.#advance(number)
    const word = Math.floor(number / WORD_BITS) % this.#words.length
    const mask = (1 << (number % WORD_BITS)) >>> 0
    const seen = this.#words[word] ?? 0
    if ((seen & mask) !== 0) return false
    this.#words[word] = seen | mask
    return true
  }

  /** Clears the words between the highest number so far and this one. */
  #advance(number: number): void {
    if (number <= this.#highest) return
    const words = this.#words.length
    const from = Math.floor(this.#highest / WORD_BITS)
    const steps = Math.min(words, Math.floor(number / WORD_BITS) - from)
    for (let i = 1; i <= steps; i++) this.#words[(from + i) % words] = 0
    this.#highest = number
  }
}
