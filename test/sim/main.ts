// scripts/sim: runs scenarios with many seeds on all processors, or replays one seed with a trace.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { type Batch, type BatchReport, replayCommand, rulesWithout } from './batch.ts'
import { Pool } from './pool.ts'
import { run } from './run.ts'
import { scenarioNamed, SCENARIOS } from './scenarios.ts'
import { appendTo, type Sum, sumOf } from './tally.ts'
import { formatViolation } from './violation.ts'

const USAGE = `Runs the simulator.

  scripts/sim [--scenario X] [--seeds N] [--first S | --fresh] [--mutant R] [--minutes M] [--tally F]
      runs N seeds (100) from S (1), or from a drawn one, of every scenario, or of X; without rule R;
      again and again with new seeds until M minutes are over; adds what came of it to the file F
  scripts/sim --sum F
      adds up everything in that file
  scripts/sim --scenario X --seed S [--mutant R] [--trace]
      replays one run, with everything that happened in it

Scenarios:
${SCENARIOS.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join('\n')}
`

const BLOCK_SEEDS = 10

/** Between two lines of progress. Unit: ms. */
const PROGRESS_EVERY_MS = 20_000

/** Drawn seeds begin below this: chance takes 32 bits of a seed, and many may follow. */
const FRESH_SEED_MAX = 2 ** 31

/** Broken seeds shown of one scenario. */
const SHOWN_MAX = 3

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    seed: { type: 'string' },
    seeds: { type: 'string', default: '100' },
    first: { type: 'string', default: '1' },
    mutant: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '0' },
    tally: { type: 'string' },
    sum: { type: 'string' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(USAGE)
else if (values.sum !== undefined) showSum(values.sum)
else if (values.seed !== undefined) replay(values.scenario ?? '', Number(values.seed))
else await runMany()

function replay(name: string, seed: number): void {
  const write = (line: string): void => void process.stdout.write(`${line}\n`)
  const trace = values.trace ? write : undefined
  const report = run(scenarioNamed(name), {
    seed,
    rules: rulesWithout(values.mutant),
    trace,
    witness: undefined,
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
  let firstSeed = values.fresh ? randomInt(FRESH_SEED_MAX) : Number(values.first)
  if (values.fresh) console.log(`fresh seeds, from ${firstSeed}`)
  do {
    for (const scenario of names) {
      const batch = {
        scenario,
        firstSeed,
        seeds,
        mutant: values.mutant,
        blindTo: [],
        untilBroken: undefined,
      }
      await runOne(pool, batch)
    }
    firstSeed += seeds
  } while (Date.now() < untilMs)
  pool.stop()
}

async function runOne(pool: Pool, batch: Batch): Promise<void> {
  const startedMs = performance.now()
  let runs = 0
  let broken = 0
  let saidMs = startedMs
  const reports = await pool.runInBlocks(batch, BLOCK_SEEDS, (report) => {
    runs += report.runs
    broken += report.broken.length
    if (values.tally !== undefined) appendTo(values.tally, report)
    if (performance.now() - saidMs < PROGRESS_EVERY_MS) return
    saidMs = performance.now()
    console.log(`${batch.scenario.padEnd(12)} ${runs} of ${batch.seeds} runs, ${broken} broken`)
  })
  show(batch, reports, (performance.now() - startedMs) / 1000)
}

function show(batch: Batch, reports: readonly BatchReport[], tookS: number): void {
  const { scenario, mutant, firstSeed, seeds } = batch
  const total = (of: (report: BatchReport) => number): number =>
    reports.reduce((sum, report) => sum + of(report), 0)
  const sum: Sum = {
    scenario,
    mutant: mutant ?? null,
    runs: total((r) => r.runs),
    acknowledged: total((r) => r.acknowledged),
    views: total((r) => r.views),
    faults: total((r) => r.faults),
    broken: reports.flatMap((report) => report.broken),
  }
  const speed = (sum.runs / tookS).toFixed(1)
  showOne(sum, `seeds ${firstSeed}-${firstSeed + seeds - 1}, ${speed} runs/s`)
}

function showSum(file: string): void {
  const sums = sumOf(file)
  for (const sum of sums) showOne(sum, `${sum.runs} runs`)
  const runs = sums.reduce((all, sum) => all + sum.runs, 0)
  const broken = sums.reduce((all, sum) => all + sum.broken.length, 0)
  const acknowledged = sums.reduce((all, sum) => all + sum.acknowledged, 0)
  console.log(`${runs} runs, ${acknowledged} acknowledged writes, ${broken} broken`)
}

function showOne(sum: Sum, what: string): void {
  const { scenario, mutant, runs, acknowledged, views, faults, broken } = sum
  const mean = (count: number): string => (count / Math.max(1, runs)).toFixed(1)
  const without = mutant === null ? '' : ` without ${mutant}`
  console.log(
    `${scenario.padEnd(12)}${without} ${what}: ${broken.length} broken; a run: ` +
      `${mean(acknowledged)} writes, ${mean(views)} views, ${mean(faults)} faults`,
  )
  if (broken.length === 0) return
  process.exitCode = 1
  const counts = new Map<string, number>()
  for (const rule of broken.flatMap((b) => b.rules)) counts.set(rule, (counts.get(rule) ?? 0) + 1)
  console.log(`  broken: ${[...counts].map(([rule, count]) => `${rule} ${count}`).join(', ')}`)
  for (const { seed, first } of broken.slice(0, SHOWN_MAX)) {
    console.log(`  ${first}\n    ${replayCommand({ scenario, mutant: mutant ?? undefined }, seed)}`)
  }
}
