// Everything outside the program that the command touches. bin/diststore.ts makes the real one,
// tests make their own.
import type { Readable, Writable } from 'node:stream'
import type { Surroundings } from '../config/parse.ts'

/** A file that appears under its name only once it is whole. */
export interface NewFile {
  readonly stream: Writable
  /** Ends it: it is on disk now, in place of an earlier one. */
  readonly keep: () => Promise<void>
  /** Leaves nothing behind, nor an error. */
  readonly discard: () => Promise<void>
}

/** Unit: ms. */
export interface CliTime {
  /** Never steps back. */
  readonly monotonicMs: () => number
  /** Since 1970. */
  readonly wallMs: () => number
  readonly pause: (ms: number) => Promise<void>
}

export interface CliWorld {
  readonly version: string
  /** Asked for only by verbs that read it. */
  readonly stdin: () => Readable
  readonly stdout: Writable
  readonly stderr: Writable
  /** stdout is a terminal: a screen there may be drawn anew. */
  readonly isTerminal: boolean
  /** stdout is a terminal, and nobody asked for NO_COLOR. */
  readonly hasColours: boolean
  /** A file to send; its errors come out of the stream. */
  readonly openFile: (path: string) => Readable
  /** A file to write. Rejects with the system's error. */
  readonly createFile: (path: string) => Promise<NewFile>
  /** stderr is a terminal: a line there may be written over. */
  readonly hasProgress: boolean
  readonly time: CliTime
  /** The work that follows may take long, and gives way to that of others on this host. */
  readonly giveWay: () => void
  /** Where the settings of the node of this host are. */
  readonly surroundings: Pick<Surroundings, 'env' | 'interfaces' | 'readFile'>
}
