// What GET /cluster shows: this node's own opinion of everything, as plain data.
import type { Address, Ballot, NodeId, NodePhase } from './types.ts'

export type Role = 'primary' | 'master' | 'syncing' | 'node' | 'witness'
export type MemberState = 'alive' | 'suspect' | 'dead' | 'left'

export interface NodeStatus {
  readonly id: NodeId
  readonly address: Address
  readonly state: MemberState
  readonly role: Role
  readonly keys: number
  readonly lastHeardMs: number
}

export interface ClusterStatus {
  readonly node: {
    readonly id: NodeId
    readonly address: Address
    readonly incarnation: number
    readonly state: NodePhase
    readonly role: Role
  }
  readonly view:
    | {
        readonly ballot: Ballot
        readonly masters: readonly {
          readonly id: NodeId
          readonly address: Address
          readonly inSync: boolean
        }[]
        readonly roster: readonly { readonly id: NodeId; readonly address: Address }[]
        /** Majority mode: more than half of them must agree to a view. */
        readonly voters: readonly { readonly id: NodeId; readonly address: Address }[]
        readonly isUnclean: boolean
      }
    | undefined
  readonly nodes: readonly NodeStatus[]
  readonly keys: number
  readonly stream: { readonly id: string; readonly committed: number }
  /** Age of the proof under which this node answers reads; undefined: it has none. */
  readonly proofAgeMs: number | undefined
  /** Comparisons of this master with its primary. */
  readonly audit: {
    /** How long ago the last one ended; undefined: none did. Unit: ms. */
    readonly lastMs: number | undefined
    /** Keys that differed, since this node started. */
    readonly differences: number
  }
  readonly mode: 'available' | 'majority'
  readonly merge: {
    /** Lineages that the present view still has to merge. */
    readonly due: number
    /** Lineages that this node merged as primary since it started. */
    readonly merged: number
    /** Keys found written on both sides, by this node since it started. */
    readonly conflicts: number
  }
  readonly warnings: readonly string[]
}
