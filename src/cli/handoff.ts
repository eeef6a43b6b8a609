// diststore handoff: another node becomes primary.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { giveOrder } from './ordering.ts'

export function addHandoff(program: Command, cli: Cli): void {
  program
    .command('handoff [node]')
    .summary('make another node primary')
    .description(
      'Makes the other master primary, or the node named by id or address, which becomes a ' +
        'master first.\nAnswered by the node of this host alone.',
    )
    .option('--json', 'print the answer of the node')
    .action(async (to: string | undefined, { json }: { json?: true }) => {
      const order = to === undefined ? {} : { to }
      await giveOrder(cli, { path: '/admin/handoff', order, isJson: json === true })
    })
}
