// Watches how much room the disk has left for a store.
// Decides nothing: it answers "is it low?" from its last look.
import { statfs } from 'node:fs/promises'

/** The disk is looked at this often. Unit: ms. */
export const SPACE_LOOK_EVERY_MS = 1000

/** Room kept free, at most. Unit: bytes. Deletes and the state of the node must still fit. */
export const SPACE_RESERVE_MAX = 64 * 1024 * 1024

/** Room kept free on a small disk. Unit: share of the disk. */
export const SPACE_RESERVE_SHARE = 0.1

export class DiskSpace {
  readonly #dir: string
  readonly #reusableBytes: () => number
  #isLow = false

  /** `reusableBytes`: room inside the store's own file that needs no more disk. */
  constructor(dir: string, reusableBytes: () => number) {
    this.#dir = dir
    this.#reusableBytes = reusableBytes
  }

  get isLow(): boolean {
    return this.#isLow
  }

  /** Looks again. A disk that cannot be asked counts as it did before. */
  async look(): Promise<void> {
    const stat = await statfs(this.#dir).catch(() => undefined)
    if (stat === undefined) return
    const reserve = Math.min(SPACE_RESERVE_MAX, SPACE_RESERVE_SHARE * stat.blocks * stat.bsize)
    const free = stat.bavail * stat.bsize
    this.#isLow = free < reserve && free + this.#reusableBytes() < reserve
  }
}
