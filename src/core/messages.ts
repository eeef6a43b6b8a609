// What nodes say to each other, as values: datagrams, node-to-node requests and their responses.
// The bytes are wire/'s business; what to do about a message is decided elsewhere in core/.
import type { PageItem } from './pages.ts'
import type { ProtocolRange } from './protocol-version.ts'
import type {
  Address,
  Ballot,
  Content,
  DurableState,
  NodeId,
  NodePhase,
  Order,
  OrderOutcome,
  RequestId,
  StreamId,
  StreamPosition,
  Version,
  View,
  WriteCommand,
  WriteOutcome,
} from './types.ts'

/** An entry on its way: the expiry travels as time left, because clocks differ. */
export interface TravelEntry {
  readonly key: string
  readonly version: Version
  /** Undefined: it does not expire. */
  readonly ttlLeftMs: number | undefined
  readonly requestId: RequestId
  readonly content: Content
}

/** Who sent a message. `clock` moves the receiver's version clock forward. */
export interface Sender {
  readonly id: NodeId
  readonly incarnation: number
  readonly clock: Version
}

// ---- datagrams ---------------------------------------------------------------------------------

/** "This is the newest heartbeat I heard from you." */
export interface Echo {
  /** The low 32 bits of the node's id. */
  readonly node: number
  /** The low 16 bits of its incarnation. */
  readonly incarnation: number
  /** The number of that heartbeat. */
  readonly beat: number
}

/** What a master adds to its heartbeats. */
export interface MasterReport {
  /** The last committed position a primary knows of; on other masters, the last applied one. */
  readonly committed: StreamPosition
  /** It may answer reads: its own lease holds. */
  readonly holdsLease: boolean
  readonly echoes: readonly Echo[]
}

/** One commit as copies hear of it. */
export interface Invalidation {
  /** keyHash() of the key. */
  readonly keyHash: string
  readonly version: Version
}

/** Commits in a row. */
export interface InvalidationRun {
  readonly stream: StreamId
  readonly firstSeq: number
  readonly items: readonly Invalidation[]
}

export type Datagram =
  | {
      readonly kind: 'beat'
      /** Counts this incarnation's heartbeats from 1; 32 bits. */
      readonly beat: number
      readonly address: Address
      readonly phase: NodePhase
      /** The accepted view's ballot; epoch 0 when there is none. */
      readonly ballot: Ballot
      /** This node is the active, unfrozen primary of that view. */
      readonly isActive: boolean
      readonly promised: Ballot
      /** Ballots of the views whose acknowledged data this node holds. */
      readonly lineages: readonly Ballot[]
      readonly keyCount: number
      readonly loopLagMs: number
      readonly wallMs: number
      readonly isFull: boolean
      /** It cannot be a master: its disk has no room for all that the masters hold. */
      readonly isTooSmall: boolean
      /** It is never a master. */
      readonly isWitness: boolean
      readonly mode: 'available' | 'majority'
      /** Hash of the cluster settings. */
      readonly fingerprint: number
      readonly protocol: ProtocolRange
      readonly master: MasterReport | undefined
    }
  | {
      readonly kind: 'query'
      readonly nonce: number
      readonly key: string
      /** Answers below this version are of no use. Empty: any. */
      readonly minVersion: Version | ''
      /** The asker holds this version: an answer may leave the value out. Empty: none. */
      readonly knownVersion: Version | ''
      readonly mastersOnly: boolean
    }
  | {
      readonly kind: 'answer'
      readonly nonce: number
      readonly version: Version
      readonly isMaster: boolean
      readonly position: StreamPosition
      /** Age of the proof behind this answer. */
      readonly ageMs: number
      readonly valueBytes: number
      readonly inline: TravelEntry | undefined
    }
  | {
      readonly kind: 'absent'
      readonly nonce: number
      readonly position: StreamPosition
      readonly ageMs: number
      /** The version of the tombstone. Empty: nothing was ever stored here. */
      readonly tombstone: Version | ''
    }
  | {
      readonly kind: 'invalidation'
      readonly stream: StreamId
      readonly firstSeq: number
      readonly items: readonly Invalidation[]
    }
  | { readonly kind: 'goodbye'; readonly reason: string }

