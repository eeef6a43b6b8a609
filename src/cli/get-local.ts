// diststore get-local: one value to stdout, as the asked node holds it.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { keyPath } from './key-path.ts'

export function addGetLocal(program: Command, cli: Cli): void {
  program
    .command('get-local <key>')
    .summary('print a value as this node holds it')
    .description(
      'Prints what the node holds under a key: its local entry, else what it has of the cluster,\n' +
        'proven or not. It asks nobody.',
    )
    .action(async (key: string) => {
      await cli.print({ method: 'GET', path: keyPath('/getlocal', key) })
    })
}
