// diststore ls: the keys that the asked node holds, as they come.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { withQuery } from './key-path.ts'

interface LsOptions {
  readonly after?: string
  readonly limit?: string
  readonly local?: true
  readonly json?: true
}

export function addLs(program: Command, cli: Cli): void {
  program
    .command('ls [prefix]')
    .summary('list keys')
    .description(
      'Lists the keys that the node vouches for: all of them on a master, its proven copies ' +
        'elsewhere.\nOne a line, in byte order, percent-encoded.',
    )
    .option('--after <key>', 'only keys above this one')
    .option('--limit <count>', 'so many keys at most')
    .option('--local', 'the entries of this node alone')
    .option('--json', 'print {"keys": [...]}, not encoded')
    .action(async (prefix: string | undefined, options: LsOptions) => {
      const { after, limit, local, json } = options
      const path = withQuery('/list', { prefix, after, limit, scope: local && 'local' })
      const headers = { accept: json ? 'application/json' : 'text/plain' }
      await cli.print({ method: 'GET', path, headers })
    })
}
