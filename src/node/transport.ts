// The core's messages as bytes on sockets, and back. Counts what it refuses; decides nothing.
import type { CallAnswer, Datagram, NodeRequest, Sender } from '../core/messages.ts'
import type { Address } from '../core/types.ts'
import { type Datagrams, openDatagrams } from '../network/datagrams.ts'
import type { NetworkLog } from '../network/log.ts'
import { type NodeClient, startNodeClient } from '../network/node-client.ts'
import {
  createDatagramKeys,
  type DatagramKeys,
  type DatagramRefusal,
  decodeDatagram,
  encodeDatagram,
} from '../wire/datagram.ts'
import { decodeResponse, encodeRequest, nodePath } from '../wire/node-message.ts'
import type { NodeSettings } from '../config/settings.ts'

/** Calls that say whether a node lives, or change the view: they overtake bulk traffic. */
const URGENT: ReadonlySet<NodeRequest['kind']> = new Set([
  'ping',
  'prepare',
  'accept',
  'commit',
  'nudge',
  'view',
  'barrier',
])

export interface TransportHandlers {
  received(from: Address, sender: Sender, datagram: Datagram): void
  /** Who this node is; asked for at every message, because the clock moves. */
  sender(): Sender
  readonly log: NetworkLog
}

export class Transport {
  readonly #datagrams: Datagrams
  readonly #client: NodeClient
  readonly #keys: DatagramKeys
  readonly #handlers: TransportHandlers
  #counter = 0

  private constructor(
    datagrams: Datagrams,
    client: NodeClient,
    keys: DatagramKeys,
    handlers: TransportHandlers,
  ) {
    this.#datagrams = datagrams
    this.#client = client
    this.#keys = keys
    this.#handlers = handlers
  }

  /** Opens the sockets. Rejects with a DatagramError when a port cannot be bound. */
  static async open(settings: NodeSettings, handlers: TransportHandlers): Promise<Transport> {
    const keys = createDatagramKeys(settings.clusterName, undefined)
    const refused = new Map<DatagramRefusal, number>()
    const datagrams = await openDatagrams(settings, {
      log: handlers.log,
      received: (bytes, from) => {
        const decoded = decodeDatagram(bytes, keys)
        if (decoded.kind === 'ok') {
          handlers.received(from, decoded.value.sender, decoded.value.datagram)
        } else refused.set(decoded.reason, (refused.get(decoded.reason) ?? 0) + 1)
      },
    })
    const client = startNodeClient(settings.cluster)
    return new Transport(datagrams, client, keys, handlers)
  }

  send(to: 'everyone' | Address, datagram: Datagram): void {
    const sender = this.#handlers.sender()
    const counter = ++this.#counter
    this.#datagrams.send(encodeDatagram({ sender, counter }, datagram, this.#keys), to)
  }

  async call(to: Address, request: NodeRequest, timeoutMs: number): Promise<CallAnswer> {
    const bytes = encodeRequest(this.#handlers.sender(), request)
    const path = nodePath(request.kind)
    const isUrgent = URGENT.has(request.kind)
    const result = await this.#client.call({ to, path, bytes, timeoutMs, isUrgent })
    if (result.kind === 'broken') return { kind: 'broken' }
    if (result.kind !== 'response') return result
    const decoded = decodeResponse(result.bytes)
    if (decoded.kind === 'refused') {
      this.#handlers.log('warn', 'node-answer-refused', { to, path, reason: decoded.reason })
      return { kind: 'broken' }
    }
    return { kind: 'response', ...decoded.value }
  }

  async stop(): Promise<void> {
    await Promise.all([this.#datagrams.stop(), this.#client.stop()])
  }
}
