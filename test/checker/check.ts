// Judges a whole history. Pure: records in, findings out.
import { checkReads } from './check-reads.ts'
import { checkWrites } from './check-writes.ts'
import type { Finding, Judgement } from './findings.ts'
import { type FinalState, History, type HistoryRecord } from './history.ts'

/** `final` undefined: the end is not known, and nothing is said about it. */
export function checkHistory(
  records: readonly HistoryRecord[],
  about: { final: FinalState | undefined; judgement: Judgement },
): Finding[] {
  const history = new History(records)
  const found: Finding[] = []
  for (const key of history.keys()) {
    found.push(...checkWrites(history, key, about))
    found.push(...checkReads(history, key, about.judgement))
  }
  if (about.final !== undefined) found.push(...strangers(history, about.final))
  return found
}

/** Keys at the end of which no client ever spoke. */
function strangers(history: History, final: FinalState): Finding[] {
  const known = new Set(history.keys())
  return [...final]
    .filter(([key, end]) => !known.has(key) && end.value !== undefined)
    .map(([key, end]) => ({ rule: 'invented', key, text: `the end shows ${end.value}` }))
}
