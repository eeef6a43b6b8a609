// GET /admin/network: what this node hears of whom, and by which way. Types and form; others gather.
import type { Address, NodeId } from '../core/types.ts'
import type { PublicNode } from './node-access.ts'
import { jsonReply, type Reply } from './reply.ts'

export interface HeardNode {
  readonly id: NodeId
  readonly address: Address
  /** Since something came by multicast; undefined: never. Unit: ms. */
  readonly multicastMs: number | undefined
  readonly unicastMs: number | undefined
  /** Share of its latest heartbeats that did not come by multicast; undefined: none is known of. */
  readonly lostShare: number | undefined
  /** Its wall clock minus ours. Unit: ms. */
  readonly clockAheadMs: number | undefined
}

/** An address from which packets came that are none of this cluster. */
export interface Stranger {
  readonly address: Address
  /** Why the last one was refused, as docs/PACKETS.md names it. */
  readonly reason: string
  readonly packets: number
  readonly lastMs: number
}

export interface NetworkReport {
  readonly node: { readonly id: NodeId; readonly address: Address }
  readonly cluster: string
  readonly hasSecret: boolean
  readonly group: Address
  readonly interfaces: readonly {
    readonly address: string
    /** The system's code for why the group could not be joined; undefined: it was. */
    readonly trouble: string | undefined
  }[]
  /** Unit: bytes. */
  readonly receiveBuffer: { readonly asked: number; readonly granted: number }
  /** Since the start. Unit: packets. */
  readonly packets: { readonly received: number; readonly sent: number; readonly errors: number }
  /** Packets refused since the start, by reason. */
  readonly refused: Readonly<Record<string, number>>
  /** This node too: it hears its own multicast. */
  readonly nodes: readonly HeardNode[]
  readonly strangers: readonly Stranger[]
}

/** What is not known is null. */
export function network(node: Pick<PublicNode, 'network'>): Reply {
  const report = node.network()
  return jsonReply({
    ...report,
    interfaces: report.interfaces.map(({ address, trouble }) => ({
      address,
      trouble: trouble ?? null,
    })),
    nodes: report.nodes.map((each) => ({
      id: each.id,
      address: each.address,
      multicastMs: each.multicastMs ?? null,
      unicastMs: each.unicastMs ?? null,
      lostShare: each.lostShare ?? null,
      clockAheadMs: each.clockAheadMs ?? null,
    })),
  })
}
