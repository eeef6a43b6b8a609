// Runs the measurements named on the command line, or the first ones, each with a cluster of its own.
// Prints each figure as it comes, and at the end everything as one line of JSON.
import { cpus } from 'node:os'
import { FAULTS, HOSTS_OF_FAULTS, measureFaults } from '../../netns/measure/faults.ts'
import { HOSTS_OF_MERGE, measureMerge } from '../../netns/measure/merge.ts'
import { HOSTS_OF_STALLS, measureStalls } from '../../netns/measure/stalls.ts'
import { createNetCluster, type NetCluster } from '../../netns/net-cluster.ts'
import { Cluster } from '../cluster.ts'
import { backup } from './backup.ts'
import { failover } from './failover.ts'
import type { Figures } from './figures.ts'
import { copies, join } from './join.ts'
import { mirror } from './mirror.ts'
import { miss } from './miss.ts'
import { reads } from './reads.ts'
import { staleness } from './staleness.ts'

/** Those that run when none is named. */
const ON_LOOPBACK: Readonly<Record<string, (cluster: Cluster) => Promise<Figures>>> = {
  copies,
  join,
  miss,
  failover,
  reads,
  mirror,
  staleness,
}

/** Minutes each: only when named. */
const LONG: typeof ON_LOOPBACK = { backup }

interface OnHosts {
  readonly hosts: number
  readonly measure: (hosts: NetCluster) => Promise<Figures>
}

/** On hosts of their own: minutes each, and only for root. */
const ON_HOSTS: Readonly<Record<string, OnHosts>> = {
  ...Object.fromEntries(
    Object.keys(FAULTS).map((kind) => [
      kind,
      { hosts: HOSTS_OF_FAULTS, measure: (hosts: NetCluster) => measureFaults(hosts, kind) },
    ]),
  ),
  merge: { hosts: HOSTS_OF_MERGE, measure: measureMerge },
  stalls: { hosts: HOSTS_OF_STALLS, measure: measureStalls },
}

/** All that is on hosts of its own. */
const FAULTS_NAME = 'faults'

const asked = process.argv.slice(2)
const names = asked.flatMap((name) => (name === FAULTS_NAME ? Object.keys(ON_HOSTS) : [name]))
const known = [ON_LOOPBACK, LONG, ON_HOSTS].flatMap((each) => Object.keys(each))
const unknown = names.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  const there = [...known, FAULTS_NAME].join(', ')
  console.error(`scripts/measure: there is no measurement ${unknown[0]}; there are ${there}`)
  process.exit(2)
}

/** Of the names of figures. Unit: characters. */
const WIDTH = 60

const results: Record<string, Figures> = {}
for (const name of names.length > 0 ? names : Object.keys(ON_LOOPBACK)) {
  const figures = await measure(name)
  if (figures !== undefined) results[name] = figures
}
const machine = { node: process.version, cpus: cpus().length, model: cpus()[0]?.model ?? '' }
console.log(JSON.stringify({ command: ['scripts/measure', ...asked].join(' '), machine, results }))

/** Undefined when it failed; the others are measured all the same. */
async function measure(name: string): Promise<Figures | undefined> {
  console.log(`${name}  (scripts/measure ${name})`)
  const onHosts = ON_HOSTS[name]
  const net = onHosts === undefined ? undefined : await createNetCluster(onHosts.hosts)
  const cluster = net?.cluster ?? (await Cluster.create())
  try {
    const onLoopback = ON_LOOPBACK[name] ?? LONG[name]
    const figures = net === undefined ? onLoopback?.(cluster) : onHosts?.measure(net)
    for (const [what, value] of Object.entries((await figures) ?? {})) {
      console.log(`  ${what.padEnd(WIDTH)} ${value}`)
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
