// Which writes were applied in the last minute, by request id, so that a retry is not applied twice.
// A memory only: whether the write is still there is for the caller to check.
import { REMEMBER_MAX, REMEMBER_MS, REMEMBER_PAGE_MAX } from './limits.ts'
import type { AppliedWrite, PastWrite } from './messages.ts'
import type { RequestId } from './types.ts'

interface Known extends AppliedWrite {
  readonly atMs: number
  /** Counts what was added: later is larger. */
  readonly turn: number
}

export class Remembered {
  readonly #writes = new Map<RequestId, Known>()
  #turn = 0

  get(id: RequestId, nowMs: number): AppliedWrite | undefined {
    const write = this.#writes.get(id)
    return write !== undefined && nowMs - write.atMs <= REMEMBER_MS ? write : undefined
  }

  /** A write applied just now. */
  add(write: AppliedWrite, nowMs: number): void {
    this.#writes.delete(write.requestId)
    this.#keep(write, nowMs)
    // The map keeps insertion order: the first ones are the oldest.
    for (const [id, old] of this.#writes) {
      if (this.#writes.size <= REMEMBER_MAX && nowMs - old.atMs <= REMEMBER_MS) break
      this.#writes.delete(id)
    }
  }

  /** What another master remembers; what was heard from the stream meanwhile is newer and stays. */
  learn(past: readonly PastWrite[], nowMs: number): void {
    for (const write of past) {
      if (this.#writes.has(write.requestId) || this.#writes.size >= REMEMBER_MAX) continue
      this.#keep(write, nowMs - write.ageMs)
    }
  }

  /** A page of what was added after this turn; `last` is undefined when there is no more. */
  page(after: number, nowMs: number): { writes: PastWrite[]; last: number | undefined } {
    const writes: PastWrite[] = []
    let last: number | undefined
    for (const { requestId, version, fingerprint, atMs, turn } of this.#writes.values()) {
      if (turn <= after) continue
      if (writes.length >= REMEMBER_PAGE_MAX) return { writes, last }
      writes.push({ requestId, version, fingerprint, ageMs: Math.max(0, nowMs - atMs) })
      last = turn
    }
    return { writes, last: undefined }
  }

  /** This node's store is about to become another one's mirror, and so is its memory. */
  clear(): void {
    this.#writes.clear()
  }

  get size(): number {
    return this.#writes.size
  }

  #keep({ requestId, version, fingerprint }: AppliedWrite, atMs: number): void {
    this.#writes.set(requestId, { requestId, version, fingerprint, atMs, turn: ++this.#turn })
  }
}
