// One test on hosts of its own, which end with it; the logs are shown when it fails. Skipped where
// hosts cannot be made, but not where all tests must run: there it fails.
import { test } from 'node:test'
import type { Cluster } from '../e2e/cluster.ts'
import type { Note } from '../e2e/scenario.ts'
import { createNetCluster } from './net-cluster.ts'
import { type Net, netProblem } from './net.ts'

/** Beyond it something hangs; every wait inside has a shorter deadline. Unit: ms. */
const SCENARIO_WAIT_MS = 300_000

export interface Hosts {
  readonly net: Net
  readonly cluster: Cluster
  readonly note: Note
}

const problem = netProblem()
const mustRun = process.env['CI'] === 'true'
const isLongRun = process.env['TEST_LONG'] === '1'

/** A test of every run. */
export function netScenario(
  title: string,
  about: { readonly hosts: number },
  body: (hosts: Hosts) => Promise<void>,
): void {
  void test(title, { timeout: SCENARIO_WAIT_MS, skip: skipReason() }, async (t) => {
    if (problem !== undefined) throw new Error(problem)
    const { net, cluster } = await createNetCluster(about.hosts)
    try {
      await body({ net, cluster, note: (text) => t.diagnostic(`${title}: ${text}`) })
    } catch (error) {
      console.error(`${title}: the ends of the logs\n${cluster.logTails()}`)
      throw error
    } finally {
      await cluster.end()
    }
  })
}

/** A test of long runs only (scripts/test --long). */
export function longNetScenario(...args: Parameters<typeof netScenario>): void {
  if (isLongRun) netScenario(...args)
}

function skipReason(): string | false {
  return problem !== undefined && !mustRun ? problem : false
}
