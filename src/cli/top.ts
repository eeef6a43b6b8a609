// diststore top: the cluster as every node of it says, anew each second.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { type ClusterReport, clusterReport } from './cluster-report.ts'
import { EXIT, Failure } from './exit-codes.ts'
import { TOP_EVERY_MS, TOP_WAIT_MS } from './limits.ts'
import { NodeConnection } from './node-connection.ts'
import { statusLines } from './status.ts'
import { tableLines } from './table.ts'

/** To the first line, and nothing left below. */
const FRESH_SCREEN = '\u001b[H\u001b[2J'

interface Moment {
  readonly atMs: number
  readonly report: ClusterReport
  /** By address; those that did not answer are missing. */
  readonly own: ReadonlyMap<string, ClusterReport>
}

export function addTop(program: Command, cli: Cli): void {
  program
    .command('top')
    .summary('show the cluster live')
    .description('Shows masters, nodes and what they do, as each of them says, anew each second.')
    .option('--count <number>', 'end after so many times')
    .action(async ({ count }: { count?: string }) => {
      const times = count === undefined ? Number.POSITIVE_INFINITY : Number(count)
      if (!(times >= 1)) throw new Failure(EXIT.usage, '--count must be a number above 0')
      let before: Moment | undefined
      for (let time = 1; ; time++) {
        const now = await look(cli)
        const text = topLines(now, before, cli).join('\n')
        if (cli.world.isTerminal) cli.world.stdout.write(FRESH_SCREEN)
        cli.say(text)
        if (time >= times) return
        before = now
        await cli.world.time.pause(TOP_EVERY_MS)
      }
    })
}

/** Asks the node, and then all that it says are alive. */
async function look(cli: Cli): Promise<Moment> {
  const report = await clusterReport(cli)
  const atMs = cli.world.time.monotonicMs()
  const alive = report.nodes.filter(({ state }) => state === 'alive')
  const answers = await Promise.all(
    alive.map(async ({ address }) => [address, await ownReport(address)] as const),
  )
  const own = new Map<string, ClusterReport>()
  for (const [address, answer] of answers) if (answer !== undefined) own.set(address, answer)
  return { atMs, report, own }
}

/** Undefined: it does not answer in time. A silent node must not stop the others' figures. */
async function ownReport(address: string): Promise<ClusterReport | undefined> {
  const node = new NodeConnection(`http://${address}`, { answerWaitMs: TOP_WAIT_MS })
  try {
    return await clusterReport({ node })
  } catch (error) {
    if (error instanceof Failure) return undefined
    throw error
  } finally {
    await node.close()
  }
}

const COLUMNS = [
  { title: 'NODE' },
  { title: 'ROLE' },
  ...['KEYS', 'COPIES', 'BEHIND', 'PROOF MS', 'WARNINGS'].map((title) => ({
    title,
    isNumber: true,
  })),
]

function topLines(now: Moment, before: Moment | undefined, { styles }: Cli): string[] {
  const { report, own } = now
  const [headline = ''] = statusLines(report, styles)
  const committed = Math.max(...[report, ...own.values()].map(({ stream }) => stream.committed))
  const rows = report.nodes
    .filter(({ state }) => state !== 'left')
    .map(({ address, role, state }) => {
      const said = own.get(address)
      if (said === undefined) {
        return [
          { text: address },
          { text: state === 'alive' ? 'silent' : state, style: styles.bad },
        ]
      }
      // Positions of different streams cannot be compared.
      const isSame = said.stream.id === report.stream.id
      const behind = isSame ? String(committed - said.stream.committed) : '?'
      const { keys, copies, proofAgeMs, warnings } = said
      const figures = [keys, copies, behind, proofAgeMs ?? 'none', warnings.length]
      return [{ text: address }, { text: role }, ...figures.map((it) => ({ text: String(it) }))]
    })
  const warnings = report.warnings.map((text) => `${styles.doubtful('warning:')} ${text}`)
  return [headline, ratesText(now, before), '', ...tableLines(COLUMNS, rows), '', ...warnings]
}

/** Writes since the time before, if the primary is still the same. */
function ratesText(now: Moment, before: Moment | undefined): string {
  const { keys, stream, view } = now.report
  const about = `keys ${keys} · view ${view?.ballot ?? 'none'}`
  if (before === undefined || before.report.stream.id !== stream.id) return about
  const seconds = (now.atMs - before.atMs) / 1000
  const writes = stream.committed - before.report.stream.committed
  return `${about} · ${Math.round(writes / Math.max(seconds, 0.001))} writes/s`
}
