// diststore forget: a node that will not come back is given up.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { giveOrder } from './ordering.ts'

export function addForget(program: Command, cli: Cli): void {
  program
    .command('forget <node>')
    .summary('give up a node that will not come back')
    .description(
      'Gives up a node, named by id or address; refused while it is alive.\n' +
        'Answered by the node of this host alone.',
    )
    .option('--json', 'print the answer of the node')
    .action(async (node: string, { json }: { json?: true }) => {
      // An address has a port.
      const order = node.includes(':') ? { address: node } : { id: node }
      await giveOrder(cli, { path: '/admin/forget', order, isJson: json === true })
    })
}
