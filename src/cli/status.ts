// diststore status: the cluster at a glance.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { type ClusterReport, clusterReport } from './cluster-report.ts'
import { nodeLines } from './node-table.ts'
import type { Styles } from './styles.ts'

export function addStatus(program: Command, cli: Cli): void {
  program
    .command('status')
    .summary('show the cluster at a glance')
    .description('Shows masters, nodes and warnings, as the asked node sees them.')
    .option('--json', 'print GET /cluster')
    .action(async ({ json }: { json?: true }) => {
      const report = await clusterReport(cli)
      if (json) return cli.sayJson(report)
      for (const line of statusLines(report, cli.styles)) cli.say(line)
    })
}

export function statusLines(report: ClusterReport, styles: Styles): string[] {
  const warnings = report.warnings.map((text) => `${styles.doubtful('warning:')} ${text}`)
  return [
    headline(report, styles),
    facts(report),
    '',
    ...nodeLines(report, styles, false),
    ...(warnings.length === 0 ? [] : ['', ...warnings]),
  ]
}

function headline({ view, nodes, mode }: ClusterReport, styles: Styles): string {
  const alive = nodes.filter(({ state }) => state === 'alive').length
  const counted = `${alive} of ${nodes.length} node${nodes.length === 1 ? '' : 's'} alive`
  const mastered = view === null ? styles.bad('no masters yet') : mastersText(view, styles)
  return `${mastered}, ${counted}, mode ${mode}`
}

function mastersText({ masters }: NonNullable<ClusterReport['view']>, styles: Styles): string {
  const inSync = masters.filter((master) => master.inSync).length
  const text = `${inSync} of ${masters.length} master${masters.length === 1 ? '' : 's'} in sync`
  return inSync === masters.length && inSync > 1 ? styles.good(text) : styles.doubtful(text)
}

function facts({ view, keys, copies, stream, proofAgeMs, merge }: ClusterReport): string {
  return [
    `keys ${keys}`,
    `copies here ${copies}`,
    `writes ${stream.committed}`,
    `proof ${proofAgeMs === null ? 'none' : `${proofAgeMs} ms`}`,
    `view ${view?.ballot ?? 'none'}`,
    ...(merge.due > 0 ? [`to merge ${merge.due}`] : []),
    ...(merge.conflicts > 0 ? [`conflicts ${merge.conflicts}`] : []),
  ].join(' · ')
}
