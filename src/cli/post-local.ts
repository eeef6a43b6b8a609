// diststore post-local: stores a value on the asked node alone.
import { Readable } from 'node:stream'
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { EXIT, Failure } from './exit-codes.ts'
import { gathered } from './gathered.ts'
import { LOCAL_VALUE_BYTES_MAX } from './limits.ts'
import { type FormPart, multipart } from './multipart.ts'
import { valueOf } from './value.ts'

interface PostLocalOptions {
  readonly ttl?: string
  readonly type?: string
  readonly file?: string
  readonly json?: true
}

export function addPostLocal(program: Command, cli: Cli): void {
  program
    .command('post-local <key> [value]')
    .summary('store a value on this node only')
    .description(
      'Stores a value on the node alone: no other node sees it, and there it wins over what the\n' +
        'cluster holds under the key. With - as the value it is read from stdin.',
    )
    .option('--file <path>', 'store what is in this file')
    .option('--ttl <seconds>', 'the entry ends after this time')
    .option('--type <type>', 'its content type')
    .option('--json', 'print the answer of the node')
    .action(async (key: string, value: string | undefined, options: PostLocalOptions) => {
      const bytes = await whole(valueOf(cli, value, options.file))
      const form = multipart([
        { name: 'key', bytes: Buffer.from(key) },
        ...ttlPart(options.ttl),
        { name: 'value', bytes, contentType: options.type },
      ])
      const headers = { 'content-type': form.contentType }
      const { body } = form
      const asked = { method: 'POST', path: '/postlocal', headers, body } as const
      const written = await cli.node.askJson(asked)
      if (options.json) return cli.sayJson(written)
      const { version }: { version?: unknown } = Object(written)
      if (typeof version !== 'string') throw cli.node.isNoNode()
      cli.say(`${key} stored on this node only, version ${version}`)
    })
}

function ttlPart(ttl: string | undefined): FormPart[] {
  return ttl === undefined ? [] : [{ name: 'ttl', bytes: Buffer.from(ttl) }]
}

/** A form is sent whole. */
async function whole(value: Buffer | Readable): Promise<Buffer> {
  if (!(value instanceof Readable)) return value
  const broken = (error: unknown): Failure => {
    const why = error instanceof Error ? error.message : String(error)
    return new Failure(EXIT.usage, `what to send cannot be read: ${why}`, error)
  }
  return gathered(value, { bytesMax: LOCAL_VALUE_BYTES_MAX, tooLong: tooLarge, broken })
}

function tooLarge(): Failure {
  const megabytes = LOCAL_VALUE_BYTES_MAX / (1024 * 1024)
  return new Failure(EXIT.refused, `a local value may have ${megabytes} MiB: split it`)
}
