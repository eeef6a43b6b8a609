// The ways through one core that carry the load of a cluster: each does its work over and over, and says
// how often it did. No network, no disk, no clock.
import { keyHash } from '../../src/core/key-hash.ts'
import type { NodeRequest, NodeResponse } from '../../src/core/messages.ts'
import { toTravel } from '../../src/core/travel.ts'
import type { Copy, Entry, StreamPosition } from '../../src/core/types.ts'
import { formatVersion } from '../../src/core/version.ts'
import { onlyGroup } from '../../src/core/view.ts'
import { type CalmWorld, calmWorld } from './calm-world.ts'
import { Drive } from './drive.ts'
import { keyAt, putOf } from './work.ts'

const NODES = 3

/** Keys in turn: few enough that all of their copies are kept. */
const KEYS = 100

/** Lookups of one node: 2,000 a second may be put to the group. Unit: ms. */
const MS_A_LOOKUP = 0.5

export interface Path {
  readonly name: string
  /** Prepares it; the function does it `count` times and says how many events the core took. */
  readonly prepare: () => (count: number) => number
}

export const PATHS: readonly Path[] = [
  { name: 'write on a primary, one at a time', prepare: () => writes(1) },
  { name: 'write on a primary, 64 under way', prepare: () => writes(64) },
  { name: 'invalidation of a copy, one a datagram', prepare: () => invalidations(1) },
  { name: 'invalidation of a copy, 32 a datagram', prepare: () => invalidations(32) },
  { name: 'lookup hit in the store of a master', prepare: storeHits },
  { name: 'lookup hit in the copies', prepare: copyHits },
  { name: 'miss: question, answer with its value, kept', prepare: misses },
]

/** Write, store, replicate, finish: the other master says at once that it has all of it. */
function writes(atOnce: number) {
  const calm = calmWorld(NODES)
  const { primary, world } = calm
  const view = primary.core.route
  const masters = view === undefined ? [] : onlyGroup(view).masters
  const second = masters.find(({ id }) => id !== primary.machine.id)
  const other = second && world.machineOf(second.id)?.life
  if (other === undefined) throw new Error('bug: there is no second master')
  const answer = (request: NodeRequest) => {
    if (request.kind !== 'replicate') return undefined
    const appliedSeq = request.firstSeq + request.records.length - 1
    const response: NodeResponse = { kind: 'replicated', appliedSeq, isFull: false }
    return { kind: 'response', sender: other.core.sender(), response } as const
  }
  const drive = new Drive(calm, 'primary', answer)
  let made = 0
  return (count: number): number => {
    const [before, finished] = [drive.events, drive.finished]
    for (let done = 0; done < count; done += atOnce) {
      for (let i = 0; i < atOnce; i++) {
        const command = putOf(keyAt(made % KEYS), ++made)
        drive.take({ kind: 'write', ticket: made, command })
      }
      drive.settle()
    }
    if (drive.finished - finished < count) throw new Error('not every write ended')
    return drive.events - before
  }
}

/** Each removes a copy that is there; putting it back is in the time. */
function invalidations(items: number) {
  const calm = calmWorld(NODES)
  const { bystander } = calm
  const { stream, seq } = placeIn(calm)
  const drive = new Drive(calm, 'bystander')
  let made = seq
  return (count: number): number => {
    const before = drive.events
    for (let done = 0; done < count; done += items) {
      const keys = Array.from({ length: items }, (_, i) => keyAt((made + i) % KEYS))
      for (const key of keys) bystander.copies.put(copyOf(entryOf(key, made), drive.nowMs))
      const held = bystander.copies.count
      const news = keys.map((key, i) => ({
        keyHash: keyHash(key),
        version: versionAt(made + i + 1),
      }))
      drive.take({
        kind: 'datagram',
        from: calm.primary.machine.address,
        way: 'multicast',
        sender: calm.primary.core.sender(),
        datagram: { kind: 'invalidation', stream, firstSeq: made + 1, items: news },
      })
      made += items
      if (bystander.copies.count !== held - items) throw new Error('a copy was not dropped')
    }
    return drive.events - before
  }
}

