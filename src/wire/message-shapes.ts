// What every field of a node message may be: types, ranges, lengths.
// Says nothing about meaning: whether a ballot is high enough is the core's question.
import { BUCKET_SET_BYTES, DIGEST_BYTES } from '../core/digest.ts'
import {
  BATCH_RECORDS_MAX,
  CONTENT_TYPE_BYTES_MAX,
  FORGOTTEN_MAX,
  HISTORY_MAX,
  KEY_BYTES_MAX,
  MISSED_PAGE_MAX,
  MISSED_RUNS_MAX,
  NODES_MAX,
  PAGE_KEYS_MAX,
  RECOVER_KEYS_MAX,
  REMEMBER_PAGE_MAX,
} from '../core/limits.ts'
import type {
  AppliedWrite,
  Invalidation,
  InvalidationRun,
  NodePromise,
  NodeRequest,
  NodeResponse,
  PastWrite,
  Sender,
  StreamRecord,
  TravelEntry,
} from '../core/messages.ts'
import type { EntryHead, PageItem } from '../core/pages.ts'
import type {
  Ballot,
  Change,
  Condition,
  Content,
  DurableState,
  Group,
  Lineage,
  Master,
  NodeAt,
  Part,
  StreamPosition,
  Order,
  OrderOutcome,
  View,
  ViewStart,
  WriteCommand,
  WriteOutcome,
} from '../core/types.ts'
import { isVersion } from '../core/version.ts'
import { isAddress } from './address.ts'
import { UINT32_MAX, UINT48_MAX } from './byte-writer.ts'
import {
  ADDRESS_BYTES_MAX,
  CONDITION_VERSIONS_MAX,
  GROUP_MASTERS_MAX,
  GROUPS_MAX,
  LINEAGES_MAX,
  PING_NONCE_BYTES_MAX,
  REASON_BYTES_MAX,
  TTL_MS_MAX,
} from './limits.ts'
import {
  bytes,
  bytesOf,
  duration,
  fields,
  integer,
  list,
  oneOf,
  optional,
  type Shape,
  text,
  textWhere,
  truth,
  variants,
} from './shape.ts'

const digits = (count: number): Shape<string> => {
  const pattern = new RegExp(`^[0-9a-f]{${count}}$`)
  return textWhere(`${count} hex digits`, (value) => pattern.test(value))
}

const nodeId = digits(16)
const requestId = digits(32)
const fingerprint = digits(16)
const version = textWhere('a version', isVersion)
const versionOrNone = textWhere('a version or empty', (value) => value === '' || isVersion(value))
const address = textWhere('host:port', isAddress)
const key = text({ bytesMin: 1, bytesMax: KEY_BYTES_MAX })
const contentType = text({ bytesMin: 0, bytesMax: CONTENT_TYPE_BYTES_MAX })
const reason = text({ bytesMin: 0, bytesMax: REASON_BYTES_MAX })
const nonce = text({ bytesMin: 1, bytesMax: PING_NONCE_BYTES_MAX })
const incarnation = integer(0, UINT32_MAX)
const count = integer(0, UINT48_MAX)

const ballot = fields<Ballot>({ epoch: count, proposer: nodeId })
const position = fields<StreamPosition>({ stream: ballot, seq: count })
const history = list(ballot, { max: HISTORY_MAX })

const lineage = fields<Lineage>({
  ballot,
  holders: list(nodeId, { max: NODES_MAX }),
  history,
  partOf: history,
})
const master = fields<Master>({ id: nodeId, incarnation, inSync: truth })

// The core asks for the first group and its first master: a view without them is refused here.
const group = fields<Group>({
  masters: list(master, { min: 1, max: GROUP_MASTERS_MAX }),
  history,
  merge: list(lineage, { max: LINEAGES_MAX }),
})

const nodeAt = fields<NodeAt>({ id: nodeId, address, isWitness: truth })
const viewStart = fields<ViewStart>({
  clock: version,
  stream: ballot,
  seq: count,
  continues: optional(position),
})

const view = fields<View>({
  ballot,
  roster: list(nodeAt, { max: NODES_MAX }),
  forgotten: list(nodeId, { max: FORGOTTEN_MAX }),
  voters: list(nodeId, { max: NODES_MAX }),
  groups: list(group, { min: 1, max: GROUPS_MAX }),
  start: viewStart,
  partOf: history,
  isUnclean: truth,
})

const part = fields<Part>({ since: version, isWhole: truth })

const durableState = fields<DurableState>({
  promised: ballot,
  view: optional(view),
  activated: ballot,
  owed: list(view, { max: LINEAGES_MAX }),
  part: optional(part),
})

const content = variants<Content>({ value: { bytes, contentType }, tombstone: {} })

const entry = fields<TravelEntry>({
  key,
  version,
  ttlLeftMs: optional(duration),
  requestId,
  content,
})

const change = variants<Change>({
  put: { bytes, contentType, ttlMs: optional(integer(1, TTL_MS_MAX)) },
  delete: {},
})

const condition = variants<Condition>({
  none: {},
  exists: {},
  absent: {},
  oneOf: { versions: list(version, { max: CONDITION_VERSIONS_MAX }) },
})

const command = fields<WriteCommand>({ requestId, fingerprint, key, change, condition })

const outcome = variants<WriteOutcome>({
  applied: { version, copies: integer(0, NODES_MAX) },
  conflict: { current: optional(version) },
  reused: {},
  full: {},
  refused: { reason },
  unknown: { reason },
})

