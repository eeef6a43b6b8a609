// The last commits of a master's stream, so that a node that missed some can hear of them again.
// Bounded; says honestly when a position is too long ago or of another history.
import { CommitItems } from './commit-items.ts'
import { COMMITS_REMEMBERED, MISSED_PAGE_MAX, MISSED_RUNS_MAX } from './limits.ts'
import type { Invalidation, InvalidationRun } from './messages.ts'
import type { StreamId, StreamPosition, ViewStart } from './types.ts'
import { sameBallot } from './view.ts'

/** Commits of one stream, without gaps. Runs follow each other without gaps too. */
interface Run {
  readonly stream: StreamId
  firstSeq: number
  count: number
}

export class CommitLog {
  #runs: Run[] = []
  /** Of all runs, one after the other. */
  readonly #items = new CommitItems()

  /** How many commits it holds. */
  get size(): number {
    return this.#items.length
  }

  /** The master enters a view: what its stream continues stays known, all else is forgotten. */
  enter(start: ViewStart): void {
    const { stream, seq, continues } = start
    // What was never committed in the view before comes again under the same numbers.
    if (this.#cut({ stream, seq })) return
    const isFromTheStart = seq === 0 && continues !== undefined && this.#cut(continues)
    if (!isFromTheStart) this.clear()
    this.#runs.push({ stream, firstSeq: seq + 1, count: 0 })
  }

  /** The next commit of the stream entered last. After a gap, what came before is forgotten. */
  append(seq: number, item: Invalidation): void {
    const run = this.#runs.at(-1)
    if (run === undefined) return
    if (seq !== endOf(run) + 1) {
      this.clear()
      this.#runs.push({ stream: run.stream, firstSeq: seq, count: 1 })
    } else run.count++
    this.#items.push(item)
    if (this.size > COMMITS_REMEMBERED) this.#forgetOldest()
  }

  /** What came after a position, a bounded part of it; undefined when that is not known any more. */
  since(after: StreamPosition): InvalidationRun[] | undefined {
    const from = this.#runs.findIndex((run) => reaches(run, after))
    if (from < 0) return undefined
    const runs: InvalidationRun[] = []
    let room = MISSED_PAGE_MAX
    let before = this.#countBefore(from)
    for (const run of this.#runs.slice(from, from + MISSED_RUNS_MAX)) {
      const firstSeq = runs.length === 0 ? after.seq + 1 : run.firstSeq
      const skip = firstSeq - run.firstSeq
      const items = this.#items.from(before + skip, Math.min(room, run.count - skip))
      runs.push({ stream: run.stream, firstSeq, items })
      room -= items.length
      before += run.count
      if (skip + items.length < run.count) break
    }
    return runs
  }

  clear(): void {
    this.#runs = []
    this.#items.clear()
  }

  /** Forgets what came after a position; false when the position is not in here. */
  #cut(position: StreamPosition): boolean {
    const index = this.#runs.findIndex((run) => reaches(run, position))
    const run = this.#runs[index]
    if (run === undefined) return false
    run.count = position.seq - run.firstSeq + 1
    this.#runs.length = index + 1
    this.#items.keepFirst(this.#countBefore(index + 1))
    return true
  }

  /** A tenth at once: one by one would go through the runs each time. */
  #forgetOldest(): void {
    let many = Math.ceil(COMMITS_REMEMBERED / 10)
    this.#items.dropFirst(many)
    for (const run of this.#runs) {
      const gone = Math.min(many, run.count)
      run.count -= gone
      run.firstSeq += gone
      many -= gone
    }
    // Only the last run may be empty: it is the one that grows.
    this.#runs = this.#runs.filter((run, i) => run.count > 0 || i === this.#runs.length - 1)
  }

  /** Commits in the runs before this one. */
  #countBefore(index: number): number {
    return this.#runs.slice(0, index).reduce((sum, { count }) => sum + count, 0)
  }
}

function endOf(run: Run): number {
  return run.firstSeq + run.count - 1
}

function reaches(run: Run, { stream, seq }: StreamPosition): boolean {
  return sameBallot(run.stream, stream) && seq >= run.firstSeq - 1 && seq <= endOf(run)
}