export type DatagramKind = Datagram['kind']
export type Beat = Extract<Datagram, { kind: 'beat' }>

// ---- node-to-node requests ---------------------------------------------------------------------

/** A write that was applied, as the masters remember it to recognise a retry. */
export interface AppliedWrite {
  readonly requestId: RequestId
  readonly version: Version
  /** Fingerprint of the command. */
  readonly fingerprint: string
}

/** An applied write and how long ago it was. */
export interface PastWrite extends AppliedWrite {
  readonly ageMs: number
}

/** One record of a primary's stream. */
export type StreamRecord =
  | {
      readonly kind: 'entry'
      readonly entry: TravelEntry
      /**
       * The write that waits for this record: its own, or a retry that finds a newer entry.
       * Undefined: no client asked for it, as when an expired entry is deleted.
       */
      readonly write: AppliedWrite | undefined
    }
  /** An old tombstone goes: this version of the key and any older one is removed. */
  | { readonly kind: 'purge'; readonly key: string; readonly version: Version }

export type NodeRequest =
  /** `hearsYou` false: the asker gets none of the receiver's heartbeats by multicast. */
  | { readonly kind: 'ping'; readonly nonce: string; readonly hearsYou: boolean }
  /** First round of a view change: "promise me this ballot". */
  | {
      readonly kind: 'prepare'
      readonly ballot: Ballot
      /** For people: why a view is proposed. */
      readonly reason: string
      /** The proposer brings two lineages together: its veto is lifted. */
      readonly isMerge: boolean
      /** The primary has asked the proposer to take over: its veto is lifted. */
      readonly isHandoff: boolean
    }
  /** Second round: "make this your view". */
  | { readonly kind: 'accept'; readonly view: View }
  /** From the primary of a view that all its masters have accepted. */
  | { readonly kind: 'commit'; readonly view: View }
  /** "Please propose above this epoch"; `suspect` names a node that may be gone. */
  | { readonly kind: 'nudge'; readonly epoch: number; readonly suspect: NodeId | undefined }
  /** "Which view are you the active primary of?" */
  | { readonly kind: 'view' }
  /** A client's write, handed to the primary. */
  | {
      readonly kind: 'write'
      /** The view by which it was sent. */
      readonly ballot: Ballot
      /** The newest heartbeat of the receiver that the asker had heard. 0: none. */
      readonly heard: number
      readonly command: WriteCommand
    }
  /** The next records of the primary's stream, to another master of its view. */
  | {
      readonly kind: 'replicate'
      readonly ballot: Ballot
      /** The number of the first record; the others follow without gaps. */
      readonly firstSeq: number
      /** Empty: only the end of what is committed is told. */
      readonly records: readonly StreamRecord[]
      /** Everything up to here is committed. */
      readonly committedSeq: number
    }
  /** From the primary for a strong read: "does this view still hold for you?" */
  | { readonly kind: 'barrier'; readonly ballot: Ballot }
  /** What is under this key, from a master or from a node that answered a query. */
  | {
      readonly kind: 'read'
      readonly key: string
      /** The answer must come after the write of this version. */
      readonly minVersion: Version | undefined
      /** The asker holds this version: if it is still right, the value may be left out. */
      readonly knownVersion: Version | undefined
      /** `strong`: as of now, confirmed by every in-sync master; for the primary only. */
      readonly strength: 'fresh' | 'strong'
    }
  /** "Which commits came after this position?" */
  | { readonly kind: 'missed'; readonly after: StreamPosition }
  /** What the primary remembers of retried writes, after this turn of its memory; 0: from the start. */
  | {
      readonly kind: 'remembered'
      readonly ballot: Ballot
      readonly after: number
      /** The asker takes the writes as one block. Older nodes neither say nor know it. */
      readonly packs?: boolean | undefined
    }
  /** A fingerprint of everything the primary holds, bucket by bucket. */
  | { readonly kind: 'digest'; readonly ballot: Ballot }
  /** The next keys that the primary holds. */
  | {
      readonly kind: 'page'
      readonly ballot: Ballot
      /** Keys above this one, in byte order; undefined: from the start. */
      readonly after: string | undefined
      /** One bit a bucket, 8 KiB; undefined: every bucket. */
      readonly wanted: Uint8Array | undefined
      /** Small values come with their keys. */
      readonly withValues: boolean
      /** The asker takes the items as one block. Older nodes neither say nor know it. */
      readonly packs?: boolean | undefined
      /** The form of records that the asker keeps, and so takes. Older nodes neither say nor know it. */
      readonly records?: number | undefined
    }
  /** What the primary holds under these keys. */
  | { readonly kind: 'fetch'; readonly ballot: Ballot; readonly keys: readonly string[] }
  /** A syncing master has everything: "list me as in sync". */
  | { readonly kind: 'synced'; readonly ballot: Ballot }
  /** The primary asks another in-sync master of this view to become primary. */
  | { readonly kind: 'takeOver'; readonly ballot: Ballot }
  /** What an operator asks of the cluster, handed to the primary. */
  | { readonly kind: 'order'; readonly order: Order }
  /** From one in-sync master to another: what it holds under these keys. */
  | { readonly kind: 'recover'; readonly ballot: Ballot; readonly keys: readonly string[] }
  /** "Every holder of the newest data is lost: write the copies that you have into your store." */
  | { readonly kind: 'salvage' }
  /** "Please compare your store with the primary's." */
  | { readonly kind: 'audit' }
  /** The primary of the view `ballot`, to a holder of a lineage that the view is to merge. */
  | { readonly kind: 'heldDigest'; readonly ballot: Ballot; readonly lineage: Ballot }
  | {
      readonly kind: 'heldPage'
      readonly ballot: Ballot
      readonly lineage: Ballot
      readonly after: string | undefined
      readonly wanted: Uint8Array | undefined
    }
  | {
      readonly kind: 'heldFetch'
      readonly ballot: Ballot
      readonly lineage: Ballot
      readonly keys: readonly string[]
    }