function storeHits() {
  const { primary } = calmWorld(NODES)
  const { store } = primary.machine.disk
  store.apply(
    allKeys().map((key) => ({ kind: 'put', entry: entryOf(key, 1) })),
    () => {},
  )
  const nowMs = primary.nowMs()
  return (count: number): number => {
    for (let i = 0; i < count; i++) {
      const key = keyAt(i % KEYS)
      if (!primary.core.mayServe(key, nowMs)) throw new Error('the master may not answer')
      if (!primary.core.isEnough(store.get(key), undefined)) throw new Error('it is too old')
    }
    return count
  }
}

function copyHits() {
  const { bystander } = calmWorld(NODES)
  const nowMs = bystander.nowMs()
  for (const key of allKeys()) bystander.copies.put(copyOf(entryOf(key, 1), nowMs))
  return (count: number): number => {
    for (let i = 0; i < count; i++) {
      const copy = bystander.copies.get(keyAt(i % KEYS))
      if (copy === undefined) throw new Error('bug: the copy is not there')
      if (!bystander.core.mayServeCopy(copy, nowMs)) throw new Error('it may not be answered')
      if (!bystander.core.isCopyEnough(copy, undefined)) throw new Error('it is too old')
    }
    return count
  }
}

function misses() {
  const calm = calmWorld(NODES)
  const position = placeIn(calm)
  const drive = new Drive(calm, 'bystander')
  let ticket = 0
  return (count: number): number => {
    const [before, finished] = [drive.events, drive.finished]
    for (let i = 0; i < count; i++) {
      const entry = entryOf(keyAt(i % KEYS), 1)
      drive.take({
        kind: 'read',
        ticket: ++ticket,
        query: { key: entry.key, strength: 'fresh' },
      })
      drive.take(answerTo(drive, { calm, entry, position }))
      drive.settle()
      drive.advance(MS_A_LOOKUP)
    }
    if (drive.finished - finished < count) throw new Error('not every lookup ended')
    return drive.events - before
  }
}

function answerTo(
  { query }: Drive,
  about: { calm: CalmWorld; entry: Entry; position: StreamPosition },
) {
  if (query === undefined || query.key !== about.entry.key) throw new Error('nothing was asked')
  const { primary } = about.calm
  return {
    kind: 'datagram',
    from: primary.machine.address,
    way: 'unicast',
    sender: primary.core.sender(),
    datagram: {
      kind: 'answer',
      nonce: query.nonce,
      version: about.entry.version,
      isMaster: true,
      position: about.position,
      ageMs: 0,
      valueBytes: 100,
      inline: toTravel(about.entry, 0),
    },
  } as const
}

/** Where the stream is that everybody follows. */
function placeIn({ primary }: CalmWorld): StreamPosition {
  const { stream } = primary.core.status(primary.nowMs())
  const view = primary.core.route
  if (view === undefined) throw new Error('bug: there is no view')
  return { stream: view.start.stream, seq: stream.committed }
}

function allKeys(): string[] {
  return Array.from({ length: KEYS }, (_, i) => keyAt(i))
}

/** Above everything that the nodes of a simulation write by themselves. */
function versionAt(number: number): string {
  return formatVersion(2 ** 45 + number, 0, 'a'.padStart(16, '0'))
}

function entryOf(key: string, number: number): Entry {
  const { change, requestId } = putOf(key, number)
  if (change.kind !== 'put') throw new Error('bug: it is no put')
  return {
    key,
    version: versionAt(number),
    expiresAtMs: undefined,
    requestId,
    content: { kind: 'value', bytes: change.bytes, contentType: change.contentType },
  }
}

function copyOf(entry: Entry, nowMs: number): Copy {
  return { key: entry.key, known: { kind: 'entry', entry }, provenAtMs: nowMs, run: 1 }
}
