// diststore get: one value to stdout, byte for byte.
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { keyPath } from './key-path.ts'

interface GetOptions {
  readonly strong?: true
  readonly stale?: string | true
  readonly local?: true
  readonly minVersion?: string
}

export function addGet(program: Command, cli: Cli): void {
  program
    .command('get <key>')
    .summary('print a value')
    .description('Prints the value of a key, byte for byte.')
    .option('--strong', 'the newest value of this moment, confirmed by the masters')
    .option('--stale [seconds]', 'rather an old copy, of this age at most, than none')
    .option('--local', 'what the node holds itself; it asks nobody')
    .option('--min-version <version>', 'nothing older than this version')
    .action(async (key: string, options: GetOptions) => {
      const path = keyPath(options.local ? '/getlocal' : '/get', key)
      await cli.print({ method: 'GET', path, headers: headersFor(options) })
    })
}

function headersFor({ strong, stale, minVersion }: GetOptions): Record<string, string> {
  const headers: Record<string, string> = {}
  if (strong) headers['cache-control'] = 'no-cache'
  else if (stale === true) headers['cache-control'] = 'max-stale'
  else if (stale !== undefined) headers['cache-control'] = `max-stale=${stale}`
  if (minVersion !== undefined) headers['diststore-min-version'] = `"${minVersion}"`
  return headers
}
