// A disk that tests may fill, lock and damage: a tmpfs in a mount namespace of its own, which the
// rest of the machine does not see. Needs unshare and nsenter, and user namespaces or root.
import { type ChildProcess, spawnSync } from 'node:child_process'
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { spawnKnown } from '../e2e/daemon.ts'

/** A holder that nobody ends does so by itself. Unit: s. */
const HOLDER_LIFE_S = 900

/** A command that hangs must not hang a test. Unit: ms. */
const COMMAND_WAIT_MS = 20_000

const NAMESPACES = ['--map-root-user', '--mount']

const CHUNK = Buffer.alloc(64 * 1024, 1)

export class SmallDisk {
  readonly #path: string
  readonly #holder: ChildProcess
  readonly #pid: number

  private constructor(path: string, holder: ChildProcess) {
    this.#path = path
    this.#holder = holder
    this.#pid = holder.pid ?? 0
  }

  /** Mounts one of so many MiB at this path. */
  static async mount(path: string, sizeMiB: number): Promise<SmallDisk> {
    mkdirSync(path, { recursive: true })
    const mount = `mount -t tmpfs -o size=${sizeMiB}m tmpfs "$0"`
    const script = `${mount} && echo mounted && exec sleep ${HOLDER_LIFE_S}`
    const holder = spawnKnown('unshare', [...NAMESPACES, 'sh', '-c', script, path], 'pipe')
    const ended = once(holder, 'exit').then(() => {
      throw new Error('no disk can be mounted here: unshare --map-root-user --mount failed')
    })
    await Promise.race([once(holder.stdout ?? holder, 'data'), ended])
    ended.catch(() => {})
    return new SmallDisk(path, holder)
  }

  /** What to put before a command so that it sees the disk. Its process id stays its own. */
  get command(): readonly string[] {
    const spaces = ['--user', '--preserve-credentials', '--mount']
    return ['nsenter', '--target', String(this.#pid), ...spaces]
  }

  /** A file on the disk, as this process can open it. */
  file(name: string): string {
    return join(`/proc/${this.#pid}/root${this.#path}`, name)
  }

  read(name: string): Buffer {
    return readFileSync(this.file(name))
  }

  /** Another program takes all the room there is, but for so many bytes. */
  fill(leftBytes = 0): void {
    const file = openSync(this.file('ballast'), 'w')
    try {
      for (let size = CHUNK.length; size >= 1; ) {
        try {
          if (writeSync(file, CHUNK, 0, size) < size) size = Math.floor(size / 2)
        } catch {
          size = Math.floor(size / 2)
        }
      }
      ftruncateSync(file, Math.max(0, fstatSync(file).size - leftBytes))
    } finally {
      closeSync(file)
    }
  }

  /** Gives that room back. */
  unfill(): void {
    rmSync(this.file('ballast'))
  }

  /** From now on nothing on it can be changed. Nothing may be open for writing. */
  lock(): void {
    this.#run('mount', '-o', 'remount,ro', this.#path)
  }

  unlock(): void {
    this.#run('mount', '-o', 'remount,rw', this.#path)
  }

  /** The files are gone once no process uses them. */
  end(): void {
    this.#holder.kill('SIGKILL')
  }

  #run(...command: string[]): void {
    const [program = '', ...args] = [...this.command, ...command]
    const { status, stderr } = spawnSync(program, args, {
      encoding: 'utf8',
      timeout: COMMAND_WAIT_MS,
    })
    if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`)
  }
}

/** Why no disk can be mounted here, in a sentence; undefined: it can. */
export function diskProblem(): string | undefined {
  const { status } = spawnSync('unshare', [...NAMESPACES, 'true'], { timeout: COMMAND_WAIT_MS })
  return status === 0 ? undefined : 'no disk can be mounted here (unshare --map-root-user --mount)'
}