/** What a node says with its promise: all that a proposer chooses a view by. */
export interface NodePromise {
  readonly state: DurableState
  readonly incarnation: number
  readonly address: Address
  readonly keyCount: number
  readonly clock: Version
  readonly isWitness: boolean
  /** It is about to stop: the view should do without it. */
  readonly isLeaving: boolean
  /** As the primary of its view it has nothing under way: its in-sync masters hold the same. */
  readonly isIdle: boolean
  /** As a syncing master it has got nothing of its view yet: there is nothing of it to be merged. */
  readonly isPartEmpty: boolean
}

export type NodeResponse =
  /** The nonce of the ping comes back. */
  | {
      readonly kind: 'pong'
      readonly nonce: string
      readonly id: NodeId
      readonly incarnation: number
      /** To who hears badly: where the other nodes are. */
      readonly others: readonly Address[]
    }
  | { readonly kind: 'promise'; readonly promise: NodePromise }
  /** To prepare and accept: no. `promised` tells what to outbid. */
  | { readonly kind: 'rejected'; readonly promised: Ballot; readonly isVeto: boolean }
  /** The view is on this node's disk, and it has promised nothing higher. */
  | { readonly kind: 'accepted' }
  /** It arrived; no more is said. */
  | { readonly kind: 'noted' }
  /** The view whose active primary this node is; undefined: none. */
  | { readonly kind: 'view'; readonly view: View | undefined }
  | { readonly kind: 'written'; readonly outcome: WriteOutcome }
  /** Everything up to `appliedSeq` is on this node's disk. `isFull`: it has no room for more. */
  | { readonly kind: 'replicated'; readonly appliedSeq: number; readonly isFull: boolean }
  /** To whatever named a ballot: this node has promised or accepted another one. */
  | { readonly kind: 'fenced'; readonly promised: Ballot; readonly ballot: Ballot }
  /** It does, and nothing higher is promised. */
  | { readonly kind: 'holds' }
  | {
      readonly kind: 'found'
      readonly entry: TravelEntry
      /** Age of the proof behind this answer. */
      readonly ageMs: number
      /** From a master's store; false: from a copy. */
      readonly isMaster: boolean
      readonly position: StreamPosition
    }
  /** The version the asker knows is still the one. */
  | { readonly kind: 'unchanged'; readonly ageMs: number; readonly position: StreamPosition }
  /** A master's word that there is nothing. */
  | {
      readonly kind: 'absent'
      /** The version of the tombstone. Empty: there is none. */
      readonly tombstone: Version | ''
      readonly ageMs: number
      readonly position: StreamPosition
    }
  /** The next commits after the position asked about, in order; each run goes on where the last ended. */
  | { readonly kind: 'missed'; readonly runs: readonly InvalidationRun[] }
  /** That position is too long ago, or of another history. */
  | { readonly kind: 'forgotten' }
  | {
      readonly kind: 'remembered'
      readonly writes: readonly PastWrite[]
      /** On the way only, to who takes it: the writes as one block (wire/packed-writes.ts). */
      readonly packed?: Uint8Array | undefined
      /** Where the next page begins; undefined: this was the last. */
      readonly last: number | undefined
    }
  /** 8 bytes a bucket. */
  | { readonly kind: 'digest'; readonly digest: Uint8Array }
  /** `begun`: where the lineage begins to differ from the view followed, as far as its holder knows. */
  | { readonly kind: 'heldDigest'; readonly digest: Uint8Array; readonly begun: Version }
  /** In byte order of the keys. */
  | {
      readonly kind: 'page'
      readonly items: readonly PageItem[]
      /** On the way only, to who takes it: the items as one block (wire/packed-items.ts). */
      readonly packed?: Uint8Array | undefined
      /** Keys that the source holds and cannot read. */
      readonly damaged?: readonly string[] | undefined
      /** The last key looked at; undefined: the end of the key space was reached. */
      readonly end: string | undefined
    }
  /** What is held under the keys asked for; the others are not held. */
  | { readonly kind: 'entries'; readonly entries: readonly TravelEntry[] }
  | { readonly kind: 'ordered'; readonly outcome: OrderOutcome }
  | {
      readonly kind: 'recovered'
      readonly entries: readonly TravelEntry[]
      /** Nothing is stored there. Keys in neither list are being written, or damaged. */
      readonly absent: readonly string[]
      /** From a primary: all that its stream carries so far is in the answer, or being written. */
      readonly seq: number
    }
  /** The copies of this node are on its disk; so many of them were newer than what was there. */
  | { readonly kind: 'salvaged'; readonly copies: number }
  /** No forced election is called for: the sentence names who holds the data. */
  | { readonly kind: 'unneeded'; readonly reason: string }
  /** This node cannot answer now; another may. */
  | { readonly kind: 'unable'; readonly reason: string }

/** How a call ended for the caller. */
export type CallAnswer =
  | { readonly kind: 'response'; readonly sender: Sender; readonly response: NodeResponse }
  /** Nothing listens at the address: the process is gone and the request never arrived. */
  | { readonly kind: 'refused' }
  /** The connection broke; the request may have arrived. */
  | { readonly kind: 'broken' }
  /** No answer in time; the request may have arrived. */
  | { readonly kind: 'late' }
