// Judges reads: fresh ones within their bound, strong ones as of now, and nothing that never was.
import { describe, tell } from './check-writes.ts'
import type { Acked, History, ReadRecord, Write } from './history.ts'
import type { Finding, Judgement } from './findings.ts'

/** Time to live is measured by every node's own clock and travels with delays. Unit: ms. */
const TTL_SLACK_MS = 2000

/** A put with a time to live may read as absent this much early: clocks jump. Unit: ms. */
const TTL_EARLY_MS = 2000

/** An attempt without an answer takes effect within this, if ever. Unit: ms. */
const EFFECT_MS = 15_000

/** Every broken promise about the reads of one key. */
export function checkReads(history: History, key: string, judgement: Judgement): Finding[] {
  const reads = history.readsOf(key).filter((read) => read.endedAt !== undefined)
  if (reads.length === 0) return []
  const newest = new Newest(history.ackedOf(key))
  const found: Finding[] = []
  const judge = (read: ReadRecord, broken: readonly [string, string] | undefined): void => {
    if (broken === undefined) return
    const [rule, text] = broken
    found.push({ rule, key, text: `${tellRead(read)}: ${text}` })
  }
  for (const read of reads) {
    if (read.outcome === 'found') judge(read, impossible(history, read))
    const sinceMs = read.strength === 'strong' ? 0 : judgement.staleMsMax
    const untilMs = read.invokedAt - sinceMs
    judge(read, tooOld(history, read, newest.before(untilMs, known(read, untilMs, judgement))))
    // What a client named may be lost for good in a cluster that was forced to go on.
    if (judgement.isGone === undefined) judge(read, beforeNamed(history, read))
  }
  const strong = reads.filter((read) => read.strength === 'strong')
  for (const [earlier, later] of backwards(history, strong, judgement)) {
    judge(later, ['I5', `an earlier strong read had ${earlier.version ?? 'nothing'}`])
  }
  return found
}

/** The newest version acknowledged before a moment. */
class Newest {
  readonly #acked: readonly Acked[]
  readonly #times: number[] = []
  readonly #newest: Acked[] = []

  constructor(acked: readonly Acked[]) {
    this.#acked = acked
    for (const ack of acked) {
      const last = this.#newest.at(-1)
      this.#times.push(ack.at)
      this.#newest.push(last !== undefined && last.version > ack.version ? last : ack)
    }
  }

  /** Of those that a read had to know; undefined: of all. */
  before(atMs: number, isKnown: ((ack: Acked) => boolean) | undefined): Acked | undefined {
    if (isKnown !== undefined) return this.#newestOf(atMs, isKnown)
    let low = 0
    let high = this.#times.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#times[middle] ?? 0) < atMs) low = middle + 1
      else high = middle
    }
    return this.#newest[low - 1]
  }

  #newestOf(atMs: number, isKnown: (ack: Acked) => boolean): Acked | undefined {
    const found = this.#acked.filter((ack) => ack.at < atMs && isKnown(ack))
    return found.reduce<Acked | undefined>(
      (a, b) => (a && a.version > b.version ? a : b),
      undefined,
    )
  }
}

/** During a split a read knows what its own side acknowledged. */
function known(
  read: ReadRecord,
  sinceMs: number,
  { sides }: Judgement,
): ((ack: Acked) => boolean) | undefined {
  return sides && ((ack) => sides.mustKnow(read, ack.version, sinceMs))
}

/** What is found was written, by somebody who was not told otherwise, and has not expired. */
function impossible(history: History, read: ReadRecord): readonly [string, string] | undefined {
  const writer = read.value === undefined ? undefined : history.writerOf(read.value)
  if (writer === undefined || writer.key !== read.key) return ['invented', 'nobody wrote that']
  if (!writer.mayBeApplied) return ['I15', `${describe(writer)} was answered "not applied"`]
  if ((read.endedAt ?? 0) < writer.invokedAt) return ['invented', `${describe(writer)} came later`]
  if (writer.ttlMs === undefined) return undefined
  const appliedAt = Math.max(writer.endedAt, writer.unknownUntil + EFFECT_MS)
  const endMs = appliedAt + writer.ttlMs + TTL_SLACK_MS
  return read.invokedAt > endMs ? ['expired', `${describe(writer)} had ended by then`] : undefined
}

