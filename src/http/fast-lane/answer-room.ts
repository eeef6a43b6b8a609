// Memory for answers that are sent in the turn in which they are made: used again and again, because
// a buffer of ten kilobytes for every answer costs as much as sending it. Never sends anything.
import { ANSWER_ROOM_BYTES } from '../limits.ts'

/** Makes a buffer of this length. Unit: bytes. */
export type MakeBuffer = (bytes: number) => Buffer

/** Each buffer is of its own, for answers that are sent later. */
export const ownBuffer: MakeBuffer = (bytes) => Buffer.allocUnsafe(bytes)

export class AnswerRoom {
  #bytes = Buffer.allocUnsafeSlow(ANSWER_ROOM_BYTES)
  #usedBytes = 0

  /** A buffer that is its taker's until `end`. */
  readonly take: MakeBuffer = (bytes) => {
    const from = this.#usedBytes
    const to = from + bytes
    if (to > ANSWER_ROOM_BYTES) return Buffer.allocUnsafe(bytes)
    this.#usedBytes = to
    return this.#bytes.subarray(from, to)
  }

  /**
   * All that was taken is done with, if `isSent`: the system has the bytes. Else somebody still reads
   * them, for as long as it takes: they stay as they are, and others are used from now on.
   */
  end(isSent: boolean): void {
    if (this.#usedBytes === 0) return
    if (!isSent) this.#bytes = Buffer.allocUnsafeSlow(ANSWER_ROOM_BYTES)
    this.#usedBytes = 0
  }
}
