// Random values of everything that nodes say to each other, for the property tests.
import fc from 'fast-check'
import type {
  Datagram,
  NodeRequest,
  NodeResponse,
  Sender,
  TravelEntry,
} from '../../src/core/messages.ts'
import type { PageItem } from '../../src/core/pages.ts'
import type {
  Ballot,
  Change,
  Condition,
  Content,
  Group,
  StreamPosition,
  Order,
  OrderOutcome,
  View,
  WriteOutcome,
} from '../../src/core/types.ts'
import type { Envelope } from '../../src/wire/datagram.ts'

/** Plain objects: the default mixes in some without a prototype, which nobody sends. */
const record = <T>(model: { [Name in keyof T]: fc.Arbitrary<T[Name]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true })

const UINT16 = 2 ** 16 - 1
const UINT32 = 2 ** 32 - 1
const UINT48 = 2 ** 48 - 1

export const digits = (count: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: count / 2, maxLength: count / 2 })
    .map((bytes) => Buffer.from(bytes).toString('hex'))

const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(some, { nil: undefined })
const whole = (max: number): fc.Arbitrary<number> => fc.nat({ max: Math.min(max, 2 ** 31 - 1) })
const large = (max: number): fc.Arbitrary<number> =>
  fc.oneof(
    whole(max),
    fc.maxSafeInteger().map((n) => Math.abs(n) % (max + 1)),
  )
const texts = (bytesMax: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: 'binary', maxLength: bytesMax })
    .filter((text) => Buffer.byteLength(text) <= bytesMax)

export const nodeId = digits(16)
export const version = fc.tuple(digits(16), nodeId).map((parts) => parts.join('-'))
const versionOrNone = fc.oneof(fc.constant(''), version)
export const key = texts(511).filter((text) => text !== '')
const contentType = fc.oneof(fc.constant('text/plain'), texts(255))
const incarnation = large(UINT32)
const count = large(UINT48)
const durationMs = fc.oneof(whole(UINT32), fc.double({ min: 0, max: 1e15, noNaN: true }))
const address = fc
  .tuple(
    fc.constantFrom('10.0.0.1', 'host-a.example', '[fe80::1]'),
    fc.integer({ min: 1, max: UINT16 }),
  )
  .map((parts) => parts.join(':'))
const reason = texts(200)

export const ballot: fc.Arbitrary<Ballot> = record({ epoch: count, proposer: nodeId })
const position: fc.Arbitrary<StreamPosition> = record({ stream: ballot, seq: count })

const content = (bytesMax: number): fc.Arbitrary<Content> =>
  fc.oneof(
    record({
      kind: fc.constant('value' as const),
      bytes: fc.uint8Array({ maxLength: bytesMax }),
      contentType,
    }),
    fc.constant({ kind: 'tombstone' as const }),
  )

const entry: fc.Arbitrary<TravelEntry> = record({
  key,
  version,
  ttlLeftMs: maybe(durationMs),
  requestId: digits(32),
  content: content(2000),
})

// ---- datagrams ---------------------------------------------------------------------------------

export const sender: fc.Arbitrary<Sender> = record({
  id: nodeId,
  incarnation,
  time: digits(16),
}).map(({ id, incarnation, time }) => ({ id, incarnation, clock: `${time}-${id}` }))

export const envelope: fc.Arbitrary<Envelope> = record({
  sender,
  counter: large(Number.MAX_SAFE_INTEGER),
})

const echo = record({ node: large(UINT32), incarnation: whole(UINT16), beat: large(UINT32) })

const report = record({
  committed: position,
  holdsLease: fc.boolean(),
  echoes: fc.array(echo, { maxLength: 60 }),
})

const beat = record({
  kind: fc.constant('beat' as const),
  beat: large(UINT32),
  address,
  phase: fc.constantFrom('joining' as const, 'member' as const, 'leaving' as const),
  ballot,
  isActive: fc.boolean(),
  promised: ballot,
  lineages: fc.array(ballot, { maxLength: 8 }),
  keyCount: count,
  loopLagMs: whole(UINT16),
  wallMs: count,
  isFull: fc.boolean(),
  isTooSmall: fc.boolean(),
  isWitness: fc.boolean(),
  mode: fc.constantFrom('available' as const, 'majority' as const),
  fingerprint: large(UINT32),
  protocol: whole(254).map((n) => ({ newest: n + 1, oldest: 1 + (n >> 1) })),
  master: maybe(report),
})

const query = record({
  kind: fc.constant('query' as const),
  nonce: count,
  key,
  minVersion: versionOrNone,
  knownVersion: versionOrNone,
  mastersOnly: fc.boolean(),
})

