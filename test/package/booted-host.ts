// Hosts that boot: a Debian 13 tree each, run by systemd in a container with a network namespace of
// its own. Needs root, mmdebstrap and systemd-container. Everything is removed at the end.
import { type ChildProcess, execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { Agent, type AgentOptions } from 'node:http'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Client } from '../e2e/client.ts'
import { type KeptClient, spawnKnown } from '../e2e/daemon.ts'
import { eventually } from '../e2e/eventually.ts'
import type { Net } from '../netns/net.ts'

/** What a host has besides what every Debian has; the package's own dependencies are among it. */
const PACKAGES = ['systemd', 'systemd-sysv', 'dbus', 'nodejs', 'libjemalloc2', 'procps', 'lintian']

/** Unit: ms. Half a minute where nothing else runs. */
const TREE_WAIT_MS = 600_000
const BOOT_WAIT_MS = 120_000
const COMMAND_WAIT_MS = 120_000

const PORT = 8181
const RELAY = fileURLToPath(new URL('../netns/relay.mjs', import.meta.url))
const CGROUPS = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup']

/** Two containers in one control group would be one to systemd: each gets a group, and stays there. */
const INTO_GROUP = `name=$1; shift
for at in ${CGROUPS.join(' ')}; do
  if [ -w "$at/cgroup.procs" ]; then mkdir -p "$at/$name"; echo $$ >"$at/$name/cgroup.procs"; fi
done
exec "$@"`

const run = promisify(execFile)

const booted = new Set<BootedHost>()
process.once('exit', () => {
  for (const host of booted) host.kill()
})

/** Makes a tree that hosts can be copied from. `directory` must not exist. */
export async function makeTree(directory: string): Promise<void> {
  const format = '$(REPO_URI)'
  const wanted = ['Created-By: Packages', 'Origin: Debian', 'Label: Debian']
  const { stdout } = await run('apt-get', ['indextargets', '--format', format, ...wanted])
  const [mirror] = stdout.split('\n')
  if (mirror === undefined || mirror === '') throw new Error('apt knows no mirror of Debian')
  const include = `--include=${PACKAGES.join()}`
  const args = ['--variant=apt', include, '--format=directory', 'trixie', directory, mirror]
  await run('mmdebstrap', args, { timeout: TREE_WAIT_MS })
}

export class BootedHost {
  readonly number: number
  readonly client: Client
  readonly #tree: string
  readonly #group: string
  readonly #connect: AgentOptions
  readonly #container: ChildProcess
  readonly #relay: ChildProcess
  #leader = ''

  private constructor(number: number, net: Net, tree: string) {
    this.number = number
    this.#tree = tree
    this.#group = `${net.nameOf(number)}-booted`
    const nspawn = ['systemd-nspawn', '--boot', `--directory=${tree}`, `--machine=host${number}`]
    const place = [`--network-namespace-path=/run/netns/${net.nameOf(number)}`, '--resolv-conf=off']
    const alone = ['--register=no', '--keep-unit', '--console=pipe']
    const command = ['-c', INTO_GROUP, 'sh', this.#group, ...nspawn, ...place, ...alone]
    this.#container = spawnKnown('sh', command, 'pipe')
    // Nobody reads what systemd writes to its console.
    this.#container.stdout?.resume()
    this.#container.stderr?.resume()
    const socket = `${tree}.socket`
    const relay = [process.execPath, RELAY, socket, '127.0.0.1', String(PORT)]
    const [program = '', ...args] = [...net.on(number), ...relay]
    this.#relay = spawnKnown(program, args, 'pipe')
    // Node's agent passes this on; its type does not say so.
    this.#connect = { socketPath: socket } as AgentOptions
    this.client = new Client('http://127.0.0.1', new Agent({ ...this.#connect, keepAlive: false }))
  }

  /** Boots a copy of the tree on a host of the net; settles once its services run. */
  static async boot(number: number, net: Net, base: string): Promise<BootedHost> {
    const tree = `${base}-host${number}`
    await run('cp', ['--archive', '--reflink=auto', base, tree], { timeout: TREE_WAIT_MS })
    const host = new BootedHost(number, net, tree)
    booted.add(host)
    await eventually(async () => {
      host.#leader = leaderOf(host.#container)
      const state = await host.try('systemctl', 'is-system-running')
      if (!/^(running|degraded)\n$/.test(state)) throw new Error(`${tree} is ${state}`)
    }, BOOT_WAIT_MS)
    return host
  }

  /** Puts a file of this machine into /root. */
  give(path: string): string {
    mkdirSync(join(this.#tree, 'root'), { recursive: true })
    cpSync(path, join(this.#tree, 'root', basename(path)))
    return join('/root', basename(path))
  }

  /** Runs a command on the host, as its root; gives what it prints. Rejects unless it exits with 0. */
  async run(...command: string[]): Promise<string> {
    const { stdout } = await run('nsenter', this.#inside(command), { timeout: COMMAND_WAIT_MS })
    return stdout
  }

  /** The same, whatever the exit code. */
  async try(...command: string[]): Promise<string> {
    const options = { timeout: COMMAND_WAIT_MS }
    return new Promise((resolve) => {
      execFile('nsenter', this.#inside(command), options, (_error, stdout) => resolve(stdout))
    })
  }

  /** A property of the service, as systemd knows it. */
  async service(property: string): Promise<string> {
    const text = await this.run('systemctl', 'show', 'diststore', '--property', property, '--value')
    return text.trim()
  }

  /** The log of the service, its lines without marks in front. */
  journal(): Promise<string> {
    return this.run('journalctl', '--unit=diststore', '--output=cat', '--no-pager')
  }

  keepConnections(): KeptClient {
    const agent = new Agent({ ...this.#connect, keepAlive: true })
    return { client: new Client('http://127.0.0.1', agent), end: () => agent.destroy() }
  }

  /** Ends it as a power cut would. Its systemd first: nobody else ends that, nor what runs there. */
  kill(): void {
    booted.delete(this)
    this.#relay.kill('SIGKILL')
    if (isIn(this.#group, this.#leader)) process.kill(Number(this.#leader), 'SIGKILL')
    this.#container.kill('SIGKILL')
  }

  /** Ends it, and removes what it left outside its tree. */
  async end(): Promise<void> {
    this.kill()
    await eventually(() => {
      for (const at of CGROUPS) removeGroup(join(at, this.#group))
    })
  }

  #inside(command: readonly string[]): string[] {
    const env = ['env', '-i', 'PATH=/usr/sbin:/usr/bin', 'HOME=/root', 'LANG=C.UTF-8', 'TERM=dumb']
    return ['--target', this.#leader, '--all', ...env, ...command]
  }
}

/** The systemd of a container: the one child of the program that holds it. */
function leaderOf({ pid }: ChildProcess): string {
  const [leader] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
  if (leader === undefined || leader === '') throw new Error('the container has not started')
  return leader
}

/** False too for a process that has ended, whoever has its number now. */
function isIn(group: string, pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(group)
  } catch {
    return false // it has ended, or never began
  }
}

/** Groups hold groups, and files that nobody can remove. Throws while a process is in one. */
function removeGroup(path: string): void {
  let entries
  try {
    entries = readdirSync(path, { withFileTypes: true })
  } catch {
    return // it is not there: another kind of machine, or removed before
  }
  for (const entry of entries) if (entry.isDirectory()) removeGroup(join(path, entry.name))
  rmdirSync(path)
}
