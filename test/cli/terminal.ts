// A world for the command: what it would print is kept, and what it reads is given.
import { PassThrough, Readable } from 'node:stream'
import { run } from '../../src/cli/program.ts'
import type { CliWorld } from '../../src/cli/world.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: Readable
  readonly hasColours?: boolean
  /** The text of /etc/diststore/diststored.toml. */
  readonly settings?: string
  readonly openFile?: (path: string) => Readable
  readonly createFile?: CliWorld['createFile']
  readonly hasProgress?: boolean
  readonly isTerminal?: boolean
  /** What time it is, by both clocks. Unit: ms. */
  readonly nowMs?: number
  /** The same, asked for each time. */
  readonly clock?: () => number
  readonly giveWay?: () => void
}

/** Runs `diststore` with these words; settles when it has ended. */
export async function diststore(
  argv: readonly string[],
  options: TerminalOptions = {},
): Promise<Ran> {
  const { env = {}, stdin, hasColours = false, settings, openFile } = options
  const { createFile, hasProgress = false, isTerminal = false, nowMs = 0 } = options
  const { clock = () => nowMs, giveWay = () => {} } = options
  const stdout = new Sink()
  const stderr = new Sink()
  const world: CliWorld = {
    version: '1.2.3',
    stdin: () => stdin ?? Readable.from([]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    isTerminal,
    hasColours,
    openFile: openFile ?? (() => Readable.from([])),
    createFile: createFile ?? (() => Promise.reject(new Error('no file was expected'))),
    hasProgress,
    time: { monotonicMs: clock, wallMs: clock, pause: () => Promise.resolve() },
    giveWay,
    surroundings: {
      env,
      interfaces: [],
      readFile: () =>
        settings === undefined ? { kind: 'absent' } : { kind: 'text', text: settings },
    },
  }
  const code = await run(argv, world)
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

class Sink {
  readonly stream = new PassThrough()
  readonly #chunks: Buffer[] = []

  constructor() {
    this.stream.on('data', (chunk: Buffer) => this.#chunks.push(chunk))
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString()
  }
}
