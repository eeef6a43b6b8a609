// A row of commits in blocks of numbers: whatever is done to it, it reads as a plain array would.
import t from 'tap'
import { CommitItems } from '../../src/core/commit-items.ts'
import { keyHash } from '../../src/core/key-hash.ts'
import type { Invalidation } from '../../src/core/messages.ts'
import { version } from './words.ts'

function item(n: number): Invalidation {
  return { keyHash: keyHash(`key ${n}`), version: version(n * 1e9, n % 2 === 0 ? 'A' : 'F0E1', n) }
}

/** An index; -1: there is none. A comparison of thousands as a whole takes minutes to fail. */
function firstDifference(seen: readonly Invalidation[], wanted: readonly Invalidation[]): number {
  return wanted.findIndex(({ keyHash: hash, version: at }, i) => {
    return seen[i]?.keyHash !== hash || seen[i].version !== at
  })
}

t.test('commits come back as they were', async (t) => {
  const items = new CommitItems()
  const odd = { keyHash: '00000000ffffffff', version: 'ffffffffffffffff-80000000deadbeef' }
  items.push(odd)
  items.push(item(1))
  t.strictSame(items.from(0, 9), [odd, item(1)])
  t.strictSame(items.from(1, 9), [item(1)])
  t.strictSame(items.from(0, 1), [odd])
  t.strictSame(items.from(2, 9), [])
})

t.test('what is dropped at either end is gone, and nothing else', async (t) => {
  const steps: readonly (readonly ['push' | 'keepFirst' | 'dropFirst', number])[] = [
    ['push', 9000],
    ['dropFirst', 4096],
    ['keepFirst', 4000],
    ['push', 5000],
    ['dropFirst', 5000],
    ['keepFirst', 1],
    ['push', 100],
    ['dropFirst', 500],
    ['push', 4100],
    ['keepFirst', 0],
    ['push', 3],
  ]
  const items = new CommitItems()
  let plain: Invalidation[] = []
  let pushed = 0
  for (const [what, count] of steps) {
    if (what === 'keepFirst') plain = plain.slice(0, count)
    else if (what === 'dropFirst') plain = plain.slice(count)
    else {
      const more = Array.from({ length: count }, () => item(pushed++))
      for (const each of more) items.push(each)
      plain = [...plain, ...more]
    }
    if (what !== 'push') items[what](count)
    t.equal(items.length, plain.length, `${what} ${count}`)
    t.equal(firstDifference(items.from(0, plain.length), plain), -1, `${what} ${count}`)
  }
  items.clear()
  t.equal(items.length, 0)
})
