// Which writes were applied in the last minute, by request id, so that a retry is not applied twice.
// A memory only: whether the write is still there is for the caller to check.
import { putWords } from './hex-words.ts'
import { REMEMBER_MAX, REMEMBER_MS, REMEMBER_PAGE_MAX } from './limits.ts'
import type { AppliedWrite, PastWrite } from './messages.ts'
import { BLOCK_WRITES, ID_WORDS, type KnownWrite, RememberedBlock } from './remembered-block.ts'
import type { RequestId } from './types.ts'

const BLOCKS_MAX = REMEMBER_MAX / BLOCK_WRITES

interface Block {
  readonly writes: RememberedBlock
  /** Counts what was added: the turn of its first write. */
  readonly firstTurn: number
}

interface Place {
  readonly writes: RememberedBlock
  readonly index: number
}

export class Remembered {
  /** Oldest first; the last one is being filled. */
  #blocks: Block[] = []
  #turn = 0
  /** The id that is being looked for. */
  readonly #wanted = new Uint32Array(ID_WORDS)

  get(id: RequestId, nowMs: number): AppliedWrite | undefined {
    const place = this.#find(id)
    const known = place?.writes.read(place.index)
    return known !== undefined && isFresh(known, nowMs) ? known : undefined
  }

  /** A write applied just now. The oldest are forgotten, many at once. */
  add(write: AppliedWrite, nowMs: number): void {
    this.#keep(write, nowMs)
    const isOver = ({ writes }: Block): boolean => nowMs - writes.newestMs > REMEMBER_MS
    const kept = this.#blocks.findIndex((block) => !isOver(block))
    const gone = Math.max(kept, this.#blocks.length - BLOCKS_MAX)
    if (gone > 0) this.#blocks.splice(0, gone)
  }

  /** What another master remembers; what was heard from the stream meanwhile is newer and stays. */
  learn(past: readonly PastWrite[], nowMs: number): void {
    let { size } = this
    for (const write of past) {
      if (size >= REMEMBER_MAX || this.get(write.requestId, nowMs) !== undefined) continue
      this.#keep(write, nowMs - write.ageMs)
      size++
    }
  }

  /** A page of what was added after this turn; `last` is undefined when there is no more. */
  page(after: number, nowMs: number): { writes: PastWrite[]; last: number | undefined } {
    const page: PastWrite[] = []
    let last: number | undefined
    for (const { writes, firstTurn } of this.#blocks) {
      for (let index = Math.max(0, after + 1 - firstTurn); index < writes.count; index++) {
        const { requestId, version, fingerprint, atMs } = writes.read(index)
        if (!isFresh({ atMs }, nowMs) || !this.#isLatest(requestId, { writes, index })) continue
        if (page.length >= REMEMBER_PAGE_MAX) return { writes: page, last }
        page.push({ requestId, version, fingerprint, ageMs: Math.max(0, nowMs - atMs) })
        last = firstTurn + index
      }
    }
    return { writes: page, last: undefined }
  }

  /** This node's store is about to become another one's mirror, and so is its memory. */
  clear(): void {
    this.#blocks = []
  }

  /** Writes that take room, those that are forgotten with the next block among them. */
  get size(): number {
    return this.#blocks.reduce((sum, { writes }) => sum + writes.count, 0)
  }

  #keep(write: AppliedWrite, atMs: number): void {
    const turn = ++this.#turn
    let block = this.#blocks.at(-1)
    if (block === undefined || block.writes.isFull) {
      block = { writes: new RememberedBlock(), firstTurn: turn }
      this.#blocks.push(block)
    }
    block.writes.add(write, atMs)
  }

  /** The latest write with this id. */
  #find(id: RequestId): Place | undefined {
    putWords(id, this.#wanted, 0)
    for (let i = this.#blocks.length - 1; i >= 0; i--) {
      const writes = this.#blocks[i]?.writes
      const index = writes?.find(this.#wanted)
      if (writes !== undefined && index !== undefined) return { writes, index }
    }
    return undefined
  }

  #isLatest(id: RequestId, { writes, index }: Place): boolean {
    const latest = this.#find(id)
    return latest?.writes === writes && latest.index === index
  }
}

/** Remembered still: not longer ago than a minute. */
function isFresh({ atMs }: Pick<KnownWrite, 'atMs'>, nowMs: number): boolean {
  return nowMs - atMs <= REMEMBER_MS
}
