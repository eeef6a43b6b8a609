// A node's backup: one moment of its store, from a master that knows that it has the newest.
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import type { ClusterStatus } from '../../src/core/status.ts'
import { Backups } from '../../src/node/backup.ts'
import { BACKUP_REST, BACKUP_WAIT_MS, BACKUPS_MAX } from '../../src/node/limits.ts'
import type { BackupAnswer } from '../../src/http/node-access.ts'
import type { SnapshotItem, StoreSnapshot } from '../../src/storage/store.ts'
import { MemoryStore } from '../../src/storage/memory-store.ts'
import { type BackupPart, BackupReader } from '../../src/wire/backup-reader.ts'
import { FakeNode } from '../fakes/fake-node.ts'
import { NODE, put, tombstone, value, version } from '../contracts/store-words.ts'

const WALL_MS = 1_800_000_000_000

function masterStatus(): ClusterStatus {
  const { report } = new FakeNode()
  return {
    ...report,
    node: { ...report.node, role: 'master' },
    stream: { id: '3.x', committed: 41 },
    proofAgeMs: 30,
  }
}

function lab() {
  const store = new MemoryStore({
    nodeId: NODE,
    incarnation: 1,
    state: undefined,
    bytesMax: undefined,
    flushLater: setImmediate,
  })
  const world = { status: masterStatus(), nowMs: 0, open: 0, damaged: '', pageMs: 0 }
  const restsMs: number[] = []
  const snapshot = async (): Promise<StoreSnapshot> => {
    world.open++
    const real = await store.snapshot()
    const damage = (item: SnapshotItem): SnapshotItem =>
      item.kind === 'entry' && item.entry.key === world.damaged
        ? { kind: 'damaged', key: world.damaged }
        : item
    return {
      page: (bounds) => {
        world.nowMs += world.pageMs
        return real.page(bounds).map(damage)
      },
      close: () => {
        world.open--
        real.close()
      },
    }
  }
  const backups = new Backups({
    store: {
      snapshot,
      get keyCount() {
        return store.keyCount
      },
    },
    status: () => world.status,
    clock: { monotonicMs: () => world.nowMs, wallMs: () => WALL_MS },
    pause: async (waitMs) => {
      restsMs.push(waitMs)
      await nextTurn()
    },
    cluster: 'lab',
  })
  return { store, world, backups, restsMs }
}

/** Reads all of it; `between` runs after each piece. */
async function partsOf(answer: BackupAnswer, between = () => {}): Promise<BackupPart[]> {
  if (answer.kind !== 'backup') throw new Error(`no backup but ${answer.kind}`)
  const reader = new BackupReader()
  const parts: BackupPart[] = []
  for await (const piece of answer.pieces) {
    parts.push(...reader.push(piece))
    between()
  }
  const end = parts.some(({ kind }) => kind === 'refused') ? undefined : reader.end()
  return end === undefined ? parts : [...parts, end]
}

function keysOf(parts: readonly BackupPart[]): string[] {
  return parts.flatMap((part) =>
    part.kind === 'entries' ? part.entries.map(({ key }) => key) : [],
  )
}

t.test('a backup has all that was there when it began, and nothing later', async (t) => {
  const { store, world, backups } = lab()
  const keys = Array.from({ length: 1000 }, (_, i) => `k${String(i).padStart(4, '0')}`)
  const ended = { ...value('ended', 3), expiresAtMs: WALL_MS }
  const ends = { ...value('ends', 4), expiresAtMs: WALL_MS + 1 }
  const entries = [...keys.map((key, i) => value(key, i)), tombstone('dead', 1), ended, ends]
  store.apply(entries.map(put), () => {})
  let turn = 0
  const parts = await partsOf(backups.begin(), () => {
    turn++
    const key = `k${String(1000 - turn).padStart(4, '0')}`
    store.apply([put(value(key, 5000)), put(value(`new${turn}`, 5001))], () => {})
  })
  t.ok(turn > 4, 'it came in pieces')
  t.same(keysOf(parts), ['ends', ...keys])
  const at = new Date(WALL_MS).toISOString()
  const head = { cluster: 'lab', node: world.status.node.id, stream: '3.x', committed: 41, at }
  t.same(parts[0], { kind: 'head', head: { ...head, keys: store.keyCount - turn } })
  const last = parts.at(-2)
  t.match(last?.kind === 'entries' && last.entries.at(-1), { version: version(999) })
  t.equal(world.open, 0)
})

t.test('most of the time is left to clients', async (t) => {
  const { store, world, backups, restsMs } = lab()
  store.apply(
    Array.from({ length: 300 }, (_, i) => put(value(`k${i}`, i))),
    () => {},
  )
  world.pageMs = 5
  const parts = await partsOf(backups.begin())
  const pieces = parts.filter(({ kind }) => kind === 'entries')
  t.ok(pieces.length > 2)
  t.same(
    restsMs,
    pieces.map(() => 5 * BACKUP_REST),
  )
})

t.test('one that is not read to its end lets go of the store', async (t) => {
  const { store, world, backups } = lab()
  store.apply([put(value('a', 1))], () => {})
  const answer = backups.begin()
  if (answer.kind !== 'backup') throw new Error('it begins')
  for await (const _ of answer.pieces) break
  t.equal(world.open, 0)
})

t.test('so many at once, and no more', async (t) => {
  const { backups } = lab()
  const begun = Array.from({ length: BACKUPS_MAX + 1 }, () => backups.begin())
  const all = await Promise.all(begun.map((answer) => partsOf(answer)))
  const whole = all.filter((parts) => parts.at(-1)?.kind === 'end')
  t.equal(whole.length, BACKUPS_MAX)
  t.match(all.at(-1)?.at(-1), { kind: 'refused' })
})

t.test('damage and slowness end it with a sentence', async (t) => {
  const { store, world, backups } = lab()
  store.apply([put(value('a', 1)), put(value('b', 2))], () => {})
  world.damaged = 'b'
  t.match((await partsOf(backups.begin())).at(-1), { kind: 'refused', reason: /is damaged/ })
  world.damaged = ''
  const late = () => {
    world.nowMs += BACKUP_WAIT_MS
  }
  const reason = /took longer than 60 minutes/
  t.match((await partsOf(backups.begin(), late)).at(-1), { kind: 'refused', reason })
  t.equal(world.open, 0)
})

t.test('only a master in sync with a proof is the one to ask', async (t) => {
  const { world, backups } = lab()
  const good = world.status
  const masters = [
    { id: 'a', address: '10.0.0.1:8181', inSync: true },
    { id: 'b', address: '10.0.0.2:8181', inSync: false },
  ]
  const view = { ballot: { epoch: 1, proposer: 'a' }, masters, roster: [], voters: [] }
  const cases: readonly (readonly [Partial<ClusterStatus>, string, RegExp])[] = [
    [{ node: { ...good.node, role: 'node' } }, 'elsewhere', /\(there is none now\)/],
    [
      { node: { ...good.node, role: 'syncing' }, view: { ...view, isUnclean: false } },
      'elsewhere',
      /^This node \(syncing\) .* \(10\.0\.0\.1:8181\)\.$/,
    ],
    [{ proofAgeMs: undefined }, 'notNow', /lost touch/],
    [{ merge: { due: 1, merged: 0, conflicts: 0 } }, 'notNow', /being merged/],
  ]
  for (const [change, kind, reason] of cases) {
    world.status = { ...good, ...change }
    t.match(backups.begin(), { kind, reason })
  }
  world.status = { ...good, node: { ...good.node, role: 'primary' } }
  t.equal(backups.begin().kind, 'backup')
})
