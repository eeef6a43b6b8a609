// The words of the protocol as plain data: nodes, ballots, views, entries, writes and their outcomes.
// Holds no behaviour.

/** Sixteen hexadecimal digits, drawn once and kept in the store. */
export type NodeId = string

/** `host:port` of a node's HTTP server; its unicast datagrams use the same pair. */
export type Address = string

/**
 * When an entry was written: 16 hex digits of clock (48 bits of wall ms, 16 of counter), a dash and
 * 16 of writer. Text order is version order; the same text is the ETag.
 */
export type Version = string

/** 32 hex digits that name one write, however often it is retried. */
export type RequestId = string

/** Orders the views. Compared by epoch, then proposer. */
export interface Ballot {
  readonly epoch: number
  readonly proposer: NodeId
}

export interface NodeAt {
  readonly id: NodeId
  readonly address: Address
  /** It votes and keeps copies, and is never a master. */
  readonly isWitness: boolean
}

/** A node's place among the owners of a group. The first master of a group is its primary. */
export interface Master {
  readonly id: NodeId
  readonly incarnation: number
  /** It holds every acknowledged write of the group. Otherwise it is syncing. */
  readonly inSync: boolean
}

/** A history of views that must still be merged, and who holds its data. */
export interface Lineage {
  readonly ballot: Ballot
  readonly holders: readonly NodeId[]
  /** What a view claims once it has brought this lineage in. */
  readonly history: readonly Ballot[]
  /** As in `View`: what a part is a part of. It is not claimed. */
  readonly partOf: readonly Ballot[]
}

/** A part of the key space with its own masters. Today one group holds every key. */
export interface Group {
  readonly masters: readonly Master[]
  /** Ballots whose acknowledged writes every in-sync master holds, this view's included. */
  readonly history: readonly Ballot[]
  readonly merge: readonly Lineage[]
}

/**
 * Names a primary's numbered sequence of commits: the ballot of the view in which it began. A primary
 * that goes on from one view of its own to the next keeps its stream.
 */
export type StreamId = Ballot

/** A position in a stream: everything up to and including `seq`. */
export interface StreamPosition {
  readonly stream: StreamId
  readonly seq: number
}

/** Where a view begins: versions stamped in it are above `clock`, its stream goes on after `seq`. */
export interface ViewStart {
  readonly clock: Version
  readonly stream: StreamId
  readonly seq: number
  /**
   * What the stream's number 0 follows: whoever knows everything up to there has missed nothing.
   * Undefined when its primary cannot tell.
   */
  readonly continues: StreamPosition | undefined
}

/** The agreed state of the cluster. Changes only by prepare/promise and accept/accepted. */
export interface View {
  readonly ballot: Ballot
  readonly roster: readonly NodeAt[]
  /** Nodes that an operator gave up: what they hold and others do not is never taken back. */
  readonly forgotten: readonly NodeId[]
  /** Majority mode: whose promises count. Empty in available mode. */
  readonly voters: readonly NodeId[]
  readonly groups: readonly Group[]
  readonly start: ViewStart
  /**
   * Only of a part: the history of the view that it is a part of. What is owed are then the entries
   * above `start.clock`, of which one node came to hold a second copy while it was syncing. Empty: a
   * view as a whole.
   */
  readonly partOf: readonly Ballot[]
  /** Built from copies by an operator's command, because every holder was lost. */
  readonly isUnclean: boolean
}

/** Which of the entries of a syncing master came since it began to sync. */
export interface Part {
  /** Those above this version: nothing above it was stored before. */
  readonly since: Version
  /** The stream brought nothing at or below `since`, so that these are all it brought. */
  readonly isWhole: boolean
}

