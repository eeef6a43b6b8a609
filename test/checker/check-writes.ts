// Judges writes: none lost, none applied twice, none out of order, no condition ignored.
import type { Acked, FinalState, History, Write } from './history.ts'
import type { Finding, Judgement } from './findings.ts'

/** Every broken promise about the writes of one key. */
export function checkWrites(
  history: History,
  key: string,
  about: { final: FinalState | undefined; judgement: Judgement },
): Finding[] {
  const found = [
    ...inverted(history.ackedOf(key), (later, earlier) =>
      knows(about.judgement, key, { later, earlier }),
    ),
    ...doubled(history, key, about.judgement),
    ...ignoredConditions(history, key, about.judgement),
  ]
  if (about.final !== undefined) found.push(...lost(history, key, about.final, about.judgement))
  return found.map(([rule, text]) => ({ rule, key, text }))
}

type Found = readonly [rule: string, text: string]

/** The end must show the newest acknowledged write, or a newer one that somebody asked for. */
function lost(history: History, key: string, final: FinalState, { isGone }: Judgement): Found[] {
  const top = newest(history.ackedOf(key).filter((ack) => isGone?.(key, ack.version) !== true))
  const end = final.get(key)
  const found: Found[] = []
  if (top !== undefined && top.version > (end?.version ?? '')) {
    const isBack = top.write.op === 'delete' && end?.value !== undefined
    found.push([
      isBack ? 'resurrected' : 'lost',
      `${tell(top)}, but the end shows ${end?.version ?? 'nothing'}`,
    ])
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
function inverted(
  acked: readonly Acked[],
  isKnown: (later: Acked, earlier: Acked) => boolean,
): Found[] {
  const found: Found[] = []
  const byInvocation = [...acked].sort((a, b) => a.write.invokedAt - b.write.invokedAt)
  const done: Acked[] = []
  let next = 0
  for (const ack of byInvocation) {
    for (
      let it = acked[next];
      it !== undefined && it.at < ack.write.invokedAt;
      it = acked[++next]
    ) {
      done.push(it)
    }
    const high = done.find((it) => it.version >= ack.version && isKnown(ack, it))
    if (high === undefined || ack.version > high.version) continue
    found.push(['inverted', `${tell(ack)} was asked for after ${tell(high)}`])
  }
  return found
}

function knows(judgement: Judgement, key: string, of: { later: Acked; earlier: Acked }): boolean {
  return judgement.sides?.knows(key, of.later.version, of.earlier.version) ?? true
}

/** One request id, one version: in acknowledgements and in what was read. */
function doubled(history: History, key: string, judgement: Judgement): Found[] {
  const seen = new Map<Write, Set<string>>()
  for (const write of history.writesOf(key)) {
    seen.set(write, new Set(write.acks.map((ack) => ack.version)))
  }
  for (const read of history.readsOf(key)) {
    const writer = read.value === undefined ? undefined : history.writerOf(read.value)
    if (writer !== undefined && read.version !== undefined) seen.get(writer)?.add(read.version)
  }
  // Each side of a split may apply it once, also one that finds it in its tail when it acts again.
  const lastSeen = Math.max(...history.readsOf(key).map((read) => read.endedAt ?? 0), 0)
  const isOnBothSides = (write: Write): boolean =>
    judgement.sides?.wasSplit(write.invokedAt, Math.max(lastSeen, write.endedAt)) ?? false
  const found: Found[] = []
  for (const [write, versions] of seen) {
    const sorted = [...versions].sort()
    if (sorted.length < 2 || isExcused(write, judgement) || isOnBothSides(write)) continue
    if (isPurgedBetween(key, sorted, judgement)) continue
    found.push(['doubled', `${describe(write)} was seen as ${sorted.join(' and ')}`])
  }
  return found
}

/**
 * A master lost shortly before has left one in its place that is still syncing: it may not have
 * heard of the write yet when the other master is lost as well. Unit: ms.
 */
const SYNCING_MS = 6000

/** Both masters may have lost their memory of a request id while it was being retried. */
function isExcused(write: Write, judgement: Judgement): boolean {
  const { invokedAt, endedAt } = write
  const lost = judgement.memoryLostAt.filter((at) => at >= invokedAt - SYNCING_MS && at <= endedAt)
  return lost.length >= 2 && lost.some((at) => at >= invokedAt)
}

/** Nothing was left to tell of the write each time that it was applied again. */
function isPurgedBetween(key: string, versions: readonly string[], judgement: Judgement): boolean {
  const { wasPurged } = judgement
  if (wasPurged === undefined) return false
  return versions.every((version, i) => i === 0 || wasPurged(key, versions[i - 1] ?? '', version))
}

/** An applied conditional write must have found what its condition asked for. */
function ignoredConditions(history: History, key: string, judgement: Judgement): Found[] {
  const acked = [...history.ackedOf(key)].sort((a, b) => (a.version < b.version ? -1 : 1))
  const found: Found[] = []
  for (const [i, ack] of acked.entries()) {
    const earlier = acked.slice(0, i)
    const isKnown = (it: Acked): boolean => knows(judgement, key, { later: ack, earlier: it })
    const wasSplit = (it: Write): boolean =>
      judgement.sides?.wasSplit(it.invokedAt, ack.at) ?? false
    const unseen = unseenBefore(history.writesOf(key), ack, { isKnown, wasSplit })
    const known = earlier.findLastIndex(isKnown)
    const before = earlier[known]
    if (before?.version === ack.version || mayHold(ack, before, unseen)) continue
    // What another side acknowledged after it may have been asked for, or not.
    if (earlier.slice(known + 1).some((it) => mayHold(ack, it, unseen))) continue
    const { kind } = ack.write.condition
    const over = before === undefined ? 'nothing' : tell(before)
    found.push(['condition', `${tell(ack)} was applied over ${over}, its condition: ${kind}`])
  }
  return found
}

/** Whether a condition can have held over the newest acknowledged write, or something after it. */
function mayHold(ack: Acked, before: Acked | undefined, unseen: readonly Write[]): boolean {
  const { condition } = ack.write
  switch (condition.kind) {
    case 'none':
      return true
    case 'oneOf':
      // Nothing acknowledged may stand between what was expected and what was written.
      return before === undefined || condition.versions.some((v) => v >= before.version)
    case 'absent': {
      if (before === undefined || before.write.op === 'delete') return true
      if (before.write.ttlMs !== undefined) return true
      return unseen.some((write) => write.op === 'delete' || write.ttlMs !== undefined)
    }
    case 'exists': {
      if (before?.write.op === 'put') return true
      return unseen.some((write) => write.op === 'put')
    }
  }
}

/**
 * Writes that may have been in effect just before this one, though no acknowledgement says so: whoever
 * tries a write on both sides of a split may hear of one of them only, and the other side may apply it
 * long after that.
 */
function unseenBefore(
  writes: readonly Write[],
  ack: Acked,
  about: {
    readonly isKnown: (earlier: Acked) => boolean
    readonly wasSplit: (write: Write) => boolean
  },
): Write[] {
  const { isKnown, wasSplit } = about
  return writes.filter(
    (write) =>
      write !== ack.write &&
      write.mayBeApplied &&
      write.invokedAt < ack.at &&
      (wasSplit(write) ||
        write.acks.every((it) => it.version > ack.version || !isKnown({ ...it, write }))),
  )
}

function newest(acked: readonly Acked[]): Acked | undefined {
  return acked.reduce<Acked | undefined>((a, b) => (a && a.version > b.version ? a : b), undefined)
}

export function tell(ack: Acked): string {
  const { write, version, at } = ack
  return `${describe(write)}, acknowledged as ${version} at ${at.toFixed(1)} ms`
}

export function describe(write: Write): string {
  const what = write.op === 'put' ? `put ${write.value}` : `delete ${write.requestId}`
  return `${what} of ${write.invokedAt.toFixed(1)} ms`
}
