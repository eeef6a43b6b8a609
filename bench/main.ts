// Runs the rows named on the command line, or all, prints a table, and keeps the figures as JSON.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Row, RowReport } from './row.ts'
import { COPIES } from './rows/copies.ts'
import { CORE } from './rows/core.ts'
import { IDLE } from './rows/idle.ts'
import { LARGE } from './rows/large.ts'
import { MEMCACHED } from './rows/memcached.ts'
import { MEMORY } from './rows/memory.ts'
import { MIRROR } from './rows/mirror.ts'
import { MISS } from './rows/miss.ts'
import { ONE_NODE } from './rows/one-node.ts'
import { QUICK } from './rows/quick.ts'
import { SCALE } from './rows/scale.ts'
import { THREE_NODES } from './rows/three-nodes.ts'
import { tableOf } from './table.ts'

const ROWS: Readonly<Record<string, Row>> = {
  ...ONE_NODE,
  ...MEMCACHED,
  ...THREE_NODES,
  ...MISS,
  ...LARGE,
  ...MIRROR,
  ...MEMORY,
  ...IDLE,
  ...SCALE,
  ...CORE,
  ...COPIES,
}

const USAGE = `Measures diststore beside what people would use instead.

  scripts/bench [--rounds N] [--seconds N] [ROW]...
      each row in N rounds (5), every server for so many seconds (3) in each; the median round counts
      --keys N: how many mirror and memory store (1,000,000), and copies (5,000,000)
      --nodes N,N,...: sizes of the clusters of idle (3,20,50) and scale (3,10,30,50,100)
  scripts/bench --quick
      ratios to bare node:http, in less than a minute

Rows:
${Object.entries(ROWS)
  .map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)
  .join('\n')}
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    keys: { type: 'string' },
    nodes: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

/** Undefined: not given. NaN: no whole number above 0. */
function whole(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  return /^[1-9]\d*$/.test(text) ? Number(text) : Number.NaN
}

const keys = whole(values.keys)
const nodes = values.nodes?.split(',').map((text) => whole(text) ?? Number.NaN)
const rows = values.quick ? QUICK : ROWS
const names = positionals.length > 0 ? positionals : Object.keys(rows)
const unknown = names.find((name) => !Object.hasOwn(rows, name))
if (values.help) process.stdout.write(USAGE)
else if (unknown !== undefined) {
  process.stderr.write(
    `scripts/bench: there is no row ${unknown}; there are ${Object.keys(rows).join(', ')}\n`,
  )
  process.exitCode = 2
} else if ([keys, ...(nodes ?? [])].some(Number.isNaN)) {
  process.stderr.write('scripts/bench: --keys and --nodes take whole numbers above 0\n')
  process.exitCode = 2
} else await measureAll()

async function measureAll(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'diststore-bench-'))
  // Also when a signal ends it.
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const options = {
    rounds: Number(values.rounds ?? (values.quick ? 3 : 5)),
    seconds: Number(values.seconds ?? (values.quick ? 2 : 3)),
    keys,
    nodes,
  }
  const reports: Record<string, RowReport> = {}
  for (const name of names) {
    const row = rows[name]
    if (row === undefined) continue
    process.stdout.write(`${name}: ${row.about}; goal: ${row.goal}\n`)
    const place = join(directory, name)
    try {
      const report = await row.measure({ ...options, directory: place })
      reports[name] = report
      process.stdout.write(`${tableOf(report)}\n\n`)
    } catch (error) {
      // The other rows are measured all the same.
      process.stderr.write(`${name} failed: ${String(error)}\n\n`)
      process.exitCode = 1
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  }
  if (!values.quick) keep(reports)
}

/** One file a run, named by its moment and the commit. */
function keep(reports: Readonly<Record<string, RowReport>>): void {
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], {
    encoding: 'utf8',
  }).trim()
  const at = new Date().toISOString()
  const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model ?? '' }
  const command = ['scripts/bench', ...process.argv.slice(2)].join(' ')
  const directory = 'bench/results'
  mkdirSync(directory, { recursive: true })
  const file = join(directory, `${at.slice(0, 16).replaceAll(':', '')}-${commit}.json`)
  writeFileSync(
    file,
    `${JSON.stringify({ at, commit, command, machine, rows: reports }, undefined, 2)}\n`,
  )
  process.stdout.write(`written to ${file}\n`)
}
