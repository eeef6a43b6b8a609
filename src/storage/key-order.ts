// Keys in byte order of their UTF-8: comparing, ranges, and an ordered set of keys.
// Never encodes a key to compare it.
import type { KeyRange } from './store.ts'

const BLOCK_MAX = 512
const FIRST_SURROGATE = 0xd800
const LAST_SURROGATE = 0xdfff

/** Negative, zero or positive as `a` sorts before, with or after `b` by their UTF-8 bytes. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return codePointRank(x) - codePointRank(y)
  }
  return a.length - b.length
}

/** UTF-16 puts surrogates below U+E000; as halves of larger code points they belong above. */
function codePointRank(unit: number): number {
  if (unit < FIRST_SURROGATE) return unit
  return unit <= LAST_SURROGATE ? unit + 0x2000 : unit - 0x800
}

/** Whether a range is over once it has come to this key. */
export function isPastPrefix(key: string, prefix: string): boolean {
  return !key.startsWith(prefix) && compareKeys(key, prefix) > 0
}

/** The keys of a range, read from a source that starts anywhere in order. */
export function* inRange(
  range: Pick<KeyRange, 'prefix' | 'after'>,
  from: (start: string, isInclusive: boolean) => Iterable<string>,
): Iterable<string> {
  const { prefix, after } = range
  const isAfterLater = after !== undefined && compareKeys(after, prefix) >= 0
  for (const key of isAfterLater ? from(after, false) : from(prefix, true)) {
    if (isPastPrefix(key, prefix)) return
    yield key
  }
}

/** The sorted keys from this one on, with it or without it. */
export function keysFrom(keys: readonly string[], start: string, isInclusive: boolean): string[] {
  const from = lowerBound(keys, start)
  return keys.slice(!isInclusive && keys[from] === start ? from + 1 : from)
}

/** A set of keys in order. Adding and removing cost a binary search and a short shift. */
export class SortedKeys {
  readonly #blocks: string[][] = [[]]

  add(key: string): void {
    const end = this.#blocks.at(-1)
    const last = end?.at(-1)
    // Many are put in order.
    if (end !== undefined && last !== undefined && compareKeys(last, key) < 0) {
      if (end.length < BLOCK_MAX) end.push(key)
      else this.#blocks.push([key])
      return
    }
    const index = this.#blockFor(key)
    const block = this.#block(index)
    const at = lowerBound(block, key)
    if (block[at] === key) return
    block.splice(at, 0, key)
    if (block.length > BLOCK_MAX) {
      this.#blocks.splice(index + 1, 0, block.splice(BLOCK_MAX >> 1))
    }
  }

  remove(key: string): void {
    const [first] = this.#blocks
    // What was put in order goes in order.
    if (first !== undefined && first[0] === key && first.length > 1) {
      first.shift()
      return
    }
    const index = this.#blockFor(key)
    const block = this.#block(index)
    const at = lowerBound(block, key)
    if (block[at] !== key) return
    block.splice(at, 1)
    if (block.length === 0 && this.#blocks.length > 1) this.#blocks.splice(index, 1)
  }

  /** The first key above this one, or at it when `isInclusive`. */
  next(start: string, isInclusive: boolean): string | undefined {
    const index = this.#blockFor(start)
    const block = this.#block(index)
    let at = lowerBound(block, start)
    if (!isInclusive && block[at] === start) at++
    return block[at] ?? this.#blocks[index + 1]?.[0]
  }

  /** Keys in order; additions and removals while it runs are allowed. */
  *from(start: string, isInclusive: boolean): Iterable<string> {
    let key = this.next(start, isInclusive)
    while (key !== undefined) {
      yield key
      key = this.next(key, false)
    }
  }

  #block(index: number): string[] {
    return this.#blocks[index] ?? []
  }

  /** The last block whose first key is not above this one. */
  #blockFor(key: string): number {
    let low = 0
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (compareKeys(this.#blocks[middle]?.[0] ?? '', key) <= 0) low = middle
      else high = middle - 1
    }
    return low
  }
}

function lowerBound(block: readonly string[], key: string): number {
  let low = 0
  let high = block.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareKeys(block[middle] ?? '', key) < 0) low = middle + 1
    else high = middle
  }
  return low
}
