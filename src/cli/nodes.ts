// diststore nodes: who is there, as the asked node sees it.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { clusterReport } from './cluster-report.ts'
import { nodeLines } from './node-table.ts'

export function addNodes(program: Command, cli: Cli): void {
  program
    .command('nodes')
    .summary('list the nodes')
    .description('Lists the nodes, the dead ones too, as the asked node sees them.')
    .option('--json', 'print nodes of GET /cluster')
    .action(async ({ json }: { json?: true }) => {
      const report = await clusterReport(cli)
      if (json) return cli.sayJson(report.nodes)
      for (const line of nodeLines(report, cli.styles, true)) cli.say(line)
    })
}
