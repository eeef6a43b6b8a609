// What goes into the core and what comes out: events and effects.
// Whoever drives the core turns sockets, timers and the disk into these, and back.
import type { Conflict } from './conflicts.ts'
import type { LogEvent } from './log-events.ts'
import type { CallAnswer, Datagram, NodeRequest, NodeResponse, Sender } from './messages.ts'
import type { StoredRecord } from './ports.ts'
import type {
  Address,
  Copy,
  DurableState,
  Entry,
  Order,
  OrderOutcome,
  ReadOutcome,
  ReadQuery,
  Version,
  Way,
  WriteCommand,
  WriteOutcome,
} from './types.ts'

export type Event =
  /** When the core's `tickDueMs` says so, delivered after the sockets were read. `wallMs` is the wall clock. */
  | { readonly kind: 'tick'; readonly wallMs: number }
  | {
      readonly kind: 'datagram'
      readonly from: Address
      readonly way: Way
      readonly sender: Sender
      readonly datagram: Datagram
    }
  /** Another node asks; exactly one `respond` with this ticket must follow some time. */
  | {
      readonly kind: 'request'
      readonly ticket: number
      readonly sender: Sender
      readonly request: NodeRequest
    }
  /** A `call` ended. Comes exactly once a call, at the latest after its timeout. */
  | { readonly kind: 'answer'; readonly ticket: number; readonly answer: CallAnswer }
  /** Everything in the `store` effect with this ticket is durable. */
  | { readonly kind: 'stored'; readonly ticket: number }
  | { readonly kind: 'woken'; readonly ticket: number }
  /** A client's write or read; exactly one `finish` with this ticket must follow. */
  | { readonly kind: 'write'; readonly ticket: number; readonly command: WriteCommand }
  | { readonly kind: 'read'; readonly ticket: number; readonly query: ReadQuery }
  /** An operator's order; exactly one `finish` with this ticket must follow. */
  | { readonly kind: 'order'; readonly ticket: number; readonly order: Order }
  /** An operator asks for an audit now. */
  | { readonly kind: 'audit' }
  /** Somebody of this cluster may be found at these addresses; in place of those named before. */
  | { readonly kind: 'lookFor'; readonly addresses: readonly Address[] }
  /** This host has another address now, and the node is reached there. */
  | { readonly kind: 'moved'; readonly address: Address }
  /** The node is about to stop: hand over and say goodbye; `gone` follows. */
  | { readonly kind: 'leave'; readonly reason: string }

/** What a committed write did to its key. */
export interface CommittedChange {
  readonly key: string
  readonly version: Version
  readonly isDeleted: boolean
}

/** A change to the store. Applied in order, visible to `EntryReader` at once, durable when `stored`. */
export type StoreChange =
  | { readonly kind: 'put'; readonly entry: Entry }
  /** The same as to put its entry. Its bytes must be whole: who lets them in looks. */
  | { readonly kind: 'putRecord'; readonly record: StoredRecord }
  | { readonly kind: 'remove'; readonly key: string }
  /** Removes what is stored under the key, if that is this version or an older one. */
  | { readonly kind: 'purge'; readonly key: string; readonly version: Version }
  | { readonly kind: 'state'; readonly state: DurableState }
  /** Keeps a write that lost in a merge, in place of what was kept under its key. */
  | { readonly kind: 'keepConflict'; readonly conflict: Conflict }
  | { readonly kind: 'dropConflict'; readonly key: string }

export type Effect =
  | { readonly kind: 'send'; readonly to: 'everyone' | Address; readonly datagram: Datagram }
  | {
      readonly kind: 'call'
      readonly ticket: number
      readonly to: Address
      readonly request: NodeRequest
      readonly timeoutMs: number
    }
  | { readonly kind: 'respond'; readonly ticket: number; readonly response: NodeResponse }
  | { readonly kind: 'store'; readonly ticket: number; readonly changes: readonly StoreChange[] }
  /** 0: once all that has arrived by now was taken. */
  | { readonly kind: 'wake'; readonly ticket: number; readonly afterMs: number }
  | {
      readonly kind: 'finish'
      readonly ticket: number
      readonly outcome: WriteOutcome | ReadOutcome | OrderOutcome
    }
  | { readonly kind: 'keep'; readonly copy: Copy }
  | { readonly kind: 'drop'; readonly keyHash: string }
  /** Every copy goes: an in-sync master holds all keys itself. */
  | { readonly kind: 'dropAll' }
  /** This primary committed a write: every master of its view has it. In the order of the stream. */
  | { readonly kind: 'committed'; readonly change: CommittedChange }
  | {
      readonly kind: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly event: LogEvent
      readonly fields: Readonly<Record<string, unknown>>
    }
  /** After `leave`: nothing more is to be waited for, the process may end. */
  | { readonly kind: 'gone' }
  /** The node must not go on; the sentence says why and what to do. */
  | { readonly kind: 'stop'; readonly reason: string }