const inline = record({
  key: fc.constant(''),
  version: fc.constant(''),
  ttlLeftMs: maybe(count),
  requestId: digits(32),
  content: content(800),
})

const answer = record({
  kind: fc.constant('answer' as const),
  nonce: count,
  version,
  isMaster: fc.boolean(),
  position,
  ageMs: large(UINT32),
  valueBytes: large(UINT32),
  inline: maybe(inline),
}).map((it) => ({ ...it, inline: it.inline && { ...it.inline, version: it.version } }))

const absent = record({
  kind: fc.constant('absent' as const),
  nonce: count,
  position,
  ageMs: large(UINT32),
  tombstone: versionOrNone,
})

const invalidation = record({
  kind: fc.constant('invalidation' as const),
  stream: ballot,
  firstSeq: count,
  items: fc.array(record({ keyHash: digits(16), version }), { maxLength: 46 }),
})

const goodbye = record({ kind: fc.constant('goodbye' as const), reason })

/** By kind, so that every kind is tried as often as the others. */
export const datagrams: Readonly<Record<Datagram['kind'], fc.Arbitrary<Datagram>>> = {
  beat,
  query,
  answer,
  absent,
  invalidation,
  goodbye,
}

// ---- node messages -----------------------------------------------------------------------------

const ballots = fc.array(ballot, { maxLength: 4 })
const master = record({ id: nodeId, incarnation, inSync: fc.boolean() })
const group: fc.Arbitrary<Group> = record({
  masters: fc.array(master, { minLength: 1, maxLength: 3 }),
  history: ballots,
  merge: fc.array(
    record({
      ballot,
      holders: fc.array(nodeId, { maxLength: 3 }),
      history: ballots,
      partOf: ballots,
    }),
    { maxLength: 2 },
  ),
})

export const view: fc.Arbitrary<View> = record({
  ballot,
  roster: fc.array(record({ id: nodeId, address, isWitness: fc.boolean() }), { maxLength: 4 }),
  forgotten: fc.array(nodeId, { maxLength: 3 }),
  voters: fc.array(nodeId, { maxLength: 3 }),
  groups: fc.array(group, { minLength: 1, maxLength: 2 }),
  start: record({ clock: version, stream: ballot, seq: count, continues: maybe(position) }),
  partOf: ballots,
  isUnclean: fc.boolean(),
})

const change: fc.Arbitrary<Change> = fc.oneof(
  record({
    kind: fc.constant('put' as const),
    bytes: fc.uint8Array({ maxLength: 2000 }),
    contentType,
    ttlMs: maybe(fc.integer({ min: 1, max: 2 ** 31 - 1 })),
  }),
  fc.constant({ kind: 'delete' as const }),
)

const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.constantFrom(...([{ kind: 'none' }, { kind: 'exists' }, { kind: 'absent' }] as const)),
  record({ kind: fc.constant('oneOf' as const), versions: fc.array(version, { maxLength: 3 }) }),
)

const command = record({
  requestId: digits(32),
  fingerprint: digits(16),
  key,
  change,
  condition,
})

const outcome: fc.Arbitrary<WriteOutcome> = fc.oneof(
  record({ kind: fc.constant('applied' as const), version, copies: whole(2) }),
  record({ kind: fc.constant('conflict' as const), current: maybe(version) }),
  fc.constantFrom({ kind: 'reused' as const }, { kind: 'full' as const }),
  record({ kind: fc.constantFrom('refused' as const, 'unknown' as const), reason }),
)

export const pageItem: fc.Arbitrary<PageItem> = fc.oneof(
  record({
    kind: fc.constant('head' as const),
    head: record({ key, version, isTombstone: fc.boolean(), valueBytes: count }),
  }),
  record({ kind: fc.constant('entry' as const), entry }),
)

const promise = record({
  state: record({
    promised: ballot,
    view: maybe(view),
    activated: ballot,
    owed: fc.array(view, { maxLength: 2 }),
    part: maybe(record({ since: version, isWhole: fc.boolean() })),
  }),
  incarnation,
  address,
  keyCount: count,
  clock: version,
  isWitness: fc.boolean(),
  isLeaving: fc.boolean(),
  isIdle: fc.boolean(),
  isPartEmpty: fc.boolean(),
})

const nonce = fc.string({ minLength: 1, maxLength: 64 })
const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.nat({ max: 255 }).map((byte) => new Uint8Array(length).fill(byte))

type ByKind<T extends { kind: string }> = {
  readonly [Kind in T['kind']]: fc.Arbitrary<Omit<Extract<T, { kind: Kind }>, 'kind'>>
}

