// Events that one subscriber has not read yet: a bound, and a count of what did not fit.
// Knows nothing of what they say.
import { EVENTS_WAITING_MAX } from './limits.ts'

export class EventQueue implements AsyncIterableIterator<string> {
  readonly #onEnd: () => void
  #texts: string[] = []
  /** Events that did not fit since the last that did. */
  #lost = 0
  #isEnding = false
  #isOver = false
  #waiting: ((result: IteratorResult<string>) => void) | undefined

  /** `onEnd` is called once, when nothing is added any more. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  add(text: string): void {
    if (this.#isEnding) return
    if (this.#waiting !== undefined) this.#give(text)
    else if (this.#lost > 0 || this.#texts.length >= EVENTS_WAITING_MAX) this.#lost++
    else this.#texts.push(text)
  }

  /** What is waiting is still read. May be called twice. */
  end(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#onEnd()
    if (this.#waiting !== undefined) this.#finish()
  }

  /** One at a time. All that waits comes as one text. */
  next(): Promise<IteratorResult<string>> {
    const value = this.#takeAll()
    if (value !== '') return Promise.resolve({ value, done: false })
    return new Promise((resolve) => {
      this.#waiting = resolve
      if (this.#isEnding) this.#finish()
    })
  }

  /** The reader has gone. */
  return(): Promise<IteratorResult<string>> {
    this.end()
    this.#isOver = true
    this.#finish()
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #takeAll(): string {
    if (this.#isOver) return ''
    const lost = this.#lost === 0 ? '' : `event: lost\ndata: {"count":${this.#lost}}\n\n`
    const text = this.#texts.join('') + lost
    this.#texts = []
    this.#lost = 0
    return text
  }

  #give(value: string): void {
    const give = this.#waiting
    this.#waiting = undefined
    give?.({ value, done: false })
  }

  #finish(): void {
    const give = this.#waiting
    this.#waiting = undefined
    give?.({ value: undefined, done: true })
  }
}
