// Bytes that may be under way at once. One taker waits at a time.

export class Room {
  readonly #bytesMax: number
  #taken = 0
  #waiting: (() => void) | undefined

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Settles once there is room; what is larger than all of it waits until nothing is taken. */
  async take(bytes: number): Promise<void> {
    while (this.#taken > 0 && this.#taken + bytes > this.#bytesMax) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
    this.#taken += bytes
  }

  give(bytes: number): void {
    this.#taken -= bytes
    const go = this.#waiting
    this.#waiting = undefined
    go?.()
  }
}
