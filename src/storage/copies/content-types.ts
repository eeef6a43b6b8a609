// The content types of all copies, each kept once and named by a number of one byte.
// Forgets none but all of them at once; what comes when all numbers are given is written out instead.
import { CONTENT_TYPE_OVERHEAD_BYTES, CONTENT_TYPES_MAX } from './limits.ts'

/** No type has this number. */
export const UNNUMBERED = 0

export class ContentTypes {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = ['']
  #bytes = 0

  /** Unit: bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** The number of a content type, a new one if need be; UNNUMBERED when there is none left. */
  numberOf(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    const number = this.#texts.length
    if (number > CONTENT_TYPES_MAX) return UNNUMBERED
    this.#numbers.set(text, number)
    this.#texts.push(text)
    this.#bytes += 2 * text.length + CONTENT_TYPE_OVERHEAD_BYTES
    return number
  }

  /** `number` was given before. */
  textOf(number: number): string {
    return this.#texts[number] ?? ''
  }

  clear(): void {
    this.#numbers.clear()
    this.#texts.length = 1
    this.#bytes = 0
  }
}
