// Who could know what while a network was cut in two, as seen from outside: by the moments of the cut
// and its end, and by the node that gave each version. Demands nothing that is not certain.
import type { Sides } from '../checker/findings.ts'
import type { HistoryRecord, ReadRecord } from '../checker/history.ts'

/** One cut. Times are those of the history. Unit: ms. */
export interface Split {
  readonly cutAt: number
  readonly healedAt: number
  /** When nothing was left to be merged, and all nodes followed one view. */
  readonly mergedAt: number
  /** The side of a node, by its address. */
  readonly sideOf: (address: string) => string
  /** The side of a node, by its id. */
  readonly sideOfId: (id: string) => string
}

/** When a version was asked for and first acknowledged. */
interface Acked {
  readonly askedAt: number
  readonly ackedAt: number
}

export class SplitSides implements Sides {
  readonly #split: Split
  readonly #acked = new Map<string, Acked>()

  constructor(split: Split, records: readonly HistoryRecord[]) {
    this.#split = split
    for (const record of records) {
      if (record.op === 'read' || record.version === undefined) continue
      const { invokedAt: askedAt, endedAt: ackedAt = Infinity } = record
      const name = `${record.key} ${record.version}`
      const known = this.#acked.get(name)
      if (known === undefined || ackedAt < known.ackedAt)
        this.#acked.set(name, { askedAt, ackedAt })
    }
  }

  knows(key: string, later: string, earlier: string): boolean {
    const [after, before] = [later, earlier].map((each) => this.#acked.get(`${key} ${each}`))
    if (after === undefined || before === undefined) return false
    if (this.#isEverywhere(before) || after.askedAt >= this.#split.mergedAt) return true
    const isOneSide = this.#sideOfVersion(later) === this.#sideOfVersion(earlier)
    return isOneSide && after.ackedAt <= this.#split.healedAt
  }

  mustKnow(read: ReadRecord, version: string, sinceMs: number): boolean {
    const acked = this.#acked.get(`${read.key} ${version}`)
    if (acked === undefined) return false
    if (this.#isEverywhere(acked) || sinceMs >= this.#split.mergedAt) return true
    const isOneSide = this.#sideOfVersion(version) === this.#split.sideOf(read.node)
    return isOneSide && (read.endedAt ?? Infinity) <= this.#split.healedAt
  }

  follows(later: ReadRecord, earlier: ReadRecord): boolean {
    const { cutAt, healedAt, mergedAt, sideOf } = this.#split
    if ((earlier.endedAt ?? Infinity) <= cutAt || later.invokedAt >= mergedAt) return true
    const isOneSide = sideOf(later.node) === sideOf(earlier.node)
    return isOneSide && (later.endedAt ?? Infinity) <= healedAt
  }

  wasSplit(fromMs: number, toMs: number): boolean {
    return fromMs <= this.#split.mergedAt && toMs >= this.#split.cutAt
  }

  /** Acknowledged by both masters before they were parted, or by those who had merged all. */
  #isEverywhere({ askedAt, ackedAt }: Acked): boolean {
    return ackedAt <= this.#split.cutAt || askedAt >= this.#split.mergedAt
  }

  #sideOfVersion(version: string): string {
    return this.#split.sideOfId(version.slice(version.indexOf('-') + 1))
  }
}