const nodeName = fc.string({ minLength: 1, maxLength: 60 })
const order: fc.Arbitrary<Order> = fc.oneof(
  record({ kind: fc.constant('handoff' as const), to: maybe(nodeName) }),
  record({
    kind: fc.constantFrom('forget' as const, 'addVoter' as const, 'removeVoter' as const),
    node: nodeName,
  }),
  record({ kind: fc.constant('force' as const) }),
)
const orderOutcome: fc.Arbitrary<OrderOutcome> = fc.oneof(
  record({ kind: fc.constant('done' as const), sentence: reason }),
  record({ kind: fc.constantFrom('declined' as const, 'failed' as const), reason }),
)

export const requestParts: ByKind<NodeRequest> = {
  ping: record({ nonce, hearsYou: fc.boolean() }),
  prepare: record({ ballot, reason, isMerge: fc.boolean(), isHandoff: fc.boolean() }),
  accept: record({ view }),
  commit: record({ view }),
  nudge: record({ epoch: count, suspect: maybe(nodeId) }),
  view: fc.constant({}),
  write: record({ ballot, heard: whole(UINT32), command }),
  replicate: record({
    ballot,
    firstSeq: count,
    records: fc.array(
      fc.oneof(
        record({
          kind: fc.constant('entry' as const),
          entry,
          write: maybe(record({ requestId: digits(32), version, fingerprint: digits(16) })),
        }),
        record({ kind: fc.constant('purge' as const), key, version }),
      ),
      { maxLength: 5 },
    ),
    committedSeq: count,
  }),
  barrier: record({ ballot }),
  read: record({
    key,
    minVersion: maybe(version),
    knownVersion: maybe(version),
    strength: fc.constantFrom('fresh' as const, 'strong' as const),
  }),
  missed: record({ after: position }),
  remembered: record({ ballot, after: count, packs: maybe(fc.boolean()) }),
  digest: record({ ballot }),
  page: record({
    ballot,
    after: maybe(key),
    wanted: maybe(bytesOf(8192)),
    withValues: fc.boolean(),
    packs: maybe(fc.boolean()),
    records: maybe(count),
  }),
  fetch: record({ ballot, keys: fc.array(key, { maxLength: 20 }) }),
  synced: record({ ballot }),
  takeOver: record({ ballot }),
  order: record({ order }),
  recover: record({ ballot, keys: fc.array(key, { maxLength: 20 }) }),
  audit: fc.constant({}),
  salvage: fc.constant({}),
  heldDigest: record({ ballot, lineage: ballot }),
  heldPage: record({ ballot, lineage: ballot, after: maybe(key), wanted: maybe(bytesOf(8192)) }),
  heldFetch: record({ ballot, lineage: ballot, keys: fc.array(key, { maxLength: 20 }) }),
}

export const responseParts: ByKind<NodeResponse> = {
  pong: record({ nonce, id: nodeId, incarnation, others: fc.array(address, { maxLength: 20 }) }),
  promise: record({ promise }),
  rejected: record({ promised: ballot, isVeto: fc.boolean() }),
  accepted: fc.constant({}),
  noted: fc.constant({}),
  view: record({ view: maybe(view) }),
  written: record({ outcome }),
  replicated: record({ appliedSeq: count, isFull: fc.boolean() }),
  fenced: record({ promised: ballot, ballot }),
  holds: fc.constant({}),
  found: record({ entry, ageMs: durationMs, isMaster: fc.boolean(), position }),
  unchanged: record({ ageMs: durationMs, position }),
  absent: record({ tombstone: versionOrNone, ageMs: durationMs, position }),
  missed: record({
    runs: fc.array(
      record({
        stream: ballot,
        firstSeq: count,
        items: fc.array(record({ keyHash: digits(16), version }), { maxLength: 5 }),
      }),
      { maxLength: 4 },
    ),
  }),
  forgotten: fc.constant({}),
  remembered: record({
    writes: fc.array(
      record({ requestId: digits(32), version, fingerprint: digits(16), ageMs: durationMs }),
      { maxLength: 5 },
    ),
    packed: fc.constant(undefined),
    last: maybe(count),
  }),
  digest: record({ digest: bytesOf(524_288) }),
  heldDigest: record({ digest: bytesOf(524_288), begun: version }),
  page: record({
    items: fc.array(pageItem, { maxLength: 8 }),
    packed: fc.constant(undefined),
    damaged: maybe(fc.array(key, { maxLength: 8 })),
    end: maybe(key),
  }),
  entries: record({ entries: fc.array(entry, { maxLength: 5 }) }),
  ordered: record({ outcome: orderOutcome }),
  recovered: record({
    entries: fc.array(entry, { maxLength: 5 }),
    absent: fc.array(key, { maxLength: 5 }),
    seq: count,
  }),
  salvaged: record({ copies: count }),
  unneeded: record({ reason }),
  unable: record({ reason }),
}
