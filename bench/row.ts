// What a row of the table is: some work, those who do it, and what we want of ourselves.
import type { Result } from './contest.ts'

export interface RowOptions {
  /** Everything that is written goes below it; removed afterwards. */
  readonly directory: string
  readonly rounds: number
  readonly seconds: number
  /** As `--keys` says: how many are stored. Undefined: what the row is about. */
  readonly keys: number | undefined
  /** As `--nodes` says: sizes of clusters, one after the other. Undefined: what the row is about. */
  readonly nodes: readonly number[] | undefined
}

/** What came of a row without contenders: figures with a name and a unit. */
export type Figures = Readonly<Record<string, number>>

export interface RowReport {
  readonly results?: readonly Result[]
  readonly figures?: Figures
  /** Lines for people; the figures say the same. */
  readonly chart?: readonly string[]
}

export interface Row {
  readonly about: string
  readonly goal: string
  readonly measure: (options: RowOptions) => Promise<RowReport>
}
