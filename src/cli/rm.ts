// diststore rm: deletes a key.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { keyPath } from './key-path.ts'
import { type ConditionOptions, conditionHeaders, sayWritten } from './writing.ts'

interface RmOptions extends ConditionOptions {
  readonly json?: true
}

export function addRm(program: Command, cli: Cli): void {
  program
    .command('rm <key>')
    .summary('delete a key')
    .description('Deletes a key. One that is not there is deleted too.')
    .option('--if-version <version>', 'only if the entry has this version')
    .option('--idempotency-key <text>', 'a write with the same text is applied once in 60 s')
    .option('--json', 'print the answer of the node')
    .action(async (key: string, options: RmOptions) => {
      const path = keyPath('/v1', key)
      const headers = conditionHeaders(options)
      const written = await cli.node.askJson({ method: 'DELETE', path, headers })
      if (options.json) cli.sayJson(written)
      else sayWritten(cli, `${key} deleted`, written)
    })
}
