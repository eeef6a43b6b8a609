// What many invocations of the simulator came to: one line of JSON a block of seeds in a file.
// Counts runs; whether two lines are of the same seeds, or of the same code, is not its business.
import { appendFileSync, readFileSync } from 'node:fs'
import type { BatchReport, BrokenSeed } from './batch.ts'

/** One line of the file. */
interface Line {
  readonly scenario: string
  readonly mutant: string | null
  readonly firstSeed: number
  readonly runs: number
  readonly acknowledged: number
  readonly views: number
  readonly faults: number
  readonly broken: readonly BrokenSeed[]
}

/** The lines of one scenario, added up. */
export interface Sum {
  readonly scenario: string
  readonly mutant: string | null
  runs: number
  acknowledged: number
  views: number
  faults: number
  readonly broken: BrokenSeed[]
}

/** Adds a block to the file. One write a line, so that several invocations may share a file. */
export function appendTo(file: string, report: BatchReport): void {
  const { batch, runs, acknowledged, views, faults, broken } = report
  const line: Line = {
    scenario: batch.scenario,
    mutant: batch.mutant ?? null,
    firstSeed: batch.firstSeed,
    runs,
    acknowledged,
    views,
    faults,
    broken,
  }
  appendFileSync(file, `${JSON.stringify(line)}\n`)
}

/** Everything in the file, by scenario and mutant, in the order of first appearance. */
export function sumOf(file: string): Sum[] {
  const sums = new Map<string, Sum>()
  for (const text of readFileSync(file, 'utf8').split('\n')) {
    if (text !== '') add(sums, JSON.parse(text) as Line)
  }
  return [...sums.values()]
}

function add(sums: Map<string, Sum>, line: Line): void {
  const { scenario, mutant } = line
  const name = `${scenario} ${mutant ?? ''}`
  const sum = sums.get(name) ?? {
    scenario,
    mutant,
    runs: 0,
    acknowledged: 0,
    views: 0,
    faults: 0,
    broken: [],
  }
  sums.set(name, sum)
  sum.runs += line.runs
  sum.acknowledged += line.acknowledged
  sum.views += line.views
  sum.faults += line.faults
  sum.broken.push(...line.broken)
}
