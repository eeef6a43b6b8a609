// The network of one node as GET /admin/network and /cluster tell it: sockets, and what is heard.
// Sends nothing, and lets nothing in.
import type { NodeSettings } from '../config/settings.ts'
import type { NodeId, Way } from '../core/types.ts'
import type { NetworkReport } from '../http/network-report.ts'
import { joinAddress } from '../network/address.ts'
import { RECEIVE_BUFFER_BYTES } from '../network/limits.ts'
import type { Clock } from '../system/clock.ts'
import { Hearing } from './hearing.ts'
import type { PacketRefusal } from './packet-gate.ts'
import type { Refusals } from './refusals.ts'
import type { Security } from './security.ts'
import type { ReceivedPacket, Transport } from './transport.ts'

export interface NetworkWatchParts {
  readonly clock: Clock
  readonly security: Pick<Security, 'keyring' | 'packetRefusals'>
  readonly node: () => NetworkReport['node']
}

export class NetworkWatch {
  readonly #settings: NodeSettings
  readonly #parts: NetworkWatchParts
  readonly #hearing: Hearing
  #transport: Pick<Transport, 'sockets'> | undefined

  constructor(settings: NodeSettings, parts: NetworkWatchParts) {
    this.#settings = settings
    this.#parts = parts
    this.#hearing = new Hearing(parts.clock)
  }

  /** The sockets are open. */
  use(transport: Pick<Transport, 'sockets'>): void {
    this.#transport = transport
  }

  heard(packet: ReceivedPacket): void {
    this.#hearing.heard(packet)
  }

  /** Counts as the node's own refusals do, and remembers from where. */
  get refusals(): Pick<Refusals<PacketRefusal>, 'count'> {
    const { packetRefusals } = this.#parts.security
    return {
      count: (reason, from) => {
        packetRefusals.count(reason, from)
        this.#hearing.refused(reason, from)
      },
    }
  }

  heardBy(id: NodeId): Way[] {
    return this.#hearing.heardBy(id)
  }

  report(): NetworkReport {
    const { clusterName, group, groupPort } = this.#settings
    const { security } = this.#parts
    const { id, address } = this.#parts.node()
    const sockets = this.#transport?.sockets()
    const { received = 0, sent = 0, errors = 0, receiveBufferBytes = 0 } = sockets?.counts ?? {}
    const refused = Object.entries(security.packetRefusals.totals())
    return {
      node: { id, address },
      cluster: clusterName,
      hasSecret: security.keyring.isSecret,
      group: joinAddress(group, groupPort),
      interfaces: (sockets?.memberships ?? []).map(({ interfaceAddress, trouble }) => ({
        address: interfaceAddress,
        trouble,
      })),
      // Linux doubles what it grants, for its own needs.
      receiveBuffer: { asked: RECEIVE_BUFFER_BYTES, granted: Math.floor(receiveBufferBytes / 2) },
      packets: { received, sent, errors },
      refused: Object.fromEntries(refused.filter(([, packets]) => packets > 0)),
      nodes: this.#hearing.nodes(),
      strangers: this.#hearing.strangers(),
    }
  }
}
