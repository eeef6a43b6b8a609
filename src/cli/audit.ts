// diststore audit: the masters compare what they hold.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { giveOrder } from './ordering.ts'

export function addAudit(program: Command, cli: Cli): void {
  program
    .command('audit')
    .summary('have the masters compare what they hold')
    .description('Has the masters compare what they hold. Answered by the node of this host alone.')
    .option('--json', 'print the answer of the node')
    .action(async ({ json }: { json?: true }) => {
      await giveOrder(cli, { path: '/admin/audit', order: {}, isJson: json === true })
    })
}
