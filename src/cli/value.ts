// The value that a verb stores: its argument, a file, or what comes on stdin.
import type { Readable } from 'node:stream'
import type { Cli } from './cli.ts'
import { EXIT, Failure } from './exit-codes.ts'

/** Throws a Failure when there is none, or two. The errors of a file come out of the stream. */
export function valueOf(
  { world }: Pick<Cli, 'world'>,
  value: string | undefined,
  file: string | undefined,
): Buffer | Readable {
  if (file !== undefined) {
    if (value === undefined) return world.openFile(file)
    throw new Failure(EXIT.usage, 'give a value or --file, one of them')
  }
  if (value === undefined) {
    const sentence = 'there is no value: give one, or - to read it from stdin, or --file'
    throw new Failure(EXIT.usage, sentence)
  }
  return value === '-' ? world.stdin() : Buffer.from(value)
}
