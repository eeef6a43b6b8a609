// Judges writes: none lost, none applied twice, none out of order, no condition ignored.
import { type FinalState, type History, versionOf, type Write } from './history.ts'
import type { Finding, Judgement } from './findings.ts'

/** Every broken promise about the writes of one key. */
export function checkWrites(
  history: History,
  key: string,
  about: { final: FinalState | undefined; judgement: Judgement },
): Finding[] {
  const finding = (rule: string, text: string): Finding => ({ rule, key, text })
  const found = [
    ...inverted(history.ackedOf(key)),
    ...doubled(history, key, about.judgement),
    ...ignoredConditions(history, key),
  ]
  if (about.final !== undefined) found.push(...lost(history, key, about.final))
  return found.map(([rule, text]) => finding(rule, text))
}

type Found = readonly [rule: string, text: string]

/** The end must show the newest acknowledged write, or a newer one that somebody asked for. */
function lost(history: History, key: string, final: FinalState): Found[] {
  const acked = history.ackedOf(key)
  const top = acked.reduce((high, write) => (versionOf(write) > high ? versionOf(write) : high), '')
  const end = final.get(key)
  const found: Found[] = []
  if (top > (end?.version ?? '')) {
    const write = acked.find((w) => versionOf(w) === top)
    found.push(['lost', `acknowledged ${tell(write)}, but the end shows ${end?.version ?? 'none'}`])
  }
  if (end?.value === undefined) return found
  const writer = history.writerOf(end.value)
  if (writer === undefined || writer.key !== key) {
    found.push(['invented', `the end shows ${end.value}, which nobody wrote`])
  } else if (!writer.mayBeApplied) {
    found.push(['I15', `the end shows ${end.value}, whose writer was told that it was not applied`])
  }
  return found
}

/** What was asked for after an acknowledgement must be newer than what was acknowledged. */
function inverted(acked: readonly Write[]): Found[] {
  const found: Found[] = []
  const byInvocation = [...acked].sort((a, b) => a.invokedAt - b.invokedAt)
  let high = ''
  let next = 0
  for (const write of byInvocation) {
    for (let done = acked[next]; done !== undefined && done.ackedAt < write.invokedAt; ) {
      if (versionOf(done) > high) high = versionOf(done)
      done = acked[++next]
    }
    if (versionOf(write) > high) continue
    found.push(['inverted', `${tell(write)} was asked for after ${high} was acknowledged`])
  }
  return found
}

/** One request id, one version: in acknowledgements and in what was read. */
function doubled(history: History, key: string, judgement: Judgement): Found[] {
  const seen = new Map<Write, Set<string>>()
  for (const write of history.writesOf(key)) seen.set(write, new Set(write.versions))
  for (const read of history.readsOf(key)) {
    const writer = read.value === undefined ? undefined : history.writerOf(read.value)
    if (writer !== undefined && read.version !== undefined) seen.get(writer)?.add(read.version)
  }
  const found: Found[] = []
  for (const [write, versions] of seen) {
    if (versions.size < 2 || isExcused(write, judgement)) continue
    found.push(['doubled', `${tell(write)} was seen as ${[...versions].sort().join(' and ')}`])
  }
  return found
}

/** Both masters may have lost their memory of a request id while it was being retried. */
function isExcused(write: Write, judgement: Judgement): boolean {
  const losses = judgement.memoryLostAt.filter((at) => at >= write.invokedAt && at <= write.endedAt)
  return losses.length >= 2
}

/** An applied conditional write must have found what its condition asked for. */
function ignoredConditions(history: History, key: string): Found[] {
  const acked = history.ackedOf(key).sort((a, b) => (versionOf(a) < versionOf(b) ? -1 : 1))
  const doubtful = history
    .writesOf(key)
    .filter((write) => write.mayBeApplied && write.versions.length === 0)
  const found: Found[] = []
  for (const [i, write] of acked.entries()) {
    const before = acked[i - 1]
    const text = `${tell(write)} was applied over ${before === undefined ? 'nothing' : tell(before)}`
    const isDoubtful = doubtful.some((other) => other.invokedAt < write.ackedAt)
    const { condition } = write
    if (condition.kind === 'oneOf') {
      // Nothing acknowledged may stand between what was expected and what was written.
      const expected = condition.versions
      const isBetween = before !== undefined && expected.every((v) => versionOf(before) > v)
      if (isBetween) found.push(['condition', `${text}, not over ${expected.join(' or ')}`])
    } else if (condition.kind === 'absent' && !isDoubtful) {
      if (before?.op === 'put' && before.ttlMs === undefined) {
        found.push(['condition', `${text}, though only if absent`])
      }
    } else if (condition.kind === 'exists' && !isDoubtful) {
      if (before === undefined || before.op === 'delete') {
        found.push(['condition', `${text}, though only if it exists`])
      }
    }
  }
  return found
}

export function tell(write: Write | undefined): string {
  if (write === undefined) return 'a write'
  const what = write.op === 'put' ? `put ${write.value}` : `delete ${write.requestId}`
  return `${what} (${versionOf(write) || 'never acknowledged'}, ${span(write)})`
}

function span(write: Write): string {
  return `${write.invokedAt.toFixed(1)} to ${write.ackedAt.toFixed(1)} ms`
}
