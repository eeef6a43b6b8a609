// Which keys were written of late, so that an answer from before is not taken for the truth.
// A bounded memory that knows how far back it reaches.
import { Generations } from './generations.ts'
import { keyHash } from './key-hash.ts'
import { INVALIDATIONS_REMEMBERED, OWN_WRITE_MS, OWN_WRITES_REMEMBERED } from './limits.ts'
import type { Invalidation } from './messages.ts'
import type { StreamId, StreamPosition, Version } from './types.ts'
import { sameBallot } from './view.ts'

/** What an answer from another node says about a key, and how much that node knew. */
export interface Word {
  readonly key: string
  /** Of the entry or its tombstone; '' when nothing is stored. */
  readonly version: Version | ''
  readonly isAbsent: boolean
  readonly position: StreamPosition
}

interface Written {
  readonly version: Version
  /** In the present stream; 0: in one before it. */
  readonly seq: number
  readonly turn: number
}

interface OwnWrite {
  readonly version: Version
  readonly atMs: number
}

interface Now {
  /** How far this node has heard of commits. */
  readonly at: StreamPosition | undefined
  /** The stream of the newest view. */
  readonly stream: StreamId | undefined
  readonly nowMs: number
}

export class InvalidatedKeys {
  /** By hash. */
  readonly #written = new Generations<Written>()
  /** The last one of each of its generations. */
  #newest: Written | undefined
  #newestOld: Written | undefined
  /** Writes acknowledged through this node; their invalidation may still be under way. */
  readonly #own = new Generations<OwnWrite>()
  /** When the first one of the young generation was acknowledged. */
  #ownSinceMs = 0
  /** Everything after this position is remembered. */
  #floorSeq = 0
  /** Counts the streams: positions of earlier ones are all before the present one. */
  #turn = 0

  get size(): number {
    return this.#written.size + this.#own.size
  }

  /** Nothing from before is of use any more. */
  startAt(seq: number): void {
    this.#written.clear()
    this.#newestOld = undefined
    this.#floorSeq = seq
  }

  /** The next stream, from its start: what is remembered was before it. */
  startNextStream(): void {
    this.#turn++
    this.#floorSeq = 0
  }

  add({ keyHash: hash, version }: Invalidation, seq: number): void {
    if (this.#written.youngSize >= INVALIDATIONS_REMEMBERED) {
      this.#written.age()
      const forgotten = this.#newestOld
      this.#newestOld = this.#newest
      if (forgotten !== undefined) this.#floorSeq = Math.max(this.#floorSeq, this.#seqOf(forgotten))
    }
    this.#newest = { version, seq, turn: this.#turn }
    this.#written.set(hash, this.#newest)
  }

  wrote(key: string, version: Version, nowMs: number): void {
    const isOver = nowMs - this.#ownSinceMs > OWN_WRITE_MS
    if (isOver || this.#own.youngSize >= OWN_WRITES_REMEMBERED) {
      this.#own.age()
      this.#ownSinceMs = nowMs
    }
    this.#own.set(key, { version, atMs: nowMs })
  }

  /** Whether everything that was written after this position is still remembered. */
  remembersSince(seq: number): boolean {
    return seq >= this.#floorSeq
  }

  /** Whether a write that this node knows of came after what the word tells. */
  supersedes(word: Word, now: Now): boolean {
    const { key, version, isAbsent, position } = word
    const isOf = (stream: StreamId | undefined) =>
      isAbsent && stream !== undefined && sameBallot(stream, position.stream)
    const own = this.#own.get(key)
    const isOwnRecent = own !== undefined && now.nowMs - own.atMs <= OWN_WRITE_MS
    // Only masters say "absent", and in the present stream none of them lacks an acknowledged write.
    if (isOwnRecent && version < own.version && !isOf(now.stream)) return true
    const written = this.#written.get(keyHash(key))
    if (written === undefined || version >= written.version) return false
    // A key without a trace: it expired or was purged, if the word is from after the write.
    return !(isOf(now.at?.stream) && position.seq >= this.#seqOf(written))
  }

  #seqOf(written: Written): number {
    return written.turn === this.#turn ? written.seq : 0
  }
}
