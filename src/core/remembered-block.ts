// A block of remembered writes, as numbers: it is filled once and then thrown away as a whole.
// Knows nothing of how long a write is remembered.
import { assert } from './assert.ts'
import { putWords, WORD_DIGITS, wordsText } from './hex-words.ts'
import { REMEMBER_MAX } from './limits.ts'
import type { AppliedWrite } from './messages.ts'
import { putVersion, VERSION_WORDS, versionOf } from './version.ts'

/** Writes in a block. Unit: writes. All blocks are searched for each new write; 210 KB. */
export const BLOCK_WRITES = 4000

/** Words of a request id. */
export const ID_WORDS = 4
const PRINT_WORDS = 2
const VERSION_AT = ID_WORDS
const PRINT_AT = VERSION_AT + VERSION_WORDS
const WRITE_WORDS = PRINT_AT + PRINT_WORDS

/** Slots of the index: half of them stay empty, so that a search is short. */
const SLOTS = 2 * BLOCK_WRITES

/** Spreads numbers that lie side by side (2^32 divided by the golden ratio). */
const SPREAD = 0x9e3779b1

assert(REMEMBER_MAX % BLOCK_WRITES === 0, 'what is remembered is whole blocks')
assert(BLOCK_WRITES < 2 ** 16, 'a slot holds the number of any write')

/** A write as it was added. `atMs`: on this node's clock. */
export interface KnownWrite extends AppliedWrite {
  readonly atMs: number
}

export class RememberedBlock {
  readonly #words = new Uint32Array(BLOCK_WRITES * WRITE_WORDS)
  readonly #atMs = new Float64Array(BLOCK_WRITES)
  /** By the hash of a request id: the index of its write, and 1; 0: none. */
  readonly #slots = new Uint16Array(SLOTS)
  #count = 0
  #newestMs = -Infinity

  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count === BLOCK_WRITES
  }

  /** The latest time of all its writes; -Infinity: there are none. */
  get newestMs(): number {
    return this.#newestMs
  }

  /** Not when it is full. Of two writes with one id, the later one is found. */
  add({ requestId, version, fingerprint }: AppliedWrite, atMs: number): void {
    assert(requestId.length === ID_WORDS * WORD_DIGITS, 'a request id is 32 digits')
    assert(fingerprint.length === PRINT_WORDS * WORD_DIGITS, 'a fingerprint is 16 digits')
    const index = this.#count++
    const at = index * WRITE_WORDS
    putWords(requestId, this.#words, at)
    putVersion(version, this.#words, at + VERSION_AT)
    putWords(fingerprint, this.#words, at + PRINT_AT)
    this.#atMs[index] = atMs
    this.#newestMs = Math.max(this.#newestMs, atMs)
    this.#slots[this.#slotOf(this.#words.subarray(at, at + ID_WORDS))] = index + 1
  }

  /** The index of the write with this id, given as words; undefined: it is not here. */
  find(id: Uint32Array): number | undefined {
    const found = this.#slots[this.#slotOf(id)] ?? 0
    return found === 0 ? undefined : found - 1
  }

  /** The write with this index, which is below `count`. */
  read(index: number): KnownWrite {
    const at = index * WRITE_WORDS
    return {
      requestId: wordsText(this.#words, at, ID_WORDS),
      version: versionOf(this.#words, at + VERSION_AT),
      fingerprint: wordsText(this.#words, at + PRINT_AT, PRINT_WORDS),
      atMs: this.#atMs[index] ?? 0,
    }
  }

  /** Where this id is, or the empty slot where it would be put. There is always an empty one. */
  #slotOf(id: Uint32Array): number {
    let slot = hashOf(id) % SLOTS
    for (;;) {
      const found = this.#slots[slot] ?? 0
      if (found === 0 || this.#isOf(found - 1, id)) return slot
      slot = (slot + 1) % SLOTS
    }
  }

  #isOf(index: number, id: Uint32Array): boolean {
    const at = index * WRITE_WORDS
    for (let i = 0; i < ID_WORDS; i++) if (this.#words[at + i] !== id[i]) return false
    return true
  }
}

/** Ids are made by chance or by a hash, but for those of tests. */
function hashOf(id: Uint32Array): number {
  let hash = 0
  for (let i = 0; i < ID_WORDS; i++) hash = Math.imul(hash ^ (id[i] ?? 0), SPREAD)
  return (hash ^ (hash >>> 15)) >>> 0
}
