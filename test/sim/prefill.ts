// Puts a history on the disks before the world begins: two masters with many entries, and a power cut.
import type { Entry, View } from '../../src/core/types.ts'
import { formatVersion } from '../../src/core/version.ts'
import type { StoreChange } from '../../src/core/step.ts'
import type { WriteRecord } from '../checker/history.ts'
import { WORLD_EPOCH_MS } from './clock.ts'
import type { World } from './world.ts'

/** The entries were written this long before the world begins. Unit: ms. */
const BEFORE_MS = 60_000

/** Filling of a prefilled value. Unit: bytes. Enough for several pages of a mirror. */
const VALUE_BYTES = 1000

/** Fills the first two disks; returns the writes as clients would have recorded them. */
export function prefill(world: World, count: number): WriteRecord[] {
  const [first, second] = world.machines
  if (first === undefined || second === undefined)
    throw new Error('bug: prefilling takes two disks')
  const entries = Array.from({ length: count }, (_, i) => entryAt(i, first.id))
  const ballot = { epoch: 1, proposer: first.id }
  const view: View = {
    ballot,
    roster: world.machines.map(({ id, address }) => ({ id, address, isWitness: false })),
    forgotten: [],
    voters: [],
    groups: [
      {
        masters: [first, second].map(({ id }) => ({ id, incarnation: 1, inSync: true })),
        history: [ballot],
        merge: [],
      },
    ],
    start: {
      clock: formatVersion(WORLD_EPOCH_MS - 2 * BEFORE_MS, 0, first.id),
      stream: ballot,
      seq: 0,
      continues: undefined,
    },
    partOf: [],
    isUnclean: false,
  }
  const changes: StoreChange[] = [
    {
      kind: 'state',
      state: { promised: ballot, view, activated: ballot, owed: [], part: undefined },
    },
    ...entries.map((entry) => ({ kind: 'put', entry }) as const),
  ]
  for (const machine of [first, second]) {
    machine.disk.prepare(changes)
    machine.disk.crash('kept')
  }
  return entries.map((entry) => recordOf(entry, first.name))
}

function entryAt(i: number, writer: string): Entry {
  const text = Buffer.from(`p${i}`)
  return {
    key: `old${i}`,
    version: formatVersion(WORLD_EPOCH_MS - BEFORE_MS + i, 0, writer),
    expiresAtMs: undefined,
    requestId: i.toString(16).padStart(32, '0'),
    content: {
      kind: 'value',
      bytes: Buffer.concat([text, Buffer.alloc(VALUE_BYTES - text.length, '.')]),
      contentType: 'text/plain',
    },
  }
}

function recordOf(entry: Entry, node: string): WriteRecord {
  return {
    op: 'put',
    requestId: entry.requestId,
    key: entry.key,
    value: `p${entry.key.slice('old'.length)}`,
    ttlMs: undefined,
    condition: { kind: 'none' },
    node,
    invokedAt: -BEFORE_MS,
    endedAt: -BEFORE_MS,
    outcome: 'applied',
    version: entry.version,
  }
}
