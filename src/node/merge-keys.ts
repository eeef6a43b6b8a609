// Joins the keys of the store and of the copies into one list in byte order, each key once.
import { compareKeys, inRange } from '../storage/key-order.ts'
import type { KeyRange } from '../storage/store.ts'

/** Both inputs are in byte order; `stored` lies in the range already. */
export function* mergeKeys(
  stored: Iterable<string>,
  copied: readonly string[],
  range: KeyRange,
): Iterable<string> {
  const others = inRange(range, (start, isInclusive) => {
    const order = (key: string) => compareKeys(key, start)
    return copied.filter((key) => (isInclusive ? order(key) >= 0 : order(key) > 0))
  })[Symbol.iterator]()
  let other = others.next()
  for (const key of stored) {
    while (!other.done && compareKeys(other.value, key) < 0) {
      yield other.value
      other = others.next()
    }
    if (!other.done && other.value === key) other = others.next()
    yield key
  }
  for (; !other.done; other = others.next()) yield other.value
}
