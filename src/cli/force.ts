// diststore force: goes on without those who held the newest data.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { EXIT, Failure } from './exit-codes.ts'
import { giveOrder } from './ordering.ts'

export function addForce(program: Command, cli: Cli): void {
  program
    .command('force')
    .summary('go on without those who held the newest data')
    .description(
      'Goes on with what the reachable nodes hold, when every holder of the newest data is lost for\n' +
        'good; refused while one can be reached. What only the lost nodes had is gone until they\n' +
        'return, and deleted keys may come back. Answered by the node of this host alone.',
    )
    .option('--yes', 'it is meant: without this nothing is done')
    .option('--json', 'print the answer of the node')
    .action(async ({ yes, json }: { yes?: true; json?: true }) => {
      if (!yes) {
        const cost = 'what only the lost nodes had is gone, and deleted keys may come back'
        throw new Failure(EXIT.usage, `${cost}: bring a lost node back, or say force --yes`)
      }
      await giveOrder(cli, { path: '/admin/force', order: {}, isJson: json === true })
    })
}
