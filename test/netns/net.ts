// Hosts as network namespaces, each with one cable to a switch. The switch is a namespace of its own
// with two bridges, so this machine's own network is never touched. Needs root and iproute2.
import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

/** A stuck `ip` must not hang a test. Unit: ms. */
const COMMAND_WAIT_MS = 10_000

/** What a host has in its namespace. */
const PORT_OF_HOST = 'eth0'

/** Two switches without a cable between them; all hosts start on the first. */
export const SWITCHES = ['left', 'right'] as const
export type Switch = (typeof SWITCHES)[number]

const NAME = /^ds-(\d+)-/
const run = promisify(execFile)

const made = new Set<Net>()
process.once('exit', () => {
  for (const net of made) net.remove()
})

let created = 0

export class Net {
  readonly hosts: number
  /** Every name of ours begins so: with the process that removes it. */
  readonly #prefix: string

  private constructor(hosts: number, prefix: string) {
    this.hosts = hosts
    this.#prefix = prefix
  }

  /** Hosts 1 to `hosts`, at 10.1.2.1 and so on, plugged in. Throws when that cannot be made. */
  static create(hosts: number): Net {
    removeForgotten()
    const net = new Net(hosts, `ds-${process.pid}-${++created}-`)
    made.add(net)
    try {
      net.#make()
    } catch (error) {
      net.remove()
      throw error
    }
    return net
  }

  address(host: number): string {
    return `10.1.2.${host}`
  }

  /** What to put before a command so that it runs on this host. Its process id stays its own. */
  on(host: number): readonly string[] {
    return ['ip', 'netns', 'exec', this.nameOf(host)]
  }

  /** Changes the interfaces of a host, or the ports and bridges of the switch, with `ip`. */
  async change(where: number | 'switch', ...commands: string[]): Promise<void> {
    await this.#ip(where, ...commands)
  }

  /** Both ends see that the cable is out. */
  async unplug(host: number): Promise<void> {
    await this.#ip('switch', `link set ${portName(host)} down`)
  }

  async plug(host: number): Promise<void> {
    await this.#ip('switch', `link set ${portName(host)} up`)
  }

  /** Plugs these hosts into a switch; neither end sees its link go down. */
  async move(hosts: readonly number[], to: Switch): Promise<void> {
    const moves = hosts.map((host) => `link set ${portName(host)} master ${to}`)
    await this.#ip('switch', ...moves)
  }

  /** One way of a cable is cut: nothing that this host sends arrives anywhere. */
  async mute(host: number): Promise<void> {
    await this.#tc(host, `qdisc replace dev ${PORT_OF_HOST} root blackhole`)
  }

  /** One way of a cable is cut: nothing that others send arrives at this host. */
  async deafen(host: number): Promise<void> {
    await this.#tc('switch', `qdisc replace dev ${portName(host)} root blackhole`)
  }

  /** Ends `mute`. */
  async unmute(host: number): Promise<void> {
    await this.#tc(host, `qdisc delete dev ${PORT_OF_HOST} root`)
  }

  /** Ends `deafen`. */
  async undeafen(host: number): Promise<void> {
    await this.#tc('switch', `qdisc delete dev ${portName(host)} root`)
  }

  /** Removes everything, at once; what still runs in a namespace keeps it until it ends. */
  remove(): void {
    made.delete(this)
    for (const name of namespaces()) if (name.startsWith(this.#prefix)) ip('netns', 'delete', name)
  }

  #make(): void {
    ip('netns', 'add', this.nameOf('switch'))
    for (const name of SWITCHES) {
      const bridge = `link add ${name} type bridge mcast_snooping 0`
      ipIn(this.nameOf('switch'), [bridge, `link set ${name} up`])
    }
    for (let host = 1; host <= this.hosts; host++) this.#makeHost(host)
  }

  #makeHost(host: number): void {
    const [name, port] = [this.nameOf(host), portName(host)]
    ip('netns', 'add', name)
    ipIn(this.nameOf('switch'), [
      `link add ${port} type veth peer name ${PORT_OF_HOST} netns ${name}`,
      `link set ${port} master ${SWITCHES[0]} up`,
    ])
    ipIn(name, [
      `address add ${this.address(host)}/24 dev ${PORT_OF_HOST}`,
      'link set lo up',
      `link set ${PORT_OF_HOST} up`,
    ])
  }

  /** The network namespace of a host. */
  nameOf(host: number | 'switch'): string {
    return `${this.#prefix}${host}`
  }

  async #ip(host: number | 'switch', ...commands: string[]): Promise<void> {
    for (const command of commands) {
      await run('ip', ['-n', this.nameOf(host), ...command.split(' ')], LIMITS)
    }
  }

  async #tc(host: number | 'switch', command: string): Promise<void> {
    await run('tc', ['-n', this.nameOf(host), ...command.split(' ')], LIMITS)
  }
}

/** Why namespaces cannot be made here, in a sentence; undefined: they can. */
export function netProblem(): string | undefined {
  try {
    Net.create(2).remove()
    return undefined
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error)
    return `network namespaces cannot be made here (they need root and iproute2): ${reason}`
  }
}

const LIMITS = { timeout: COMMAND_WAIT_MS } as const

function portName(host: number): string {
  return `port${host}`
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, {
    ...LIMITS,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function ipIn(namespace: string, commands: readonly string[]): void {
  for (const command of commands) ip('-n', namespace, ...command.split(' '))
}

function namespaces(): string[] {
  const names = ip('netns', 'list').split('\n')
  return names.map((line) => line.split(' ')[0] ?? '').filter((name) => NAME.test(name))
}

/** What a killed process left behind; its id is in the name. */
function removeForgotten(): void {
  for (const name of namespaces()) {
    const [, pid] = NAME.exec(name) ?? []
    if (!existsSync(`/proc/${pid}`)) ip('netns', 'delete', name)
  }
}
