// Many runs of one scenario: a block of seeds, with all rules or without one.
import { ALL_RULES, type Rules } from '../../src/core/rules.ts'
import { run } from './run.ts'
import { scenarioNamed } from './scenarios.ts'
import { formatViolation } from './violation.ts'

export interface Batch {
  readonly scenario: string
  readonly firstSeed: number
  readonly seeds: number
  /** The rule that is taken away, or several as `a+b`; undefined: none. */
  readonly mutant: string | undefined
  /** Invariants that are not looked at. */
  readonly blindTo: readonly string[]
  /** End at the first seed that breaks this; undefined: run them all. */
  readonly untilBroken: string | undefined
}

export interface BatchReport {
  readonly batch: Batch
  readonly runs: number
  readonly acknowledged: number
  readonly views: number
  readonly faults: number
  readonly broken: readonly BrokenSeed[]
}

export interface BrokenSeed {
  readonly seed: number
  /** The rules that were seen broken. */
  readonly rules: readonly string[]
  readonly first: string
}

export function runBatch(batch: Batch): BatchReport {
  const scenario = scenarioNamed(batch.scenario)
  const rules = rulesWithout(batch.mutant)
  const broken: BrokenSeed[] = []
  const sums = { runs: 0, acknowledged: 0, views: 0, faults: 0 }
  for (let seed = batch.firstSeed; seed < batch.firstSeed + batch.seeds; seed++) {
    const report = run(scenario, {
      seed,
      rules,
      trace: undefined,
      witness: undefined,
      blindTo: batch.blindTo,
    })
    sums.runs++
    sums.acknowledged += report.acknowledged
    sums.views += report.views
    sums.faults += report.faults
    const [first] = report.violations
    if (first === undefined) continue
    const names = [...new Set(report.violations.map((violation) => violation.rule))]
    broken.push({ seed, rules: names, first: formatViolation(first) })
    if (batch.untilBroken !== undefined && names.includes(batch.untilBroken)) break
  }
  return { batch, ...sums, broken }
}

/** All rules, or all but those named as `a`, or `a+b`. */
export function rulesWithout(mutant: string | undefined): Rules {
  const missing = mutant?.split('+') ?? []
  for (const name of missing) {
    if (!(name in ALL_RULES)) {
      throw new Error(`no rule ${name}: ${Object.keys(ALL_RULES).join(', ')}`)
    }
  }
  return { ...ALL_RULES, ...Object.fromEntries(missing.map((name) => [name, false])) }
}

/** What to type to see one run step by step. */
export function replayCommand(batch: Pick<Batch, 'scenario' | 'mutant'>, seed: number): string {
  const mutant = batch.mutant === undefined ? '' : ` --mutant ${batch.mutant}`
  return `scripts/sim --scenario ${batch.scenario} --seed ${seed}${mutant} --trace`
}
