// A server under measurement: a process of its own, held to one processor, whose use of it is counted.
// Ends by pid; whatever is left ends with this process.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** The server has one processor, what loads it has the other. */
export const SERVER_CPU = '0'
export const LOAD_CPU = '1'

/** One that does not listen by then will not. Unit: ms. Fifty that run leave little to one that starts. */
const START_WAIT_MS = 120_000
const START_PAUSE_MS = 50

/** A peer that does not end by itself by then is killed. Unit: ms. */
const END_WAIT_MS = 10_000

/** What /proc counts processor time in. Unit: ticks a second; Linux has no other since 2.6. */
const TICKS_A_SECOND = 100

/** Fields 14 and 15 of /proc/PID/stat, counted from behind the name, which may hold blanks. */
const USER_TICKS = 11
const SYSTEM_TICKS = 12

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1))
}

export interface ServerOptions {
  readonly program: string
  readonly args: readonly string[]
  /** Where it logs, and runs. */
  readonly directory: string
  readonly port: number
  readonly host?: string
  /** Not held to one processor. */
  readonly isFree?: boolean
  /** Beside the variables of this process. */
  readonly environment?: Readonly<Record<string, string>>
}

/** One process. */
export class Server {
  readonly port: number
  readonly host: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, { port, host = '127.0.0.1' }: ServerOptions) {
    this.port = port
    this.host = host
    this.#child = child
  }

  /** Resolves once it takes connections. Rejects with the end of its log when it does not. */
  static async start(options: ServerOptions): Promise<Server> {
    const { program, args, directory, isFree = false, environment = {} } = options
    mkdirSync(directory, { recursive: true })
    const logFile = join(directory, 'log')
    const log = openSync(logFile, 'a')
    const [name, ...rest] = isFree
      ? [program, ...args]
      : ['taskset', '-c', SERVER_CPU, program, ...args]
    const env = { ...process.env, ...environment }
    const child = spawn(name, rest, { cwd: directory, env, stdio: ['ignore', log, log] })
    closeSync(log)
    running.add(child)
    child.once('exit', () => running.delete(child))
    // A program that is not there: seen by its missing pid.
    child.once('error', () => running.delete(child))
    const server = new Server(child, options)
    if (!(await server.#listens())) {
      // Nobody else knows of it, and it would keep this process from ending.
      await server.kill()
      const tail = readFileSync(logFile, 'utf8').slice(-1000)
      throw new Error(`${program} takes no connections at port ${options.port}: ${tail}`)
    }
    return server
  }

  /** Processor time used so far, in all its threads and by its workers. Unit: s. */
  get cpuSeconds(): number {
    return this.#pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0)
  }

  /** How often one of its threads has gone to sleep so far. Each of them was woken before. */
  get sleeps(): number {
    const tasks = `/proc/${this.#child.pid}/task`
    return readdirSync(tasks).reduce((sum, task) => sum + sleepsOf(`${tasks}/${task}/status`), 0)
  }

  /** Itself, and the processes that it started. */
  get #pids(): string[] {
    const pid = String(this.#child.pid)
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return [pid, ...children.split(' ').filter((each) => each !== '')]
  }

  /** What it alone has in memory: without pages of files, which the system may drop. Unit: bytes. */
  get anonymousBytes(): number {
    return this.#memoryBytes('Anonymous')
  }

  /** All it has in memory, pages of files among it. Unit: bytes. */
  get residentBytes(): number {
    return this.#memoryBytes('Rss')
  }

  #memoryBytes(line: string): number {
    const text = readFileSync(`/proc/${this.#child.pid}/smaps_rollup`, 'utf8')
    return Number(new RegExp(`^${line}: +(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    const child = this.#child
    if (hasEnded(child)) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (hasEnded(child)) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), END_WAIT_MS)
    await ended
    clearTimeout(timer)
  }

  async #listens(): Promise<boolean> {
    const untilMs = performance.now() + START_WAIT_MS
    while (performance.now() < untilMs) {
      if (hasEnded(this.#child)) return false
      if (await takesConnections(this.host, this.port)) return true
      await pause(START_PAUSE_MS)
    }
    return false
  }
}

/** Or never was: there is no such program. */
function hasEnded({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null
}

function cpuSecondsOf(pid: string): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])) / TICKS_A_SECOND
}

function sleepsOf(status: string): number {
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readFileSync(status, 'utf8'))?.[1])
}

function takesConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host)
    const end = (does: boolean): void => {
      socket.destroy()
      resolve(does)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}
