// Watches how much room the disk has left for a store.
// Decides nothing: it answers from its last look, less what was written since then.
import { statfs } from 'node:fs/promises'

/** The disk is looked at this often. Unit: ms. */
export const SPACE_LOOK_EVERY_MS = 1000

/** Room kept free, at most. Unit: bytes. Deletes and the state of the node must still fit. */
export const SPACE_RESERVE_MAX = 64 * 1024 * 1024

/** Room kept free on a small disk. Unit: share of the disk. */
export const SPACE_RESERVE_SHARE = 0.1

/**
 * What a new master may take of that room, so that it holds what a master of the same size holds. Unit:
 * share of the reserve.
 */
const LAST_SHARE = 0.5

/** What a batch takes on disk for each byte of its values: their pages, and copies of others. */
const COST_A_BYTE = 2

/** What a batch takes besides. Unit: bytes. Pages of every tree on the way to what it changes. */
const COST_A_BATCH = 64 * 1024

/** What a store knows of its own file. Unit: bytes. */
export interface StoreSpace {
  /** Room inside the file that needs no more disk. */
  reusableBytes(): number
  /** Handed over, and not on disk yet. */
  underWayBytes(): number
}

export class DiskSpace {
  readonly #dir: string
  readonly #store: StoreSpace
  /** At the last look, above the reserve. */
  #seenBytes = Number.POSITIVE_INFINITY
  #reserveBytes = 0
  /** What may have been written since then. */
  #spentBytes = 0
  #isLooking = false
  #isStopped = false

  constructor(dir: string, store: StoreSpace) {
    this.#dir = dir
    this.#store = store
  }

  /** The disk has no room for more values: the reserve is for deletes and the state. */
  get isLow(): boolean {
    return this.#seenBytes - this.#spentBytes < 0
  }

  /** Values of so many bytes still fit. Unit: bytes. Rather too few than too many. */
  get roomBytes(): number {
    return Math.max(0, this.#seenBytes - this.#spentBytes) / COST_A_BYTE
  }

  /** Likewise with a part of the reserve. Unit: bytes. */
  get lastRoomBytes(): number {
    const leftBytes = this.#seenBytes + LAST_SHARE * this.#reserveBytes - this.#spentBytes
    return Math.max(0, leftBytes) / COST_A_BYTE
  }

  /** A batch with so many bytes was handed over. Between two looks only these are known. */
  spend(bytes: number): void {
    this.#spentBytes += COST_A_BATCH + COST_A_BYTE * bytes
    if (2 * this.#spentBytes > this.#seenBytes) void this.look()
  }

  /** Looks again. A disk that cannot be asked counts as it did before. */
  async look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const spentBefore = this.#spentBytes
    const underWay = COST_A_BYTE * this.#store.underWayBytes()
    const stat = await statfs(this.#dir).catch(() => undefined)
    this.#isLooking = false
    // A closed store must not be asked: lmdb would read memory that it gave back.
    if (stat === undefined || this.#isStopped) return
    this.#reserveBytes = Math.min(SPACE_RESERVE_MAX, SPACE_RESERVE_SHARE * stat.blocks * stat.bsize)
    this.#seenBytes = stat.bavail * stat.bsize + this.#store.reusableBytes() - this.#reserveBytes
    this.#spentBytes += underWay - spentBefore
  }

  /** Asks the store nothing more, not even for a look that is under way. */
  stop(): void {
    this.#isStopped = true
  }
}
