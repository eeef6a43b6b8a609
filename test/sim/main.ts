// scripts/sim: runs scenarios with many seeds, or replays one with a trace.
import { parseArgs } from 'node:util'
import { ALL_RULES, type Rules } from '../../src/core/rules.ts'
import { run } from './run.ts'
import { scenarioNamed, SCENARIOS } from './scenarios.ts'
import { formatViolation } from './violation.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    first: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '20' },
    scenario: { type: 'string' },
    mutant: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
})

const scenarios = values.scenario === undefined ? SCENARIOS : [scenarioNamed(values.scenario)]
const rules: Rules =
  values.mutant === undefined ? ALL_RULES : { ...ALL_RULES, [values.mutant]: false }
for (const scenario of scenarios) {
  const first = Number(values.seed ?? values.first)
  const count = values.seed === undefined ? Number(values.seeds) : 1
  let bad = 0
  let acked = 0
  let views = 0
  let faults = 0
  const t = process.cpuUsage()
  const kinds: Record<string, number> = {}
  for (let seed = first; seed < first + count; seed++) {
    const report = run(scenario, {
      seed,
      rules,
      trace: values.trace ? (line) => process.stdout.write(`${line}\n`) : undefined,
    })
    acked += report.acknowledged
    views += report.views
    faults += report.faults
    const [v] = report.violations
    if (v === undefined) continue
    bad++
    kinds[v.rule] = (kinds[v.rule] ?? 0) + 1
    if (bad <= 3) console.log(`seed ${seed} ${scenario.name}: ${formatViolation(v)}`)
  }
  const ms = process.cpuUsage(t).user / 1000
  console.log(
    scenario.name, 'bad', bad, 'of', count, JSON.stringify(kinds),
    'acked', Math.round(acked / count), 'views', (views / count).toFixed(1), 'faults', (faults / count).toFixed(1), 'cpu', Math.round(ms / count),
  )
}
