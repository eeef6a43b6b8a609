// What a node is set up with, after flags, environment and file were read and checked.
// Holds no behaviour; parse.ts makes these values.
import type { PlaceWish } from './addresses.ts'
import type { ClusterSettings } from '../core/settings.ts'

/** fsync: flushed before an answer; relaxed: flushed about every second; memory: never. */
export type Durability = 'fsync' | 'relaxed' | 'memory'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface NodeSettings {
  /** The same on every node of the cluster; fingerprintOf() tells whether it is. */
  readonly cluster: ClusterSettings
  /** Nodes with another name are not heard. */
  readonly clusterName: string
  /** Address to listen on; 0.0.0.0 stands for all. */
  readonly host: string
  /** Address that other nodes are told; a single one. */
  readonly announceHost: string
  /** The HTTP port, and the UDP port for unicast. */
  readonly port: number
  readonly group: string
  readonly groupPort: number
  /** Names the network interface that multicast uses. */
  readonly interfaceAddress: string
  /** What the operator said about the two: they follow the machine's interfaces as far as it allows. */
  readonly placeWish: PlaceWish
  /** `host:port` of nodes to look for besides multicast. */
  readonly nodes: readonly string[]
  readonly dataDir: string
  /** This node votes and keeps copies, and is never a master. */
  readonly isWitness: boolean
  readonly durability: Durability
  /** Unit: bytes. 0: keep no copies. */
  readonly copyBytesMax: number
  /** Unit: bytes. undefined: as much as the disk holds. */
  readonly storeBytesMax: number | undefined
  readonly logLevel: LogLevel
  /** Where the secrets come from; undefined: the cluster has none. */
  readonly secretFile: string | undefined
  /** What was in it: all are accepted, the first one signs. Never logged. */
  readonly secrets: readonly Uint8Array[]
}
