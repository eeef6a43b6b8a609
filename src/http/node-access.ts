// What the HTTP apps ask of the node they stand before. Implemented by node/, faked in tests.
import type { Conflict } from '../core/conflicts.ts'
import type { NodeRequest, NodeResponse, Sender } from '../core/messages.ts'
import type { ClusterStatus, NodeStatus } from '../core/status.ts'
import type {
  Address,
  Entry,
  Order,
  OrderOutcome,
  ReadOutcome,
  Source,
  Version,
  Way,
  WriteCommand,
  WriteOutcome,
} from '../core/types.ts'
import type { NetworkReport } from './network-report.ts'

/** How fresh a read must be, as Cache-Control said it. */
export type Freshness =
  /** No directive: proven within the bound. */
  | { readonly kind: 'proven' }
  /** no-cache: as of now. */
  | { readonly kind: 'strong' }
  /** only-if-cached: what this node can answer itself. */
  | { readonly kind: 'onlyHere' }
  /** max-stale: an unproven copy, this old at most, rather than 503. Infinity: any age. */
  | { readonly kind: 'stale'; readonly ageMsMax: number }

export interface KeyList {
  readonly prefix: string
  readonly after: string | undefined
  readonly limit: number | undefined
  readonly scope: 'cluster' | 'local'
}

/** What GET /cluster adds to the core's status. */
export interface NodeStatusReport extends ClusterStatus {
  readonly nodes: readonly (NodeStatus & {
    /** By which ways packets of it came in the last five seconds. */
    readonly heardBy: readonly Way[]
  })[]
  /** Copies kept by this node. Unit: entries. */
  readonly copies: number
}

/** An entry that this node holds, and how it comes to hold it. */
export interface HeldEntry {
  readonly entry: Entry
  /** Since it was proven to be the newest; undefined: nobody has. */
  readonly ageMs: number | undefined
  readonly source: Exclude<Source, 'fetched'>
}

/** What a node says when it is asked for a backup. Reasons are sentences for the operator. */
export type BackupAnswer =
  /** Ends early when nobody reads on. Never rejects but by a bug. */
  | { readonly kind: 'backup'; readonly pieces: AsyncIterable<Buffer> }
  /** Another node is the one to ask. */
  | { readonly kind: 'elsewhere'; readonly reason: string }
  | { readonly kind: 'notNow'; readonly reason: string }

/** What a node says when it is asked to tell of changes. */
export type EventsAnswer =
  /** Parts of a text/event-stream, until either side ends it. */
  | { readonly kind: 'events'; readonly texts: AsyncIterable<string> }
  /** The node at this address knows of them. */
  | { readonly kind: 'elsewhere'; readonly address: Address }
  | { readonly kind: 'full'; readonly reason: string }
  | { readonly kind: 'notNow'; readonly reason: string }

export interface PublicNode {
  /** Settles at the latest shortly after the deadline (5 s); never rejects. */
  write(command: WriteCommand): Promise<WriteOutcome>
  /**
   * Answers at once when this node can; otherwise a promise that never rejects. The answer comes
   * after the write of `minVersion`, or there is none.
   */
  read(key: string, freshness: Freshness, minVersion?: Version): ReadOutcome | Promise<ReadOutcome>
  /** Masters that hold the key in sync as far as this node knows. */
  copiesOf(key: string): number
  /** Stores on this node only; settles once flushed, `full` when there is no room. */
  putLocal(command: WriteCommand): Promise<WriteOutcome>
  /** Whatever this node holds: local entry, stored entry or copy; tombstones and expired ones too. */
  getLocal(key: string): HeldEntry | undefined
  /** Keys that this node holds, in byte order of their UTF-8. */
  list(range: KeyList): Iterable<string>
  /** An operator's order; settles within its own time limit, never rejects. */
  order(order: Order): Promise<OrderOutcome>
  /** Asks the masters to compare what they hold; what comes of it is in `status().audit`. */
  audit(): void
  status(): NodeStatusReport
  isReady(): boolean
  /** What this node hears of whom. */
  network(): NetworkReport
  /** Writes that lost when this node merged two sides of a split, oldest first. */
  conflicts(): readonly Conflict[]
  /** All entries of one moment, as a file. */
  backup(): BackupAnswer
  /** Changes from now on: of keys with this prefix, and of the cluster. */
  events(prefix: string): EventsAnswer
  /** Wall clock of this node. Unit: ms since 1970. */
  wallMs(): number
}

export interface InternalNode {
  /** Another node's request; settles with its response, never rejects. */
  answer(sender: Sender, request: NodeRequest): Promise<NodeResponse>
  /** Who answers: sent along with every response. */
  sender(): Sender
}
