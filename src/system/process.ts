// This process as the system sees it: the signals that end it, and its last words.

const INTERRUPTED = 130

/**
 * Calls back once, at the first SIGTERM or SIGINT. A second SIGINT, from somebody who will not
 * wait, ends the process at once; a second SIGTERM changes nothing.
 */
export function onShutdown(callback: (signal: NodeJS.Signals) => void): void {
  let isStopping = false
  const handle = (signal: NodeJS.Signals) => {
    if (isStopping && signal === 'SIGINT') process.exit(INTERRUPTED)
    if (isStopping) return
    isStopping = true
    callback(signal)
  }
  process.on('SIGTERM', handle)
  process.on('SIGINT', handle)
}

/** Says why on stderr, in one line, and ends the process. */
export function fatal(sentence: string, code: number): never {
  process.stderr.write(`diststored: ${sentence.replaceAll(/\s*\n\s*/g, ' ')}\n`)
  process.exit(code)
}
