// Says messages to systemd through its own program. A shell that stays starts that program: while a
// process is made from this one the loop stands still, the longer the more memory there is.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { after } from './timers.ts'

/** A message that is not said by then never will be. Unit: ms. It takes 14. */
const SAY_WAIT_MS = 5000

/**
 * Reads a message a line, facts with tabs between, and answers each with the exit code. It ends with
 * its input, not by the signals that end a service: the last words come after them.
 */
const SHELL_LOOP = `trap '' HUP INT TERM
set -f
IFS='\t'
while read -r facts; do systemd-notify $facts </dev/null; echo $?; done`

/** Says one message; then `ended` hears, once, why it was lost, or undefined. One at a time. */
export type Say = (facts: readonly string[], ended: (error: Error | undefined) => void) => void

export interface NotifyProgram {
  readonly say: Say
  /** Lets the shell end. May be called twice; a later message starts another one. */
  readonly end: () => void
}

/** Starts nothing before the first message. A shell that is gone or hangs is replaced. */
export function notifyProgram(): NotifyProgram {
  let shell: Shell | undefined
  const say: Say = (facts, ended) => {
    shell ??= startShell()
    const stopTimer = after(SAY_WAIT_MS, () => settle(new Error('systemd-notify hangs')))
    const settle = (error: Error | undefined) => {
      stopTimer()
      if (shell !== undefined) shell.settle = undefined
      if (error !== undefined) {
        shell?.process.kill('SIGKILL')
        shell = undefined
      }
      ended(error)
    }
    shell.settle = settle
    shell.process.stdin?.write(`${facts.join('\t')}\n`)
  }
  const end = () => {
    shell?.process.stdin?.end()
    shell = undefined
  }
  return { say, end }
}

interface Shell {
  readonly process: ChildProcess
  /** Of the message under way. */
  settle: ((error: Error | undefined) => void) | undefined
}

function startShell(): Shell {
  const child = spawn('/bin/sh', ['-c', SHELL_LOOP], { stdio: ['pipe', 'pipe', 'inherit'] })
  const shell: Shell = { process: child, settle: undefined }
  const lost = (error: Error) => shell.settle?.(error)
  child.once('error', lost)
  child.once('exit', () => lost(new Error('the shell that runs systemd-notify has ended')))
  child.stdin.on('error', lost)
  createInterface({ input: child.stdout }).on('line', (code) =>
    shell.settle?.(code === '0' ? undefined : new Error(`systemd-notify ended with code ${code}`)),
  )
  return shell
}
