// Sends and receives datagrams: one socket hears the group, the other speaks and hears unicast.
// Never looks into the bytes; what a node sent to everyone comes back to it too.
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Address, Way } from '../core/types.ts'
import { joinAddress, splitAddress } from './address.ts'
import { ChangeLog } from './change-log.ts'
import { errorCode } from './error-code.ts'
import { RECEIVE_BUFFER_BYTES, RECEIVE_BUFFER_BYTES_MIN } from './limits.ts'
import type { NetworkLog } from './log.ts'
import { Membership, type MembershipState } from './membership.ts'

/** What happens to a datagram at this seam. Tests cut and delay links with it. */
export type Fault = (
  direction: 'in' | 'out',
  other: 'everyone' | Address,
) => { readonly kind: 'pass' | 'drop' } | { readonly kind: 'delay'; readonly ms: number }

export interface DatagramsOptions {
  /** Bound for sending and for unicast; `0.0.0.0` binds every address. */
  readonly host: string
  readonly port: number
  /** The interface that multicast uses, named by its IPv4 address. */
  readonly interfaceAddress: string
  readonly group: string
  readonly groupPort: number
  readonly fault?: Fault
}

export interface DatagramHandlers {
  /** `from` is where a reply reaches the sender. The bytes are the receiver's to keep. */
  received(bytes: Uint8Array, from: Address, way: Way): void
  readonly log: NetworkLog
}

/** Unit: datagrams, except `receiveBufferBytes`. */
export interface DatagramCounts {
  readonly received: number
  readonly sent: number
  readonly errors: number
  /** What the system granted to the socket that hears the group. */
  readonly receiveBufferBytes: number
}

export interface Datagrams {
  /** Never throws and never waits: what cannot be sent is counted, and logged once a change. */
  send(bytes: Uint8Array, to: 'everyone' | Address): void
  counts(): DatagramCounts
  /** On which interfaces the group is heard, or why it is not. */
  memberships(): readonly MembershipState[]
  /** From now on multicast uses the interface with this IPv4 address; it is joined anew. */
  useInterface(address: string): void
  /** Closes both sockets. May be called twice. */
  stop(): Promise<void>
}

/** A socket could not be opened. `code` is the system's (EADDRINUSE, EADDRNOTAVAIL, ...). */
export class DatagramError extends Error {
  readonly code: string

  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'DatagramError'
    this.code = errorCode(cause)
  }
}

/**
 * Opens both sockets and joins the group. A group that cannot be joined is a warning, tried again
 * for ever: unicast works meanwhile. Rejects with a DatagramError when a port cannot be bound.
 */
export async function openDatagrams(
  options: DatagramsOptions,
  handlers: DatagramHandlers,
): Promise<Datagrams> {
  const speaker = createSocket({ type: 'udp4' })
  const listener = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    await bind(speaker, options.host, options.port)
    // Bound to the group, a Linux socket hears nothing else on that port; elsewhere that fails.
    const groupHost = process.platform === 'linux' ? options.group : '0.0.0.0'
    await bind(listener, groupHost, options.groupPort)
  } catch (error) {
    await Promise.all([close(speaker), close(listener)])
    throw error
  }
  return new TwoSockets(speaker, listener, options, handlers)
}

class TwoSockets implements Datagrams {
  readonly #speaker: Socket
  readonly #listener: Socket
  readonly #options: DatagramsOptions
  readonly #handlers: DatagramHandlers
  readonly #membership: Membership
  readonly #sending: ChangeLog
  readonly #counts
  #isStopped = false

  constructor(
    speaker: Socket,
    listener: Socket,
    options: DatagramsOptions,
    handlers: DatagramHandlers,
  ) {
    this.#speaker = speaker
    this.#listener = listener
    this.#options = options
    this.#handlers = handlers
    this.#sending = new ChangeLog(handlers.log, 'datagrams.send')
    growReceiveBuffer(speaker)
    this.#counts = {
      received: 0,
      sent: 0,
      errors: 0,
      receiveBufferBytes: growReceiveBuffer(listener),
    }
    for (const [socket, way] of [
      [speaker, 'unicast'],
      [listener, 'multicast'],
    ] as const) {
      socket.on('message', (bytes, { address, port }) =>
        this.#receive(bytes, joinAddress(address, port), way),
      )
      socket.on('error', (error) => this.#failed('socket', error))
    }
    this.#membership = new Membership({ listener, speaker }, options, handlers.log)
  }

  send(bytes: Uint8Array, to: 'everyone' | Address): void {
    this.#through('out', to, () => this.#transmit(bytes, to))
  }

  counts(): DatagramCounts {
    return { ...this.#counts }
  }

  memberships(): readonly MembershipState[] {
    return [this.#membership.state()]
  }

  useInterface(address: string): void {
    if (!this.#isStopped) this.#membership.useInterface(address)
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#membership.stop()
    await Promise.all([close(this.#speaker), close(this.#listener)])
  }

  #transmit(bytes: Uint8Array, to: 'everyone' | Address): void {
    const { host, port } =
      to === 'everyone'
        ? { host: this.#options.group, port: this.#options.groupPort }
        : splitAddress(to)
    const sent = (error: Error | null) => {
      if (error) return this.#failed(to, error)
      this.#counts.sent++
      this.#sending.works(to)
    }
    try {
      this.#speaker.send(bytes, port, host, sent)
    } catch (error) {
      this.#failed(to, error)
    }
  }

  #receive(bytes: Uint8Array, from: Address, way: Way): void {
    this.#through('in', from, () => {
      this.#counts.received++
      this.#handlers.received(bytes, from, way)
    })
  }

  #through(direction: 'in' | 'out', other: 'everyone' | Address, pass: () => void): void {
    if (this.#isStopped) return
    const fate = this.#options.fault?.(direction, other)
    if (fate === undefined || fate.kind === 'pass') return pass()
    if (fate.kind === 'delay') setTimeout(() => this.#isStopped || pass(), fate.ms).unref()
  }

  #failed(to: string, error: unknown): void {
    if (this.#isStopped) return
    this.#counts.errors++
    this.#sending.fails(to, errorCode(error))
    // An interface that went away and came back needs its membership again.
    if (to === 'everyone' || to === 'socket') this.#membership.renewSoon()
  }
}

async function bind(socket: Socket, host: string, port: number): Promise<void> {
  const listening = once(socket, 'listening')
  socket.bind({ address: host, port, exclusive: true })
  try {
    await listening
  } catch (error) {
    const where = `UDP ${joinAddress(host, port)}`
    throw new DatagramError(`cannot bind ${where}: ${errorCode(error)}`, error)
  }
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.close(resolve)
    } catch {
      resolve() // closed already
    }
  })
}

/** Asks for the largest receive buffer; some systems refuse what they do not grant. */
function growReceiveBuffer(socket: Socket): number {
  for (let bytes = RECEIVE_BUFFER_BYTES; bytes >= RECEIVE_BUFFER_BYTES_MIN; bytes /= 2) {
    try {
      socket.setRecvBufferSize(bytes)
      break
    } catch {
      continue
    }
  }
  return socket.getRecvBufferSize()
}
