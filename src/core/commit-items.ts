// A row of commits, as numbers in blocks: it grows at its end and shrinks at both.
// Knows nothing of streams; commit-log.ts says which commits these are.
import { assert } from './assert.ts'
import { putWords, WORD_DIGITS, wordsText } from './hex-words.ts'
import type { Invalidation } from './messages.ts'
import { putVersion, VERSION_WORDS, versionOf } from './version.ts'

/** Commits in a block. Unit: commits. 96 KiB: little for a node where nothing is written. */
const BLOCK_ITEMS = 4096

const HASH_WORDS = 2
const ITEM_WORDS = HASH_WORDS + VERSION_WORDS

export class CommitItems {
  #blocks: Uint32Array[] = []
  /** Of the first block: items that are gone. */
  #gone = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push({ keyHash, version }: Invalidation): void {
    assert(keyHash.length === HASH_WORDS * WORD_DIGITS, 'the hash of a key is 16 digits')
    const index = this.#gone + this.#length++
    const number = Math.floor(index / BLOCK_ITEMS)
    const block = (this.#blocks[number] ??= new Uint32Array(BLOCK_ITEMS * ITEM_WORDS))
    const at = placeIn(index)
    putWords(keyHash, block, at)
    putVersion(version, block, at + HASH_WORDS)
  }

  /** At most `count` items from the one with this index on. */
  from(first: number, count: number): Invalidation[] {
    const many = Math.max(0, Math.min(count, this.#length - first))
    return Array.from({ length: many }, (_, i) => this.#item(this.#gone + first + i))
  }

  /** Forgets what is behind the first `count` items. */
  keepFirst(count: number): void {
    this.#length = Math.min(this.#length, count)
    this.#blocks.length = Math.ceil((this.#gone + this.#length) / BLOCK_ITEMS)
  }

  /** Forgets the first `count` items. */
  dropFirst(count: number): void {
    const gone = this.#gone + Math.min(this.#length, count)
    this.#length -= gone - this.#gone
    this.#blocks.splice(0, Math.floor(gone / BLOCK_ITEMS))
    this.#gone = gone % BLOCK_ITEMS
  }

  clear(): void {
    this.#blocks = []
    this.#gone = 0
    this.#length = 0
  }

  #item(index: number): Invalidation {
    const block = this.#blocks[Math.floor(index / BLOCK_ITEMS)] ?? NO_BLOCK
    const at = placeIn(index)
    return {
      keyHash: wordsText(block, at, HASH_WORDS),
      version: versionOf(block, at + HASH_WORDS),
    }
  }
}

const NO_BLOCK = new Uint32Array(0)

function placeIn(index: number): number {
  return (index % BLOCK_ITEMS) * ITEM_WORDS
}
