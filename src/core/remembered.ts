// Which writes were applied in the last minute, by request id, so that a retry is not applied twice.
// A memory only: whether the write is still there is for the caller to check.
import { REMEMBER_MAX, REMEMBER_MS } from './limits.ts'
import type { RequestId, Version } from './types.ts'

export interface RememberedWrite {
  readonly key: string
  readonly version: Version
  readonly fingerprint: string
  readonly atMs: number
}

export class Remembered {
  readonly #writes = new Map<RequestId, RememberedWrite>()

  get(id: RequestId, nowMs: number): RememberedWrite | undefined {
    const write = this.#writes.get(id)
    return write !== undefined && nowMs - write.atMs <= REMEMBER_MS ? write : undefined
  }

  add(id: RequestId, write: RememberedWrite): void {
    this.#writes.delete(id)
    this.#writes.set(id, write)
    // The map keeps insertion order: the first ones are the oldest.
    for (const [oldId, old] of this.#writes) {
      if (this.#writes.size <= REMEMBER_MAX && write.atMs - old.atMs <= REMEMBER_MS) break
      this.#writes.delete(oldId)
    }
  }

  get size(): number {
    return this.#writes.size
  }
}
