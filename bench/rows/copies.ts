// The bounded copies alone: what one takes, how long putting and getting take, and what they do to a
// collection of garbage. No core, no network; the longest times are also those of a busy machine.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Copy } from '../../src/core/types.ts'
import { formatVersion } from '../../src/core/version.ts'
import { Copies } from '../../src/storage/copies.ts'
import { percentile, rounded } from '../../test/e2e/measure/figures.ts'
import { keyAt, putOf } from '../core/work.ts'
import type { Figures, Row, RowOptions, RowReport } from '../row.ts'

const KEYS = 5_000_000

/** Room for all of them. Unit: bytes a copy. */
const ROOM_BYTES = 512

/** Room for a tenth of them. Unit: bytes a copy. */
const TIGHT_BYTES = 20

/** One of them alone says little: others use the processors too. */
const COLLECTIONS = 21

/** Reads between two looks at the clock. */
const READS = 1_000_000

/** Keys that are read in turn: few enough to lie in the processor's caches. */
const POPULAR = 1000

/** Keys all over the memory, where each read waits for it. */
const SCATTERED = 100_000

/** No divisor of any number of keys that ends in zeros. */
const STRIDE = 7919

export const COPIES: Readonly<Record<string, Row>> = {
  copies: {
    about: 'the bounded copies alone: 5,000,000 keys of 20 B, values of 100 B',
    goal: 'full GC < 10 ms, no insertion of 50 ms',
    measure: (options) => Promise.resolve(copies(options)),
  },
}

function copies({ rounds, keys = KEYS }: RowOptions): RowReport {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // What rows before this one left in the process is walked too: so both are measured here.
  const empty = collectionsMs(collect)
  const before = process.memoryUsage()
  const all = new Copies(keys * ROOM_BYTES)
  const filled = fill(all, keys)
  const full = collectionsMs(collect)
  const after = process.memoryUsage()
  if (all.count !== keys) throw new Error(`there are ${all.count} copies of ${keys} keys`)
  const figures: Figures = {
    copies: all.count,
    'counted, bytes a copy': Math.round(all.bytes / keys),
    'resident, bytes a copy': Math.round((after.rss - before.rss) / keys),
    'heap of JavaScript, bytes a copy': rounded((after.heapUsed - before.heapUsed) / keys),
    'a full collection without copies, median ms': rounded(percentile(empty, 0.5)),
    'a full collection, median ms': rounded(percentile(full, 0.5)),
    'a full collection, added by the copies, ms': rounded(
      percentile(full, 0.5) - percentile(empty, 0.5),
    ),
    'put, ns': filled.ns,
    'the longest put, ms': filled.longestMs,
    [`get one of ${POPULAR}, median ns`]: getNs(all, { rounds, of: POPULAR, keys }),
    [`get one of ${SCATTERED}, median ns`]: getNs(all, { rounds, of: SCATTERED, keys }),
  }
  all.clear()
  const tight = fill(new Copies(keys * TIGHT_BYTES), keys)
  return {
    figures: {
      ...figures,
      'put where another one goes, ns': tight.ns,
      'put where another one goes, the longest, ms': tight.longestMs,
    },
  }
}

function collectionsMs(collect: () => void): number[] {
  return Array.from({ length: COLLECTIONS }, () => msOf(collect))
}

/** Making a copy is in the mean, and not in the longest. */
function fill(copies: Copies, keys: number): { readonly ns: number; readonly longestMs: number } {
  let longestMs = 0
  const ms = msOf(() => {
    for (let i = 0; i < keys; i++) {
      const copy = copyAt(i)
      const putMs = msOf(() => copies.put(copy))
      longestMs = Math.max(longestMs, putMs)
    }
  })
  return { ns: Math.round((ms * 1e6) / keys), longestMs: rounded(longestMs) }
}

function getNs(
  copies: Copies,
  { rounds, of, keys }: { rounds: number; of: number; keys: number },
): number {
  const read = Array.from({ length: of }, (_, i) => keyAt((i * STRIDE) % keys))
  const ns = Array.from({ length: rounds }, () => {
    let hits = 0
    const ms = msOf(() => {
      for (let i = 0; i < READS; i++) if (copies.get(read[i % of] ?? '') !== undefined) hits++
    })
    if (hits < READS) throw new Error(`${READS - hits} copies were not there`)
    return (ms * 1e6) / READS
  })
  return Math.round(percentile(ns, 0.5))
}

function copyAt(i: number): Copy {
  const { key, requestId, change } = putOf(keyAt(i), i)
  if (change.kind !== 'put') throw new Error('bug: it is no put')
  const { bytes, contentType } = change
  const entry = {
    key,
    version: formatVersion(2 ** 40 + i, 0, 'a'.padStart(16, '0')),
    expiresAtMs: undefined,
    requestId,
    content: { kind: 'value', bytes, contentType },
  } as const
  return { key, known: { kind: 'entry', entry }, provenAtMs: i, run: 1 }
}

function msOf(work: () => void): number {
  const fromMs = performance.now()
  work()
  return performance.now() - fromMs
}
