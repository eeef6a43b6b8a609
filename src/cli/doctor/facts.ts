// What doctor knows before it judges: plain data, gathered by gather.ts.
import type { InterfaceAddress } from '../../config/addresses.ts'
import type { HostNetwork } from '../../network/host-network.ts'
import type { ClusterReport } from '../cluster-report.ts'

/** GET /admin/network, as far as it is judged. docs/API.md describes all of it. */
export interface NetworkAnswer {
  readonly node: { readonly id: string; readonly address: string }
  readonly cluster: string
  readonly group: string
  readonly interfaces: readonly { readonly address: string; readonly trouble: string | null }[]
  readonly receiveBuffer: { readonly asked: number; readonly granted: number }
  readonly nodes: readonly HeardNode[]
  readonly strangers: readonly Stranger[]
}

export interface HeardNode {
  readonly id: string
  readonly address: string
  readonly multicastMs: number | null
  readonly unicastMs: number | null
  readonly lostShare: number | null
  readonly clockAheadMs: number | null
}

export interface Stranger {
  readonly address: string
  readonly reason: string
  readonly packets: number
  readonly lastMs: number
}

export type Daemon =
  | {
      readonly kind: 'answers'
      readonly network: NetworkAnswer
      readonly cluster: ClusterReport
    }
  | { readonly kind: 'silent'; readonly sentence: string }

/** Another node, asked by HTTP whom it hears. */
export type OtherNode =
  | { readonly kind: 'answers'; readonly address: string; readonly cluster: ClusterReport }
  | { readonly kind: 'silent'; readonly address: string; readonly sentence: string }

/** Where the node of this host is to be, by its settings. */
export interface Place {
  readonly cluster: string
  readonly group: string
  readonly groupPort: number
  readonly interfaceAddress: string
}

/** What was heard of the group without being a node. */
export interface Listened {
  readonly forMs: number
  /** Why the group could not be heard. */
  readonly trouble: string | undefined
  /** By address; `reason` is '' for packets of the cluster, else as of strangers. */
  readonly senders: readonly Omit<Stranger, 'lastMs'>[]
}

export interface Facts {
  readonly place: Place
  readonly daemon: Daemon
  readonly others: readonly OtherNode[]
  readonly interfaces: readonly InterfaceAddress[]
  readonly host: HostNetwork
  /** Packets that found the sockets of the place full, from their opening until doctor began. */
  readonly dropsBefore: number
  /** Likewise while doctor listened. */
  readonly dropsMeanwhile: number
  readonly listened: Listened
}

export type Grade = 'ok' | 'note' | 'trouble'

export interface Finding {
  readonly grade: Grade
  readonly sentence: string
  /** What to do about it; '' when there is nothing to do. */
  readonly advice: string
}

export function ok(sentence: string): Finding {
  return { grade: 'ok', sentence, advice: '' }
}

export function note(sentence: string, advice: string): Finding {
  return { grade: 'note', sentence, advice }
}

export function trouble(sentence: string, advice: string): Finding {
  return { grade: 'trouble', sentence, advice }
}
