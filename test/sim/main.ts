// scripts/sim: runs scenarios with many seeds on all processors, or replays one seed with a trace.
import { parseArgs } from 'node:util'
import { type Batch, type BatchReport, replayCommand, rulesWithout } from './batch.ts'
import { Pool } from './pool.ts'
import { run } from './run.ts'
import { scenarioNamed, SCENARIOS } from './scenarios.ts'
import { formatViolation } from './violation.ts'

const USAGE = `Runs the simulator.

  scripts/sim [--scenario X] [--seeds N] [--first S] [--mutant R] [--minutes M]
      runs N seeds (100) from S (1) of every scenario, or of X; without rule R;
      again and again with new seeds until M minutes are over
  scripts/sim --scenario X --seed S [--mutant R] [--trace]
      replays one run, with everything that happened in it

Scenarios:
${SCENARIOS.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join('\n')}
`

const BLOCK_SEEDS = 10

/** Broken seeds shown of one scenario. */
const SHOWN_MAX = 3

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    seed: { type: 'string' },
    seeds: { type: 'string', default: '100' },
    first: { type: 'string', default: '1' },
    mutant: { type: 'string' },
    minutes: { type: 'string', default: '0' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(USAGE)
else if (values.seed !== undefined) replay(values.scenario ?? '', Number(values.seed))
else await runMany()

function replay(name: string, seed: number): void {
  const write = (line: string): void => void process.stdout.write(`${line}\n`)
  const trace = values.trace ? write : undefined
  const report = run(scenarioNamed(name), {
    seed,
    rules: rulesWithout(values.mutant),
    trace,
    blindTo: [],
  })
  for (const violation of report.violations) write(formatViolation(violation))
  const { acknowledged, views, faults, endMs } = report
  const end = `${(endMs / 1000).toFixed(1)} s`
  write(`${name} ${seed}: ${end}, ${acknowledged} writes, ${views} views, ${faults} faults`)
  process.exitCode = report.violations.length === 0 ? 0 : 1
}

async function runMany(): Promise<void> {
  const names = values.scenario === undefined ? SCENARIOS.map((s) => s.name) : [values.scenario]
  const seeds = Number(values.seeds)
  const untilMs = Date.now() + Number(values.minutes) * 60_000
  const pool = new Pool()
  let firstSeed = Number(values.first)
  do {
    for (const scenario of names) {
      const batch = {
        scenario,
        firstSeed,
        seeds,
        mutant: values.mutant,
        blindTo: [],
        untilBroken: false,
      }
      show(batch, await pool.runInBlocks(batch, BLOCK_SEEDS))
    }
    firstSeed += seeds
  } while (Date.now() < untilMs)
  pool.stop()
}

function show(batch: Batch, reports: readonly BatchReport[]): void {
  const broken = reports.flatMap((report) => report.broken)
  const mean = (of: (report: BatchReport) => number): string =>
    (reports.reduce((sum, report) => sum + of(report), 0) / batch.seeds).toFixed(1)
  const last = batch.firstSeed + batch.seeds - 1
  console.log(
    `${batch.scenario.padEnd(12)} seeds ${batch.firstSeed}-${last}: ${broken.length} broken; a run: ` +
      `${mean((r) => r.acknowledged)} writes, ${mean((r) => r.views)} views, ` +
      `${mean((r) => r.faults)} faults`,
  )
  if (broken.length === 0) return
  process.exitCode = 1
  const counts = new Map<string, number>()
  for (const rule of broken.flatMap((b) => b.rules)) counts.set(rule, (counts.get(rule) ?? 0) + 1)
  console.log(`  broken: ${[...counts].map(([rule, count]) => `${rule} ${count}`).join(', ')}`)
  for (const { seed, first } of broken.slice(0, SHOWN_MAX)) {
    console.log(`  ${first}\n    ${replayCommand(batch, seed)}`)
  }
}