/** What a node must remember over a restart, flushed before any answer that depends on it. */
export interface DurableState {
  readonly promised: Ballot
  readonly view: View | undefined
  /**
   * The last view that this node, as its primary, saw accepted by all its masters. Its own later
   * views never acknowledged anything.
   */
  readonly activated: Ballot
  /** Views whose acknowledged data this node holds and the cluster has not merged yet. */
  readonly owed: readonly View[]
  /** While the accepted view lists this node as a syncing master. */
  readonly part: Part | undefined
}

export type Content =
  | { readonly kind: 'value'; readonly bytes: Uint8Array; readonly contentType: string }
  | { readonly kind: 'tombstone' }

/** What is stored under a key. */
export interface Entry {
  readonly key: string
  readonly version: Version
  /** Wall clock of the node that holds it; travels between nodes as milliseconds left. */
  readonly expiresAtMs: number | undefined
  readonly requestId: RequestId
  readonly content: Content
}

/** A copy: what a node that is no master of a key knows about it, and since when that is proven. */
export interface Copy {
  readonly key: string
  readonly known: { readonly kind: 'entry'; readonly entry: Entry } | { readonly kind: 'absent' }
  /** Own monotonic clock: at this moment a master's word still held. */
  readonly provenAtMs: number
  /**
   * While this is the coherence's present run, the copy is still right as of its last proof, for an
   * invalidation would have removed it. 0: nobody watches over it.
   */
  readonly run: number
}

export type Condition =
  | { readonly kind: 'none' }
  | { readonly kind: 'exists' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'oneOf'; readonly versions: readonly Version[] }

export type Change =
  | {
      readonly kind: 'put'
      readonly bytes: Uint8Array
      readonly contentType: string
      readonly ttlMs: number | undefined
    }
  | { readonly kind: 'delete' }

/** One write as a client asked for it. */
export interface WriteCommand {
  readonly requestId: RequestId
  /** Hash of key and change: tells a retry from another write under the same request id. */
  readonly fingerprint: string
  readonly key: string
  readonly change: Change
  readonly condition: Condition
}

/** What became of a write. Only `applied` and `unknown` may have changed anything. */
export type WriteOutcome =
  | { readonly kind: 'applied'; readonly version: Version; readonly copies: number }
  /** The condition does not hold. `current` is undefined when the key is absent. */
  | { readonly kind: 'conflict'; readonly current: Version | undefined }
  /** The request id was used for another write. */
  | { readonly kind: 'reused' }
  | { readonly kind: 'full' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }

export type ReadOutcome =
  | {
      readonly kind: 'found'
      readonly entry: Entry
      readonly ageMs: number
      readonly source: Source
    }
  | { readonly kind: 'absent'; readonly ageMs: number; readonly source: Source }
  | { readonly kind: 'unreachable'; readonly reason: string }

/** Where an answer came from: this node's store, its copies, or another node just now. */
export type Source = 'local' | 'copy' | 'fetched'

/** One read that this node cannot answer from what it holds. */
export interface ReadQuery {
  readonly key: string
  /** `strong`: as of now, confirmed by every in-sync master. */
  readonly strength: 'fresh' | 'strong'
  /** The answer must come after the write of this version. */
  readonly minVersion?: Version | undefined
}

/** What an operator asks of the cluster. A node is named by its id or its address. */
export type Order =
  /** Another node becomes primary; undefined: the other master. */
  | { readonly kind: 'handoff'; readonly to: string | undefined }
  /** A node that will never come back leaves the roster. */
  | { readonly kind: 'forget'; readonly node: string }
  | { readonly kind: 'addVoter'; readonly node: string }
  | { readonly kind: 'removeVoter'; readonly node: string }
  /** Every holder of the newest data is lost: go on with what the nodes in sight have. */
  | { readonly kind: 'force' }

export type OrderOutcome =
  | { readonly kind: 'done'; readonly sentence: string }
  /** It cannot be, whenever it is asked for. */
  | { readonly kind: 'declined'; readonly reason: string }
  /** Not now, or nobody knows. */
  | { readonly kind: 'failed'; readonly reason: string }

export type NodePhase = 'joining' | 'member' | 'leaving'
