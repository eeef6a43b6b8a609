// A stretch of keys of which is known what a table holds in it: a mirror looks at it once, and then puts a
// thousand keys there without asking for each of them whether it is stored.
// Knows only what it is told; its table tells it every key that it writes.
import { compareKeys } from './key-order.ts'

/** Keys remembered of a stretch. Unit: keys. A page of a mirror and what is put there; then it is forgotten. */
export const STRETCH_KEYS_MAX = 4096

export interface Stretch {
  /** Keys above this one in byte order. */
  readonly above: string
  /** Keys up to and including this one; undefined: to the end. */
  readonly upTo: string | undefined
}

export class KnownStretch {
  #stretch: Stretch | undefined
  /** What may be stored there; everything else is not. */
  #keys = new Set<string>()

  /** These are all the keys that are stored there. Forgets the stretch before. */
  learn(stretch: Stretch, keys: readonly string[]): void {
    this.#stretch = keys.length > STRETCH_KEYS_MAX ? undefined : stretch
    this.#keys = new Set(keys)
  }

  /** The table has written something under this key, or removed what was there. */
  written(key: string): void {
    if (this.#stretch === undefined) return
    this.#keys.add(key)
    if (this.#keys.size > STRETCH_KEYS_MAX) this.#forget()
  }

  /** Surely nothing is stored under this key. */
  lacks(key: string): boolean {
    if (this.#stretch === undefined || this.#keys.has(key)) return false
    const { above, upTo } = this.#stretch
    return compareKeys(key, above) > 0 && (upTo === undefined || compareKeys(key, upTo) <= 0)
  }

  #forget(): void {
    this.#stretch = undefined
    this.#keys.clear()
  }
}
