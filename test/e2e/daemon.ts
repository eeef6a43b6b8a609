// One diststored process after another at one address, with one data directory and one log.
// Whatever it starts ends with this process at the latest; signals go to process ids, never names.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { Agent, type AgentOptions } from 'node:http'
import { resolve } from 'node:path'
import { Client } from './client.ts'

/** The built daemon; another build is tried with the environment variable. */
export const BIN = resolve(process.env['DISTSTORE_E2E_BIN'] ?? 'dist/bin/diststored.js')

const LOSE_DATAGRAMS = new URL('lose-datagrams.mjs', import.meta.url).href

const HOLD_CALLS = new URL('hold-calls.mjs', import.meta.url).href

const LOG_TAIL_LINES = 40

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1))
}

export interface DaemonOptions {
  /** host:port, as it announces itself. */
  readonly address: string
  readonly dataDir: string
  readonly logFile: string
  /** All but its data directory. */
  readonly flags: readonly string[]
  /** What runs the program: nothing, or a command that becomes it. */
  readonly command: readonly string[]
  /** How its clients connect. */
  readonly connect: AgentOptions
}

/** A client that keeps its connections, and how to end them. */
export interface KeptClient {
  readonly client: Client
  readonly end: () => void
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly tookMs: number
}

export class Daemon {
  readonly address: string
  readonly client: Client
  readonly #options: DaemonOptions
  /** Modules loaded before the daemon, with what they are told. */
  readonly #preloads = new Map<string, Readonly<Record<string, string>>>()
  #child: ChildProcess | undefined
  #program = BIN

  constructor(options: DaemonOptions) {
    this.#options = options
    this.address = options.address
    // A connection kept from before a kill would fail for a reason of its own.
    const fresh = new Agent({ ...options.connect, keepAlive: false })
    this.client = new Client(`http://${this.address}`, fresh)
  }

  keepConnections(maxSockets = Infinity): KeptClient {
    const agent = new Agent({ ...this.#options.connect, keepAlive: true, maxSockets })
    return { client: new Client(`http://${this.address}`, agent), end: () => agent.destroy() }
  }

  get isRunning(): boolean {
    const child = this.#child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  /** From its next start on it loses this share of the datagrams of a type. */
  lose(type: number | 'any', share: number): void {
    this.#preloads.set(LOSE_DATAGRAMS, { LOSE: `${type}:${share}` })
  }

  /** From its next start on it leaves calls of a kind unanswered while this file is there. */
  hold(kind: string, file: string): void {
    this.#preloads.set(HOLD_CALLS, { HOLD: kind, HOLD_WHILE: file })
  }

  /** From its next start on it is this build. */
  become(program: string): void {
    this.#program = program
  }

  /** From its next start on it is the build under test again. */
  becomeNew(): void {
    this.#program = BIN
  }

  /** Starts the process; does not wait for it. `flags` come after those of the cluster. */
  start(...flags: string[]): void {
    const { command, dataDir, logFile } = this.#options
    const log = openSync(logFile, 'a')
    const imports = [...this.#preloads.keys()].flatMap((url) => ['--import', url])
    const args = [
      ...imports,
      this.#program,
      '--data-dir',
      dataDir,
      ...this.#options.flags,
      ...flags,
    ]
    const env = Object.assign({}, process.env, ...this.#preloads.values())
    const [program = '', ...rest] = [...command, process.execPath, ...args]
    this.#child = spawnKnown(program, rest, log, { env })
    closeSync(log)
  }

  /** kill -9. Returns when the process is gone. */
  kill(): Promise<Ended> {
    return this.#end('SIGKILL')
  }

  /** SIGTERM. Returns when the process is gone, which is up to the process. */
  stop(): Promise<Ended> {
    return this.#end('SIGTERM')
  }

  /** Holds the process as it is: it neither runs nor ends, and its connections stay. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Takes its disk away; the next start finds nothing. */
  wipe(): void {
    rmSync(this.#options.dataDir, { recursive: true, force: true })
  }

  /** Bytes logged so far. */
  logBytes(): number {
    return statSync(this.#options.logFile).size
  }

  /** What was logged under this name, oldest first. */
  logged(event: string): Readonly<Record<string, unknown>>[] {
    return this.#logLines()
      .filter((line) => line.includes(`"event":"${event}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  logTail(): string {
    try {
      return this.#logLines().slice(-LOG_TAIL_LINES).join('\n')
    } catch {
      return '(no log)'
    }
  }

  #logLines(): string[] {
    return readFileSync(this.#options.logFile, 'utf8').trimEnd().split('\n')
  }

  async #end(signal: NodeJS.Signals): Promise<Ended> {
    const child = this.#child
    if (child === undefined) throw new Error(`${this.address} was never started`)
    const startedMs = Date.now()
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill(signal)
      await exited
    }
    return { code: child.exitCode, signal: child.signalCode, tookMs: Date.now() - startedMs }
  }
}

/** Starts a program whose end is seen to; both its outputs go to `output`. */
export function spawnKnown(
  program: string,
  args: readonly string[],
  output: number | 'pipe',
  more: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): ChildProcess {
  const child = spawn(program, args, { stdio: ['ignore', output, output], ...more })
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', () => running.delete(child))
  return child
}
