// Short words for the core's data, so that a case of a table fits its line: nodes, views, entries.
// Holds no expectations.
import type { Beat, CallAnswer, NodeResponse, Sender } from '../../src/core/messages.ts'
import type {
  Ballot,
  Change,
  Condition,
  DurableState,
  Entry,
  Master,
  NodeAt,
  NodeId,
  StreamPosition,
  Version,
  View,
  WriteCommand,
} from '../../src/core/types.ts'
import { PROTOCOL } from '../../src/core/protocol-version.ts'
import { formatVersion } from '../../src/core/version.ts'
import { formatBallot, STATE_ZERO } from '../../src/core/view.ts'

/** `A` to `F`, or any text of hex digits, as a node id. */
export function node(name: string): NodeId {
  return name.toLowerCase().padStart(16, '0')
}

export const A = node('A')
export const B = node('B')
export const C = node('C')
export const D = node('D')

export function nameOf(id: NodeId): string {
  return id.replace(/^0+/, '').toUpperCase()
}

export function addressOf(id: NodeId): string {
  return `10.0.0.${Number.parseInt(id, 16)}:80`
}

/** `3A`: epoch 3, proposed by A. */
export function ballot(text: string): Ballot {
  return { epoch: Number.parseInt(text, 10), proposer: node(text.replace(/^\d+/, '')) }
}

export function ballotText({ epoch, proposer }: Ballot): string {
  return `${epoch}${nameOf(proposer)}`
}

/** `A+ B2-`: A in sync, B in its second life syncing. */
export function masters(text: string): Master[] {
  return text.split(' ').map((word) => ({
    id: node(word.slice(0, 1)),
    incarnation: Number(word.slice(1, -1) || 1),
    inSync: word.endsWith('+'),
  }))
}

export function mastersText(list: readonly Master[]): string {
  return list
    .map((m) => `${nameOf(m.id)}${m.incarnation === 1 ? '' : m.incarnation}${m.inSync ? '+' : '-'}`)
    .join(' ')
}

/** A node of a roster, by its letter; a small letter is a witness. */
function atOf(name: string): NodeAt {
  const id = node(name)
  return { id, address: addressOf(id), isWitness: name !== name.toUpperCase() }
}

/** What a promise says of a node that is like most. */
export const PLAIN = {
  isWitness: false,
  isLeaving: false,
  isIdle: false,
  isPartEmpty: false,
} as const

export interface ViewWords {
  /** Letters. */
  readonly roster?: string
  /** Earlier ballots, `1A 2B`. */
  readonly history?: string
  readonly clock?: Version
  readonly seq?: number
  /** The ballot that names its stream; else the first in a row of the same proposer. */
  readonly stream?: string
  readonly continues?: StreamPosition
}

/** `view('3A', 'A+ B+')`; roster ABC, history up to itself. */
export function view(of: string, who: string, words: ViewWords = {}): View {
  const { roster = 'ABC', history = '', clock = version(0), seq = 0 } = words
  const earlier = history.split(' ').filter((text) => text !== '')
  const tenure = [...earlier, of].map(ballot)
  const other = tenure.findLastIndex((b) => b.proposer !== ballot(of).proposer)
  const stream = words.stream === undefined ? tenure[other + 1] : ballot(words.stream)
  return {
    ballot: ballot(of),
    roster: roster.split('').map(atOf),
    forgotten: [],
    voters: [],
    groups: [{ masters: masters(who), history: [...earlier.map(ballot), ballot(of)], merge: [] }],
    start: { clock, stream: stream ?? ballot(of), seq, continues: words.continues },
    partOf: [],
    isUnclean: false,
  }
}

export function viewText(of: View | undefined): string {
  if (of === undefined) return 'none'
  return `${formatBallot(of.ballot).replace(/\.0*/, '').toUpperCase()} ${mastersText(of.groups[0]?.masters ?? [])}`
}

export function state(accepted: View | undefined, more: Partial<DurableState> = {}): DurableState {
  if (accepted === undefined) return { ...STATE_ZERO, ...more }
  return { ...STATE_ZERO, promised: accepted.ballot, view: accepted, ...more }
}

/** A version by its time, its counter and its writer. */
export function version(ms: number, writer = 'A', counter = 0): Version {
  return formatVersion(ms, counter, node(writer))
}

export function sender(id: NodeId, incarnation = 1): Sender {
  return { id, incarnation, clock: version(0, nameOf(id)) }
}

export function beat(id: NodeId, more: Partial<Beat> = {}): Beat {
  return {
    kind: 'beat',
    beat: 1,
    address: addressOf(id),
    phase: 'member',
    ballot: ballot('0'),
    isActive: false,
    promised: ballot('0'),
    lineages: [],
    keyCount: 0,
    loopLagMs: 0,
    wallMs: 0,
    isFull: false,
    isTooSmall: false,
    isWitness: false,
    mode: 'available',
    fingerprint: 7,
    protocol: PROTOCOL,
    master: undefined,
    ...more,
  }
}

export function response(from: NodeId, response: NodeResponse, incarnation = 1): CallAnswer {
  return { kind: 'response', sender: sender(from, incarnation), response }
}

export const REFUSED: CallAnswer = { kind: 'refused' }
export const BROKEN: CallAnswer = { kind: 'broken' }
export const LATE: CallAnswer = { kind: 'late' }

/** A request id of one letter. */
export function requestId(text: string): string {
  return text.padStart(32, '0')
}

export function fingerprint(text: string): string {
  return text.padStart(16, '0')
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export interface EntryWords {
  readonly requestId?: string
  readonly expiresAtMs?: number
  /** Undefined: a tombstone. */
  readonly value?: string | undefined
}

export function entry(key: string, at: Version, words: EntryWords = { value: at }): Entry {
  const { value } = words
  return {
    key,
    version: at,
    expiresAtMs: words.expiresAtMs,
    requestId: requestId(words.requestId ?? '0'),
    content:
      value === undefined
        ? { kind: 'tombstone' }
        : { kind: 'value', bytes: bytes(value), contentType: 'text/plain' },
  }
}

export interface CommandWords {
  readonly id?: string
  readonly fingerprint?: string
  readonly condition?: Condition
  readonly ttlMs?: number
  /** Undefined: delete. */
  readonly value?: string | undefined
}

export function command(key: string, words: CommandWords = {}): WriteCommand {
  const value = 'value' in words ? words.value : 'x'
  const change: Change =
    value === undefined
      ? { kind: 'delete' }
      : {
          kind: 'put',
          bytes: bytes(value),
          contentType: 'text/plain',
          ttlMs: words.ttlMs,
        }
  return {
    requestId: requestId(words.id ?? '1'),
    fingerprint: fingerprint(words.fingerprint ?? 'f1'),
    key,
    change,
    condition: words.condition ?? { kind: 'none' },
  }
}

/** What a cluster says that waits for the holders of the newest data. */
export function waitsFor(addresses: string): string {
  return (
    `the newest data is on ${addresses}, which cannot be reached: bring it back. Only if it is lost ` +
    'for good: POST /admin/force goes on with what the others have, and without what it alone had'
  )
}
