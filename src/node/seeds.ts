// The addresses of the nodes that an operator named, as far as their names are known by now.
// Looks up one name at a time: a name service that hangs holds up nothing but itself.
import type { Address } from '../core/types.ts'
import { joinAddress, splitAddress } from '../network/address.ts'
import type { StopTimer } from '../system/timers.ts'
import { NAMES_AGAIN_MS, NAMES_EVERY_MS } from './limits.ts'

export interface SeedsParts {
  /** The IPv4 address of a host; undefined: not known now. Never rejects. */
  readonly addressOfHost: (host: string) => Promise<string | undefined>
  readonly lookFor: (addresses: readonly Address[]) => void
  readonly log: (event: 'node-name-unknown', fields: Readonly<Record<string, unknown>>) => void
  /** Runs the work once, after a wait in ms. */
  readonly after: (waitMs: number, work: () => void) => StopTimer
}

export class Seeds {
  readonly #nodes: readonly string[]
  readonly #parts: SeedsParts
  readonly #known = new Map<string, Address>()
  readonly #unknown = new Set<string>()
  #stopTimer: StopTimer = () => {}
  #isStopped = false

  /** `nodes`: `host:port` each. */
  constructor(nodes: readonly string[], parts: SeedsParts) {
    this.#nodes = nodes
    this.#parts = parts
  }

  /** Settles once every name was looked up; goes on looking until stopped. */
  async start(): Promise<void> {
    if (this.#nodes.length > 0) await this.#lookUp()
  }

  /** May be called twice. */
  stop(): void {
    this.#isStopped = true
    this.#stopTimer()
  }

  async #lookUp(): Promise<void> {
    for (const node of this.#nodes) {
      await this.#lookUpOne(node)
      if (this.#isStopped) return
    }
    const waitMs = this.#unknown.size > 0 ? NAMES_AGAIN_MS : NAMES_EVERY_MS
    this.#stopTimer = this.#parts.after(waitMs, () => void this.#lookUp())
  }

  /** An address that was known stays: a name service that fails has not moved anybody. */
  async #lookUpOne(node: string): Promise<void> {
    const { host, port } = splitAddress(node)
    const found = await this.#parts.addressOfHost(host)
    if (found === undefined) {
      if (!this.#unknown.has(node)) this.#parts.log('node-name-unknown', { node })
      this.#unknown.add(node)
      return
    }
    this.#unknown.delete(node)
    const address = joinAddress(found, port)
    if (this.#known.get(node) === address || this.#isStopped) return
    this.#known.set(node, address)
    this.#parts.lookFor([...new Set(this.#known.values())])
  }
}
