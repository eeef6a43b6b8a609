// What the command's exit code says, and the failures that lead to it. A promise: scripts read it.

/** Every exit code of `diststore`, with what --help says of it. */
export const EXIT = {
  ok: 0,
  notFound: 1,
  usage: 2,
  unreachable: 3,
  refused: 4,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_HELP = `
Exit codes: 0 done, 1 not found (doctor: something is wrong), 2 the command is wrong,
3 no node can answer now, 4 refused.
`

/** A verb that came to nothing. The message is a sentence for whoever typed the command. */
export class Failure extends Error {
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, sentence: string, cause?: unknown) {
    super(sentence, { cause })
    this.name = 'Failure'
    this.exitCode = exitCode
  }
}

/**
 * The code for an answer that is no success. 503 and 504 say that the cluster cannot answer now;
 * of the 404s only `not-found` is about a key.
 */
export function exitCodeOf(status: number, problem: string): ExitCode {
  if (status === 404 && problem === 'not-found') return EXIT.notFound
  if (status === 503 || status === 504 || status === 408) return EXIT.unreachable
  return [400, 411, 415, 431].includes(status) ? EXIT.usage : EXIT.refused
}
