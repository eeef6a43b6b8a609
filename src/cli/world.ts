// Everything outside the program that the command touches. bin/diststore.ts makes the real one,
// tests make their own.
import type { Readable, Writable } from 'node:stream'
import type { Surroundings } from '../config/parse.ts'

export interface CliWorld {
  readonly version: string
  /** Asked for only by verbs that read it. */
  readonly stdin: () => Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** stdout is a terminal, and nobody asked for NO_COLOR. */
  readonly hasColours: boolean
  /** A file to send; its errors come out of the stream. */
  readonly openFile: (path: string) => Readable
  /** Where the settings of the node of this host are. */
  readonly surroundings: Pick<Surroundings, 'env' | 'interfaces' | 'readFile'>
}
