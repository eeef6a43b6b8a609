// One test with a cluster whose nodes may have a small disk each. Skipped where none can be mounted,
// but not where all tests must run: there it fails.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { Cluster, loopback } from '../e2e/cluster.ts'
import type { Daemon } from '../e2e/daemon.ts'
import type { Note } from '../e2e/scenario.ts'
import { diskProblem, SmallDisk } from './small-disk.ts'

export const isLongRun = process.env['TEST_LONG'] === '1'

/** Beyond it something hangs; every wait inside has a shorter deadline. Unit: ms. */
const SCENARIO_WAIT_MS = isLongRun ? 900_000 : 180_000

const mustRun = process.env['CI'] === 'true'

export interface Setting {
  readonly cluster: Cluster
  readonly note: Note
  /** A node of the cluster with a disk of its own. Ask before anything else asks for the node. */
  readonly nodeOnSmallDisk: (
    number: number,
    sizeMiB: number,
  ) => Promise<{ node: Daemon; disk: SmallDisk }>
  /** A node that a command runs, such as strace. Likewise. */
  readonly nodeUnder: (number: number, command: readonly string[]) => Daemon
}

export function diskScenario(
  title: string,
  needs: { readonly programs: readonly string[]; readonly smallDisk: boolean },
  body: (setting: Setting) => Promise<void>,
): void {
  const problem = problemOf(needs)
  const skip = problem !== undefined && !mustRun ? problem : false
  void test(title, { timeout: SCENARIO_WAIT_MS, skip }, async (t) => {
    if (problem !== undefined) throw new Error(problem)
    const commands = new Map<number, readonly string[]>()
    const disks: SmallDisk[] = []
    const site = await loopback()
    const cluster = new Cluster({
      ...site,
      place: (number, name) => ({
        ...site.place(number, name),
        command: commands.get(number) ?? [],
      }),
    })
    const nodeUnder = (number: number, command: readonly string[]): Daemon => {
      commands.set(number, command)
      return cluster.node(number)
    }
    const nodeOnSmallDisk: Setting['nodeOnSmallDisk'] = async (number, sizeMiB) => {
      const disk = await SmallDisk.mount(join(cluster.directory, `${number}`), sizeMiB)
      disks.push(disk)
      return { disk, node: nodeUnder(number, disk.command) }
    }
    const note: Note = (text) => t.diagnostic(`${title}: ${text}`)
    try {
      await body({ cluster, note, nodeOnSmallDisk, nodeUnder })
    } catch (error) {
      console.error(`${title}: the ends of the logs\n${cluster.logTails()}`)
      throw error
    } finally {
      await cluster.end()
      for (const disk of disks) disk.end()
    }
  })
}

/** A test of long runs only (scripts/test --long). */
export function longDiskScenario(...args: Parameters<typeof diskScenario>): void {
  if (isLongRun) diskScenario(...args)
}

function problemOf(needs: {
  readonly programs: readonly string[]
  readonly smallDisk: boolean
}): string | undefined {
  const missing = needs.programs.find((program) => spawnSync(program, ['--version']).status !== 0)
  if (missing !== undefined) return `${missing} is not installed: apt-get install ${missing}`
  return needs.smallDisk ? diskProblem() : undefined
}
