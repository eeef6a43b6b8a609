// diststore put: stores an argument, a file, or whatever comes on stdin, without holding it whole.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { EXIT, Failure } from './exit-codes.ts'
import { keyPath } from './key-path.ts'
import { valueOf } from './value.ts'
import { type ConditionOptions, conditionHeaders, sayWritten } from './writing.ts'

interface PutOptions extends ConditionOptions {
  readonly ttl?: string
  readonly type?: string
  readonly file?: string
  readonly ifAbsent?: true
  readonly json?: true
}

export function addPut(program: Command, cli: Cli): void {
  program
    .command('put <key> [value]')
    .summary('store a value')
    .description('Stores a value under a key. With - as the value it is read from stdin.')
    .option('--file <path>', 'store what is in this file')
    .option('--ttl <seconds>', 'the entry ends after this time')
    .option('--type <type>', 'its content type')
    .option('--if-absent', 'only if there is nothing under the key')
    .option('--if-version <version>', 'only if the entry has this version')
    .option('--idempotency-key <text>', 'a write with the same text is applied once in 60 s')
    .option('--json', 'print the answer of the node')
    .action(async (key: string, value: string | undefined, options: PutOptions) => {
      const { ttl, type, ifAbsent } = options
      if (ifAbsent && options.ifVersion !== undefined) {
        throw new Failure(EXIT.usage, 'give --if-absent or --if-version, one of them')
      }
      const body = valueOf(cli, value, options.file)
      const headers = {
        ...conditionHeaders(options),
        ...(ifAbsent && { 'if-none-match': '*' }),
        ...(type !== undefined && { 'content-type': type }),
      }
      const path = keyPath('/v1', key, { ttl })
      const written = await cli.node.askJson({ method: 'PUT', path, headers, body })
      if (options.json) cli.sayJson(written)
      else sayWritten(cli, `${key} stored`, written)
    })
}