/** A session read: what it names, or what came after it, on whatever side of a split it was written. */
function beforeNamed(history: History, read: ReadRecord): readonly [string, string] | undefined {
  const { minVersion } = read
  if (minVersion === undefined) return undefined
  if (read.outcome === 'found' && (read.version ?? '') < minVersion) {
    return ['session', `older than ${minVersion}, which it named`]
  }
  const named = history.ackedOf(read.key).find((acked) => acked.version === minVersion)
  const broken = read.outcome === 'absent' ? tooOld(history, read, named) : undefined
  return broken && ['session', broken[1]]
}

/** Nothing older than `floor`; absence only where something took it away. */
function tooOld(
  history: History,
  read: ReadRecord,
  floor: Acked | undefined,
): readonly [string, string] | undefined {
  if (floor === undefined) return undefined
  const rule = read.strength === 'strong' ? 'I5' : 'stale'
  if (read.outcome === 'found') {
    const isOld = (read.version ?? '') < floor.version
    return isOld ? [rule, `older than ${tell(floor)}`] : undefined
  }
  if (read.outcome !== 'absent' || floor.write.op === 'delete') return undefined
  if (history.writesOf(read.key).some((write) => mayHide(write, floor, read))) return undefined
  return [rule === 'I5' ? rule : 'absent', `${tell(floor)}, was deleted by nobody`]
}

/** Whether a write can explain why a key that held `floor` reads as absent. */
function mayHide(write: Write, floor: Acked, read: ReadRecord): boolean {
  const endedMs = read.endedAt ?? Infinity
  // Applied after `floor`, or perhaps still on its way then: twice applied is another finding.
  const isNewer = write === floor.write || write.acks.some((ack) => ack.version > floor.version)
  const isOnItsWay = write.unknownUntil + EFFECT_MS > floor.write.invokedAt
  if ((!isNewer && !isOnItsWay) || write.invokedAt > endedMs) return false
  if (write.op === 'delete') return true
  return write.ttlMs !== undefined && write.invokedAt + write.ttlMs - TTL_EARLY_MS <= endedMs
}

/** Pairs of strong reads, the later of which went back in time. */
function backwards(
  history: History,
  reads: readonly ReadRecord[],
  { sides }: Judgement,
): (readonly [ReadRecord, ReadRecord])[] {
  const done = [...reads].sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))
  const begun = [...reads].sort((a, b) => a.invokedAt - b.invokedAt)
  const pairs: (readonly [ReadRecord, ReadRecord])[] = []
  let highest: ReadRecord | undefined
  let next = 0
  for (const read of begun) {
    for (let d = done[next]; d !== undefined && (d.endedAt ?? 0) < read.invokedAt; ) {
      if (d.outcome === 'found' && (d.version ?? '') > (highest?.version ?? '')) highest = d
      d = done[++next]
    }
    if (highest === undefined || sides?.follows(read, highest) === false) continue
    if (isBackwards(history, highest, read)) pairs.push([highest, read])
  }
  return pairs
}

function isBackwards(history: History, earlier: ReadRecord, later: ReadRecord): boolean {
  if (later.outcome === 'found') return (later.version ?? '') < (earlier.version ?? '')
  if (later.outcome !== 'absent' || earlier.value === undefined) return false
  const writer = history.writerOf(earlier.value)
  if (writer === undefined) return false
  const seen = { write: writer, at: earlier.endedAt ?? 0, version: earlier.version ?? '' }
  return !history.writesOf(later.key).some((write) => mayHide(write, seen, later))
}

function tellRead(read: ReadRecord): string {
  const what = read.outcome === 'found' ? `${read.value} (${read.version})` : read.outcome
  const span = `${read.invokedAt.toFixed(1)} to ${(read.endedAt ?? Infinity).toFixed(1)} ms`
  return `${read.strength} read at ${read.node}, ${span}, got ${what}`
}
