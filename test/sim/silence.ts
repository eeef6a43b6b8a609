// How long clients of a history waited for any write to be decided.
import type { HistoryRecord } from '../checker/history.ts'

/**
 * The longest time in which writes were asked for and none was decided: acknowledged, or refused by its own
 * condition. From the first decision to the end of the work. Unit: ms.
 */
export function longestSilenceMs(records: readonly HistoryRecord[], stoppedAtMs: number): number {
  const writes = records.filter((it) => it.op !== 'read' && it.invokedAt >= 0)
  const decided = writes.flatMap(({ outcome, endedAt }) =>
    (outcome === 'applied' || outcome === 'conflict') && endedAt !== undefined ? [endedAt] : [],
  )
  const times = [...decided.filter((at) => at < stoppedAtMs), stoppedAtMs]
  times.sort((a, b) => a - b)
  let longestMs = 0
  for (const [i, at] of times.entries()) {
    const before = times[i - 1] ?? at
    // Most are much shorter, and not looked into.
    if (at - before > longestMs) {
      longestMs = Math.max(longestMs, at - askedSince(writes, before, at))
    }
  }
  return longestMs
}

/** When the first write was asked for that was under way between two moments; the second, if none was. */
function askedSince(writes: readonly HistoryRecord[], fromMs: number, toMs: number): number {
  const underWay = writes.filter((it) => it.invokedAt < toMs && (it.endedAt ?? toMs) > fromMs)
  return Math.max(fromMs, Math.min(toMs, ...underWay.map((it) => it.invokedAt)))
}
