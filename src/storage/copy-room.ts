// Room for small copies of bytes that are kept for long. Node's own pool hands out its slabs to whoever
// asks: what is kept of one, among much that is not, keeps all of it in memory.
// Never takes anything back: a slab goes with the last copy in it.

/** Copies lie together in so much memory. Unit: bytes. As Node's own: a single one keeps no more. */
const SLAB_BYTES = 8 * 1024

/** A larger copy has memory of its own. Unit: bytes. So half a slab at most is left unused. */
const SMALL_BYTES_MAX = SLAB_BYTES / 2

export class CopyRoom {
  #slab = Buffer.alloc(0)
  #used = 0

  /** A copy of these bytes, which nothing else shares. */
  copyOf(bytes: Uint8Array): Buffer {
    const copy = this.#take(bytes.length)
    copy.set(bytes)
    return copy
  }

  #take(length: number): Buffer {
    if (length > SMALL_BYTES_MAX) return Buffer.allocUnsafeSlow(length)
    if (this.#used + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
      this.#used = 0
    }
    const taken = this.#slab.subarray(this.#used, this.#used + length)
    this.#used += length
    return taken
  }
}
