// The built command as a person runs it, against one node.
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'

const CLI = resolve('dist/bin/diststore.js')

/** The command that neither ends nor answers is a failure. Unit: ms. */
const RUN_WAIT_MS = 60_000

export interface Ran {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

interface RunOptions {
  readonly input?: Buffer
  /** It is ended after this. Unit: ms. */
  readonly waitMs?: number
  /** Called whenever something was printed. */
  readonly onStdout?: () => void
}

/** Settles with what it printed and its exit code. */
export function diststore(
  address: string,
  words: readonly string[],
  { input, waitMs = RUN_WAIT_MS, onStdout }: RunOptions = {},
): Promise<Ran> {
  const env = { PATH: process.env['PATH'], DISTSTORE_URL: address }
  const child = spawn(process.execPath, [CLI, ...words], { env, timeout: waitMs })
  const stdout: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout.push(chunk)
    onStdout?.()
  })
  child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)))
  child.stdin.on('error', () => {}) // It may end before it has read all.
  child.stdin.end(input)
  return new Promise((settle, reject) => {
    child.on('error', reject)
    child.on('close', (code) => settle({ code, stdout: Buffer.concat(stdout), stderr }))
  })
}
