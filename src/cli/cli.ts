// What every verb is given: the world, the node it talks to, and the way its text goes out.
// Knows no verb.
import { pipeline } from 'node:stream/promises'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { originOf } from './local-node.ts'
import { type Asked, NodeConnection } from './node-connection.ts'
import { type Styles, stylesFor } from './styles.ts'
import type { CliWorld } from './world.ts'

export class Cli {
  readonly world: CliWorld
  readonly styles: Styles
  /** What the verb came to; it may set another code. */
  exitCode: ExitCode = EXIT.ok
  readonly #url: () => string | undefined
  #node: NodeConnection | undefined

  /** `url` gives what --url said, once the arguments are read. */
  constructor(world: CliWorld, url: () => string | undefined) {
    this.world = world
    this.styles = stylesFor(world.hasColours)
    this.#url = url
  }

  /** The node that is asked. Throws a Failure when what was given names none. */
  get node(): NodeConnection {
    this.#node ??= new NodeConnection(originOf(this.#url(), this.world))
    return this.#node
  }

  /** The same node, for many requests at once. Has to be closed. */
  connections(count: number): NodeConnection {
    return new NodeConnection(this.node.origin, { connections: count })
  }

  /** One line of the answer. */
  say(text: string): void {
    this.world.stdout.write(`${text}\n`)
  }

  /** The answer for scripts: one JSON value, as the node gave it. */
  sayJson(value: unknown): void {
    this.say(JSON.stringify(value, undefined, 2))
  }

  /** An answer as it comes, byte for byte. Rejects with a Failure when it breaks off. */
  async print(asked: Asked): Promise<void> {
    const { body } = await this.node.ask(asked)
    try {
      await pipeline(body, this.world.stdout, { end: false })
    } catch (error) {
      throw this.node.brokeOff(error)
    }
  }

  /** One line that is no part of the answer. */
  warn(text: string): void {
    this.world.stderr.write(`diststore: ${text.replaceAll(/\s*\n\s*/g, ' ')}\n`)
  }

  async close(): Promise<void> {
    await this.#node?.close()
  }
}
