// The pieces of one body become one buffer, while they arrive: to put ten megabytes together at the end
// takes the event loop for several milliseconds. Bounds nothing; its reader does.

/**
 * Memory is set aside for a body once this share of it has arrived, so that a sender that only names
 * a length costs nothing. Until then its pieces are kept as they came.
 */
export const ARRIVED_SHARE_MIN = 1 / 8

export class GatheredBody {
  readonly #expectedBytes: number
  #pieces: Buffer[] = []
  #whole: Buffer | undefined
  #bytes = 0

  /** `expectedBytes`: as the sender says; 0: it does not say. */
  constructor(expectedBytes: number) {
    this.#expectedBytes = expectedBytes
  }

  /** What has arrived so far. */
  get bytes(): number {
    return this.#bytes
  }

  add(piece: Buffer): void {
    const at = this.#bytes
    this.#bytes += piece.length
    if (this.#whole === undefined) {
      this.#pieces.push(piece)
      if (this.#isWorthIt()) this.#setAside()
    } else this.#whole.set(piece, at)
  }

  /** All that was added, as one buffer. Nothing is added afterwards. */
  whole(): Buffer {
    const [only, ...more] = this.#pieces
    if (this.#whole !== undefined) return this.#whole.subarray(0, this.#bytes)
    return only !== undefined && more.length === 0 ? only : Buffer.concat(this.#pieces, this.#bytes)
  }

  /** Not for what has come whole, nor where more comes than was said. */
  #isWorthIt(): boolean {
    const expected = this.#expectedBytes
    return this.#bytes < expected && this.#bytes >= expected * ARRIVED_SHARE_MIN
  }

  #setAside(): void {
    const whole = Buffer.allocUnsafeSlow(this.#expectedBytes)
    let at = 0
    for (const piece of this.#pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    this.#whole = whole
    this.#pieces = []
  }
}
