// The core's messages as bytes on sockets, and back, signed and checked. Decides nothing itself.
import type { CallAnswer, Datagram, NodeRequest, Sender } from '../core/messages.ts'
import { PING_WAIT_MS } from '../core/limits.ts'
import type { Address, Way } from '../core/types.ts'
import { type DatagramCounts, type Datagrams, openDatagrams } from '../network/datagrams.ts'
import type { NetworkLog } from '../network/log.ts'
import type { MembershipState } from '../network/membership.ts'
import { type NodeClient, startNodeClient } from '../network/node-client.ts'
import type { Clock } from '../system/clock.ts'
import { encodeDatagram } from '../wire/datagram.ts'
import type { Keyring } from '../wire/keyring.ts'
import type { NodeSettings } from '../config/settings.ts'
import { type AnswerRefusal, Caller } from './caller.ts'
import { type Challenge, PacketGate, type PacketRefusal } from './packet-gate.ts'
import type { Refusals } from './refusals.ts'

export interface SocketState {
  readonly counts: DatagramCounts
  readonly memberships: readonly MembershipState[]
}

/** A packet that passed the gate. */
export interface ReceivedPacket {
  readonly from: Address
  readonly way: Way
  readonly sender: Sender
  readonly datagram: Datagram
}

export interface TransportParts {
  received(packet: ReceivedPacket): void
  /** Who this node is; asked for at every message, because the clock moves. */
  sender(): Sender
  readonly clock: Clock
  readonly keyring: Keyring
  readonly packetRefusals: Pick<Refusals<PacketRefusal>, 'count'>
  readonly answerRefusals: Pick<Refusals<AnswerRefusal>, 'count'>
  readonly log: NetworkLog
}

export class Transport {
  readonly #datagrams: Datagrams
  readonly #client: NodeClient
  readonly #gate: PacketGate
  readonly #caller: Caller
  readonly #sender: () => Sender
  #keyring: Keyring
  #counter = 0

  private constructor(
    sockets: { readonly datagrams: Datagrams; readonly client: NodeClient },
    doors: { readonly gate: PacketGate; readonly caller: Caller },
    parts: TransportParts,
  ) {
    this.#datagrams = sockets.datagrams
    this.#client = sockets.client
    this.#gate = doors.gate
    this.#caller = doors.caller
    this.#sender = () => parts.sender()
    this.#keyring = parts.keyring
  }

  /** Opens the sockets. Rejects with a DatagramError when a port cannot be bound. */
  static async open(settings: NodeSettings, parts: TransportParts): Promise<Transport> {
    const { clock, keyring, log } = parts
    const sender = () => parts.sender()
    const client = startNodeClient(settings.cluster)
    const caller = new Caller(keyring, { client, clock, sender, refusals: parts.answerRefusals })
    const gate = new PacketGate(keyring, {
      clock,
      selfId: () => sender().id,
      refusals: parts.packetRefusals,
      challenge: (challenge) => passes(caller, challenge),
      clockIsOff: ({ id, address }, aheadMs) =>
        log('warn', 'clock-off', { id, address, aheadS: Math.round(aheadMs / 1000) }),
    })
    try {
      const datagrams = await openDatagrams(settings, {
        log,
        received: (bytes, from, way) => {
          const opened = gate.open(bytes, from)
          if (opened !== undefined) parts.received({ from, way, ...opened })
        },
      })
      return new Transport({ datagrams, client }, { gate, caller }, parts)
    } catch (error) {
      await client.stop()
      throw error
    }
  }

  /** From now on these keys sign and are accepted: the seam for a secret file that is read again. */
  useKeyring(keyring: Keyring): void {
    this.#keyring = keyring
    this.#gate.useKeyring(keyring)
    this.#caller.useKeyring(keyring)
  }

  send(to: 'everyone' | Address, datagram: Datagram): void {
    const sender = this.#sender()
    const counter = ++this.#counter
    this.#datagrams.send(encodeDatagram({ sender, counter }, datagram, this.#keyring), to)
  }

  /** From now on multicast uses the interface with this address. */
  useInterface(address: string): void {
    this.#datagrams.useInterface(address)
  }

  call(to: Address, request: NodeRequest, timeoutMs: number): Promise<CallAnswer> {
    return this.#caller.call(to, request, timeoutMs)
  }

  /** What the sockets did so far, and where they hear the group. */
  sockets(): SocketState {
    return { counts: this.#datagrams.counts(), memberships: this.#datagrams.memberships() }
  }

  async stop(): Promise<void> {
    await Promise.all([this.#datagrams.stop(), this.#client.stop()])
  }
}

/** Only the node itself can sign an answer that names this life of it. */
async function passes(caller: Caller, { id, incarnation, address }: Challenge): Promise<boolean> {
  const nonce = `challenge-${id}`
  const answer = await caller.call(address, { kind: 'ping', nonce, hearsYou: true }, PING_WAIT_MS)
  if (answer.kind !== 'response' || answer.response.kind !== 'pong') return false
  const { response } = answer
  return response.id === id && response.incarnation === incarnation && response.nonce === nonce
}
