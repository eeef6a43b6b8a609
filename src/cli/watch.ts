// diststore watch: changes as they are committed, one a line, until it is interrupted.
import type { Readable } from 'node:stream'
import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { type NodeEvent, nodeEvents } from './event-stream.ts'
import { EXIT, Failure } from './exit-codes.ts'
import { withQuery } from './key-path.ts'
import { WATCH_PAUSE_MS, WATCH_REDIRECTS_MAX, WATCH_TRIES } from './limits.ts'
import { NodeConnection } from './node-connection.ts'

interface WatchOptions {
  readonly count?: string
  readonly json?: true
}

export function addWatch(program: Command, cli: Cli): void {
  program
    .command('watch [prefix]')
    .summary('show changes as they happen')
    .description(
      'Prints the changes of keys that begin with the prefix, and new views, one a line, keys\n' +
        'percent-encoded. After a break it connects again; what changed meanwhile is not shown.',
    )
    .option('--count <number>', 'end after so many changes of keys')
    .option('--json', 'print each as JSON')
    .action(async (prefix: string | undefined, options: WatchOptions) => {
      await new Watch(cli, withQuery('/events', { prefix }), options).run()
    })
}

class Watch {
  readonly #cli: Cli
  readonly #path: string
  readonly #isJson: boolean
  #left: number

  constructor(cli: Cli, path: string, { count, json }: WatchOptions) {
    this.#cli = cli
    this.#path = path
    this.#isJson = json === true
    this.#left = count === undefined ? Number.POSITIVE_INFINITY : Number(count)
    if (!(this.#left >= 1)) throw new Failure(EXIT.usage, '--count must be a number above 0')
  }

  /** The first connection must succeed; later ones may fail for a while, as in a fail-over. */
  async run(): Promise<void> {
    let wasConnected = false
    let failures = 0
    while (this.#left > 0) {
      try {
        await this.#follow(() => {
          if (wasConnected) this.#cli.warn('connected again: changes may have been missed')
          wasConnected = true
          failures = 0
        })
      } catch (error) {
        const mayPass = error instanceof Failure && error.exitCode === EXIT.unreachable
        if (!wasConnected || !mayPass || ++failures >= WATCH_TRIES) throw error
      }
      if (this.#left > 0) await this.#cli.world.time.pause(WATCH_PAUSE_MS)
    }
  }

  /** One connection, until it ends or enough was seen. */
  async #follow(onConnected: () => void): Promise<void> {
    const { node, body } = await this.#connect()
    try {
      onConnected()
      for await (const event of nodeEvents(body)) {
        this.#show(event)
        if (this.#left <= 0) return
      }
    } catch (error) {
      throw error instanceof SyntaxError ? node.isNoNode() : node.brokeOff(error)
    } finally {
      body.destroy()
      if (node !== this.#cli.node) await node.close()
    }
  }

  /** Nodes that are not the primary name it. */
  async #connect(): Promise<{ node: NodeConnection; body: Readable }> {
    let { node } = this.#cli
    for (let hops = 0; hops < WATCH_REDIRECTS_MAX; hops++) {
      const answer = await node.askOrRedirect({ method: 'GET', path: this.#path })
      if (answer.kind === 'answer') return { node, body: answer.body }
      if (node !== this.#cli.node) await node.close()
      node = new NodeConnection(answer.origin)
    }
    const sentence = 'the nodes do not agree on who is primary: try again in a second'
    throw new Failure(EXIT.unreachable, sentence)
  }

  #show({ name, data }: NodeEvent): void {
    if (name === 'put' || name === 'delete') this.#left--
    if (this.#isJson) this.#cli.say(JSON.stringify({ event: name, ...data }))
    else this.#cli.say(lineOf({ name, data }))
  }
}

function lineOf({ name, data }: NodeEvent): string {
  switch (name) {
    case 'put':
    case 'delete':
      return `${name.padEnd(6)}  ${encodeURIComponent(String(data['key']))}  ${String(data['version'])}`
    case 'lost':
      return `lost    ${String(data['count'])} changes: they came faster than they were read`
    case 'view':
      return `view    ${String(data['ballot'])}, ${mastersText(data['masters'])}, ${String(data['nodes'])} nodes`
    default:
      return `${name}  ${JSON.stringify(data)}`
  }
}

function mastersText(masters: unknown): string {
  if (!Array.isArray(masters)) return 'no masters'
  const addresses = masters.map((master) => {
    const { address, inSync }: { address?: unknown; inSync?: unknown } = Object(master)
    return `${String(address)}${inSync === true ? '' : ' (syncing)'}`
  })
  return `masters ${addresses.join(' ')}`
}