const nodeName = text({ bytesMin: 1, bytesMax: ADDRESS_BYTES_MAX })
const order = variants<Order>({
  handoff: { to: optional(nodeName) },
  forget: { node: nodeName },
  addVoter: { node: nodeName },
  removeVoter: { node: nodeName },
  force: {},
})
const orderOutcome = variants<OrderOutcome>({
  done: { sentence: reason },
  declined: { reason },
  failed: { reason },
})

const promise = fields<NodePromise>({
  state: durableState,
  incarnation,
  address,
  keyCount: count,
  clock: version,
  isWitness: truth,
  isLeaving: truth,
  isIdle: truth,
  isPartEmpty: truth,
})

const head = fields<EntryHead>({ key, version, isTombstone: truth, valueBytes: count })
/** Records travel in blocks only. */
const pageItem = variants<Exclude<PageItem, { kind: 'record' }>>({
  head: { head },
  entry: { entry },
})
const writeFields = { requestId, version, fingerprint }
const appliedWrite = fields<AppliedWrite>(writeFields)
const pastWrite = fields<PastWrite>({ ...writeFields, ageMs: duration })
const streamRecord = variants<StreamRecord>({
  entry: { entry, write: optional(appliedWrite) },
  purge: { key, version },
})

const invalidation = fields<Invalidation>({ keyHash: digits(16), version })
const invalidationRun = fields<InvalidationRun>({
  stream: ballot,
  firstSeq: count,
  items: list(invalidation, { max: MISSED_PAGE_MAX }),
})

export const sender = fields<Sender>({ id: nodeId, incarnation, clock: version })

export const request = variants<NodeRequest>({
  ping: { nonce, hearsYou: truth },
  prepare: { ballot, reason, isMerge: truth, isHandoff: truth },
  accept: { view },
  commit: { view },
  nudge: { epoch: count, suspect: optional(nodeId) },
  view: {},
  write: { ballot, heard: integer(0, UINT32_MAX), command },
  replicate: {
    ballot,
    firstSeq: count,
    records: list(streamRecord, { max: BATCH_RECORDS_MAX }),
    committedSeq: count,
  },
  barrier: { ballot },
  read: {
    key,
    minVersion: optional(version),
    knownVersion: optional(version),
    strength: oneOf('fresh', 'strong'),
  },
  missed: { after: position },
  remembered: { ballot, after: count, packs: optional(truth) },
  digest: { ballot },
  page: {
    ballot,
    after: optional(key),
    wanted: optional(bytesOf(BUCKET_SET_BYTES)),
    withValues: truth,
    packs: optional(truth),
    records: optional(count),
  },
  fetch: { ballot, keys: list(key, { max: PAGE_KEYS_MAX }) },
  synced: { ballot },
  takeOver: { ballot },
  order: { order },
  recover: { ballot, keys: list(key, { max: RECOVER_KEYS_MAX }) },
  audit: {},
  salvage: {},
  heldDigest: { ballot, lineage: ballot },
  heldPage: {
    ballot,
    lineage: ballot,
    after: optional(key),
    wanted: optional(bytesOf(BUCKET_SET_BYTES)),
  },
  heldFetch: { ballot, lineage: ballot, keys: list(key, { max: PAGE_KEYS_MAX }) },
})

export const response = variants<NodeResponse>({
  pong: { nonce, id: nodeId, incarnation, others: list(address, { max: NODES_MAX }) },
  promise: { promise },
  rejected: { promised: ballot, isVeto: truth },
  accepted: {},
  noted: {},
  view: { view: optional(view) },
  written: { outcome },
  replicated: { appliedSeq: count, isFull: truth },
  fenced: { promised: ballot, ballot },
  holds: {},
  found: { entry, ageMs: duration, isMaster: truth, position },
  unchanged: { ageMs: duration, position },
  absent: { tombstone: versionOrNone, ageMs: duration, position },
  missed: { runs: list(invalidationRun, { max: MISSED_RUNS_MAX }) },
  forgotten: {},
  remembered: {
    writes: list(pastWrite, { max: REMEMBER_PAGE_MAX }),
    packed: optional(bytes),
    last: optional(count),
  },
  digest: { digest: bytesOf(DIGEST_BYTES) },
  heldDigest: { digest: bytesOf(DIGEST_BYTES), begun: version },
  page: {
    items: list(pageItem, { max: PAGE_KEYS_MAX }),
    packed: optional(bytes),
    damaged: optional(list(key, { max: PAGE_KEYS_MAX })),
    end: optional(key),
  },
  entries: { entries: list(entry, { max: PAGE_KEYS_MAX }) },
  ordered: { outcome: orderOutcome },
  recovered: {
    entries: list(entry, { max: RECOVER_KEYS_MAX }),
    absent: list(key, { max: RECOVER_KEYS_MAX }),
    seq: count,
  },
  salvaged: { copies: count },
  unneeded: { reason },
  unable: { reason },
})

/** The objects that messages are made of, by the names of their types: each gets a table. */
export const parts: Readonly<Record<string, Shape<unknown>>> = {
  Sender: sender,
  Ballot: ballot,
  StreamPosition: position,
  View: view,
  NodeAt: nodeAt,
  Group: group,
  Master: master,
  Lineage: lineage,
  ViewStart: viewStart,
  DurableState: durableState,
  Part: part,
  NodePromise: promise,
  TravelEntry: entry,
  Content: content,
  WriteCommand: command,
  Change: change,
  Condition: condition,
  WriteOutcome: outcome,
  StreamRecord: streamRecord,
  AppliedWrite: appliedWrite,
  PastWrite: pastWrite,
  PageItem: pageItem,
  EntryHead: head,
  InvalidationRun: invalidationRun,
  Invalidation: invalidation,
  Order: order,
  OrderOutcome: orderOutcome,
}
