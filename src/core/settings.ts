// What the core is set up with: the cluster settings and who this node is.
// Parsing and defaults are config/'s business.
import type { Address, DurableState, NodeId } from './types.ts'

/** The same on every node of a cluster; fingerprinted in heartbeats. */
export interface ClusterSettings {
  readonly mode: 'available' | 'majority'
  /** Majority mode: the first nodes to join, so many, become voters. 0 in available mode. */
  readonly voters: number
  /** Masters that a view needs before it acknowledges a write. */
  readonly minCopies: 'auto' | 1 | 2
  readonly valueBytesMax: number
}

/** This node as it starts: what its store remembered, this life's incarnation included. */
export interface Identity {
  readonly id: NodeId
  readonly incarnation: number
  readonly address: Address
  /** It votes and keeps copies, and is never a master. */
  readonly isWitness: boolean
  readonly state: DurableState
}
