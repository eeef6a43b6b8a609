// Keeps a socket a member of the multicast group while interfaces come and go.
// Never gives up: what fails is logged once a change and tried again.
import type { Socket } from 'node:dgram'
import { ChangeLog } from './change-log.ts'
import { errorCode } from './error-code.ts'
import { JOIN_AGAIN_MS, JOIN_EVERY_MS, MULTICAST_HOPS } from './limits.ts'
import type { NetworkLog } from './log.ts'

/** Hears the group. */
export type Listener = Pick<Socket, 'addMembership' | 'dropMembership'>

/** Sends to the group. */
export type Speaker = Pick<
  Socket,
  'setMulticastInterface' | 'setMulticastTTL' | 'setMulticastLoopback'
>

export interface MembershipOptions {
  readonly group: string
  /** The interface, named by its IPv4 address. */
  readonly interfaceAddress: string
}

/** Whether the group is heard on an interface. */
export interface MembershipState {
  readonly interfaceAddress: string
  /** The system's code for why it could not be joined; undefined: it was. */
  readonly trouble: string | undefined
}

/** Both sockets use the same interface. */
export class Membership {
  readonly #listener: Listener
  readonly #speaker: Speaker
  readonly #group: string
  readonly #joining: ChangeLog
  #interfaceAddress: string
  #timer: NodeJS.Timeout | undefined
  #isTryingAgain = false
  #trouble: string | undefined

  constructor(
    sockets: { readonly listener: Listener; readonly speaker: Speaker },
    options: MembershipOptions,
    log: NetworkLog,
  ) {
    this.#listener = sockets.listener
    this.#speaker = sockets.speaker
    this.#group = options.group
    this.#interfaceAddress = options.interfaceAddress
    this.#joining = new ChangeLog(log, 'datagrams.join')
    this.#renew()
  }

  /** An error hints that the interface changed: do not wait for the next renewal. */
  renewSoon(): void {
    if (!this.#isTryingAgain) this.#renewIn(JOIN_AGAIN_MS)
  }

  state(): MembershipState {
    return { interfaceAddress: this.#interfaceAddress, trouble: this.#trouble }
  }

  /** From now on both sockets use another interface, or the same one that came back. */
  useInterface(address: string): void {
    this.#leave()
    this.#interfaceAddress = address
    this.#renew()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #renew(): void {
    this.#leave()
    try {
      this.#join()
      this.#trouble = undefined
      this.#joining.works(this.#interfaceAddress)
      this.#renewIn(JOIN_EVERY_MS)
    } catch (error) {
      this.#trouble = errorCode(error)
      this.#joining.fails(this.#interfaceAddress, this.#trouble)
      this.#renewIn(JOIN_AGAIN_MS)
    }
  }

  #join(): void {
    this.#listener.addMembership(this.#group, this.#interfaceAddress)
    this.#speaker.setMulticastInterface(this.#interfaceAddress)
    this.#speaker.setMulticastTTL(MULTICAST_HOPS)
    this.#speaker.setMulticastLoopback(true)
  }

  /** Leaving makes the next join be announced to switches again. */
  #leave(): void {
    try {
      this.#listener.dropMembership(this.#group, this.#interfaceAddress)
    } catch {
      // Not a member yet, or the interface went away and took the membership with it.
    }
  }

  #renewIn(ms: number): void {
    this.#isTryingAgain = ms < JOIN_EVERY_MS
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#renew(), ms)
    this.#timer.unref()
  }
}
