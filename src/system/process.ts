// This process as the system sees it: the signals that end it, and its last words.

import { spawn } from 'node:child_process'
import { isJournal, PRIORITY } from './journal.ts'

const INTERRUPTED = 130

const STDERR = 2

/** How another process ended. `late`: it did not, and was killed. */
export type Ended =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'late' }

/** Runs this program once more, with these arguments and no output. Rejects if it cannot start. */
export function runAgain(args: readonly string[], waitMs: number): Promise<Ended> {
  const [, program = ''] = process.argv
  const all = [...process.execArgv, program, ...args]
  const child = spawn(process.execPath, all, { stdio: 'ignore' })
  let isLate = false
  const deadline = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, waitMs)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      clearTimeout(deadline)
      if (isLate) resolve({ kind: 'late' })
      else if (signal !== null) resolve({ kind: 'signal', signal })
      else resolve({ kind: 'exit', code: code ?? 0 })
    })
  })
}

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

/**
 * Calls back at each SIGHUP, which asks a daemon to read its settings again. Who started this
 * process on a terminal means something else by it: the terminal is gone, so it is a shutdown.
 */
export function onReload(callback: () => void): void {
  process.on('SIGHUP', () => {
    if (process.stdin.isTTY) process.kill(process.pid, 'SIGTERM')
    else callback()
  })
}

/** Says why on stderr, in one line, and ends the process. journald shows it as an error. */
export function fatal(sentence: string, code: number): never {
  const isForJournal = isJournal(STDERR, process.env['JOURNAL_STREAM'])
  const priority = isForJournal ? `<${PRIORITY.error}>` : ''
  process.stderr.write(`${priority}diststored: ${sentence.replaceAll(/\s*\n\s*/g, ' ')}\n`)
  process.exit(code)
}
