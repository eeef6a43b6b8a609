// Runs the measurements named on the command line, or all, each with a cluster of its own.
// Prints each figure as it comes, and at the end everything as one line of JSON.
import { cpus } from 'node:os'
import { Cluster } from '../cluster.ts'
import { failover } from './failover.ts'
import type { Figures } from './figures.ts'
import { copies, join } from './join.ts'
import { mirror } from './mirror.ts'
import { miss } from './miss.ts'
import { staleness } from './staleness.ts'

const MEASUREMENTS: Readonly<Record<string, (cluster: Cluster) => Promise<Figures>>> = {
  copies,
  join,
  miss,
  failover,
  mirror,
  staleness,
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(MEASUREMENTS, name))
if (unknown.length > 0) {
  const known = Object.keys(MEASUREMENTS).join(', ')
  console.error(`scripts/measure: there is no measurement ${unknown[0]}; there are ${known}`)
  process.exit(2)
}

const names = asked.length > 0 ? asked : Object.keys(MEASUREMENTS)
const results: Record<string, Figures> = {}
for (const name of names) {
  const figures = await measure(name)
  if (figures !== undefined) results[name] = figures
}
const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model ?? '' }
console.log(JSON.stringify({ command: ['scripts/measure', ...asked].join(' '), machine, results }))

/** Undefined when it failed; the others are measured all the same. */
async function measure(name: string): Promise<Figures | undefined> {
  const cluster = await Cluster.create()
  console.log(`${name}  (scripts/measure ${name})`)
  try {
    const figures = await MEASUREMENTS[name]?.(cluster)
    for (const [what, value] of Object.entries(figures ?? {})) {
      console.log(`  ${what.padEnd(42)} ${value}`)
    }
    return figures
  } catch (error) {
    console.error(`${name} failed: ${String(error)}\n${cluster.logTails()}`)
    process.exitCode = 1
    return undefined
  } finally {
    await cluster.end()
  }
}
