// Keeps a running node in touch with its network: follows the interfaces of the machine, and looks
// for the nodes that the operator named. What is done with that is the core's business.
import type { InterfaceAddress } from '../config/addresses.ts'
import type { NodeSettings } from '../config/settings.ts'
import { joinAddress } from '../network/address.ts'
import { addressOfHost } from '../network/names.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { after, every, type StopTimer } from '../system/timers.ts'
import type { Driver } from './driver.ts'
import { INTERFACES_EVERY_MS } from './limits.ts'
import { Seeds } from './seeds.ts'
import type { Transport } from './transport.ts'
import { Whereabouts } from './whereabouts.ts'

export interface FinderParts {
  readonly driver: Pick<Driver, 'step'>
  readonly clock: Clock
  readonly log: Pick<Log, 'info' | 'warn'>
  /** The machine's interfaces at this moment. */
  readonly interfaces: () => readonly InterfaceAddress[]
}

export class Finder {
  readonly #parts: FinderParts
  readonly #port: number
  readonly #whereabouts: Whereabouts
  #seeds: Seeds
  #stopLooking: StopTimer = () => {}

  constructor(settings: NodeSettings, parts: FinderParts) {
    const { port, placeWish, announceHost, interfaceAddress, nodes } = settings
    this.#parts = parts
    this.#port = port
    this.#whereabouts = new Whereabouts(placeWish, { announceHost, interfaceAddress })
    this.#seeds = this.#seedsFor(nodes)
  }

  /** For GET /cluster. */
  warnings(): readonly string[] {
    return this.#whereabouts.warnings()
  }

  /** The driver must be running. */
  start(transport: Pick<Transport, 'useInterface'>): void {
    this.#look(transport)
    this.#stopLooking = every(INTERFACES_EVERY_MS, () => this.#look(transport))
    void this.#seeds.start()
  }

  /** Looks for these `host:port` from now on, and for none of those named before. */
  useNodes(nodes: readonly string[]): void {
    this.#seeds.stop()
    this.#parts.driver.step({ kind: 'lookFor', addresses: [] })
    this.#seeds = this.#seedsFor(nodes)
    void this.#seeds.start()
  }

  /** May be called twice. */
  stop(): void {
    this.#stopLooking()
    this.#seeds.stop()
  }

  #seedsFor(nodes: readonly string[]): Seeds {
    const { driver, log } = this.#parts
    return new Seeds(nodes, {
      addressOfHost,
      lookFor: (addresses) => driver.step({ kind: 'lookFor', addresses }),
      log: (event, fields) => log.warn(event, fields),
      after,
    })
  }

  #look(transport: Pick<Transport, 'useInterface'>): void {
    const { driver, clock, log, interfaces } = this.#parts
    const change = this.#whereabouts.look(interfaces(), clock.monotonicMs())
    if (change.kind === 'none') return
    const { announceHost, interfaceAddress } = this.#whereabouts.place
    transport.useInterface(interfaceAddress)
    if (change.kind === 'back') {
      log.info('interface-back', { interface: interfaceAddress })
      return
    }
    const address = joinAddress(announceHost, this.#port)
    const from = joinAddress(change.from.announceHost, this.#port)
    log.info('node-moved', { address, from, interface: interfaceAddress })
    if (address !== from) driver.step({ kind: 'moved', address })
  }
}
