// A backup of this node's store: one moment of it, read piece by piece between other work.
// Decides whether this node is the one to ask; never holds more than a piece in memory.
import type { ClusterStatus } from '../core/status.ts'
import type { BackupAnswer } from '../http/node-access.ts'
import type { SnapshotItem, Store, StoreSnapshot } from '../storage/store.ts'
import type { Clock } from '../system/clock.ts'
import { type BackupEntry, type BackupHead, BackupWriter, FRAME_BYTES } from '../wire/backup.ts'
import { BACKUP_PIECE_ENTRIES, BACKUP_REST, BACKUP_WAIT_MS, BACKUPS_MAX } from './limits.ts'

export interface BackupsParts {
  readonly store: Pick<Store, 'snapshot' | 'keyCount'>
  readonly status: () => ClusterStatus
  readonly clock: Clock
  /** Unit: ms. */
  readonly pause: (waitMs: number) => Promise<void>
  readonly cluster: string
}

export class Backups {
  readonly #parts: BackupsParts
  #running = 0

  constructor(parts: BackupsParts) {
    this.#parts = parts
  }

  /** Nothing is read before the pieces are asked for. */
  begin(): BackupAnswer {
    const status = this.#parts.status()
    const refusal = refusalOf(status)
    if (refusal !== undefined) return refusal
    if (this.#running >= BACKUPS_MAX) {
      const reason = `${BACKUPS_MAX} backups are being made of this node: wait for one to end.`
      return { kind: 'notNow', reason }
    }
    return { kind: 'backup', pieces: this.#pieces(status) }
  }

  async *#pieces({ node, stream }: ClusterStatus): AsyncIterable<Buffer> {
    const { store, clock, cluster } = this.#parts
    // Several were asked for at once: an answer without an end is none.
    if (this.#running >= BACKUPS_MAX) return
    this.#running++
    let snapshot: StoreSnapshot | undefined
    try {
      const at = new Date(clock.wallMs()).toISOString()
      const { id, committed } = stream
      // Everything committed so far was applied before it was, and is waited for.
      snapshot = await store.snapshot()
      const head = { cluster, node: node.id, stream: id, committed, at, keys: store.keyCount }
      yield* this.#frames(snapshot, head)
    } finally {
      this.#running--
      snapshot?.close()
    }
  }

  async *#frames(snapshot: StoreSnapshot, head: BackupHead): AsyncIterable<Buffer> {
    const { clock, pause } = this.#parts
    const wallMs = clock.wallMs()
    const endMs = clock.monotonicMs() + BACKUP_WAIT_MS
    const writer = new BackupWriter()
    yield writer.start(head)
    const bounds = { entriesMax: BACKUP_PIECE_ENTRIES, bytesMax: FRAME_BYTES }
    let after: string | undefined
    for (;;) {
      const startedMs = clock.monotonicMs()
      const page = snapshot.page({ ...bounds, after })
      const last = page.at(-1)
      if (last === undefined) break
      after = keyOf(last)
      const damaged = page.find(({ kind }) => kind === 'damaged')
      if (damaged !== undefined) return yield writer.failed(DAMAGED_REASON)
      const entries = page.flatMap((item) => backupEntry(item, wallMs))
      const piece = entries.length > 0 ? writer.entries(entries) : undefined
      const workedMs = clock.monotonicMs() - startedMs
      if (piece !== undefined) yield piece
      if (clock.monotonicMs() > endMs) return yield writer.failed(TOO_SLOW_REASON)
      // Clients have most of this node's time, and what came meanwhile is answered first.
      await pause(workedMs * BACKUP_REST)
    }
    yield writer.end()
  }
}

const DAMAGED_REASON =
  'an entry is damaged on the disk of this node: diststore audit mends it from the other master; make the backup again then, or on the other master'

const TOO_SLOW_REASON = `it took longer than ${BACKUP_WAIT_MS / 60_000} minutes, for which this node kept all that was deleted meanwhile: write it to something faster`

/** Only a master has all keys, and only one with a proof knows that it has the newest. */
function refusalOf(status: ClusterStatus): BackupAnswer | undefined {
  const { node, view, merge, proofAgeMs } = status
  const isMaster = node.role === 'primary' || node.role === 'master'
  if (!isMaster) {
    const masters = view?.masters.filter(({ inSync }) => inSync).map(({ address }) => address) ?? []
    const where = masters.length === 0 ? 'there is none now' : masters.join(' or ')
    const reason = `This node (${node.role}) does not hold every key: make the backup on the host of a master in sync (${where}).`
    return { kind: 'elsewhere', reason }
  }
  if (merge.due > 0) {
    const reason = 'The two sides of a split are being merged: make the backup when that is done.'
    return { kind: 'notNow', reason }
  }
  if (proofAgeMs === undefined) {
    const reason =
      'This master has lost touch with the cluster and may not have the newest: see /cluster.'
    return { kind: 'notNow', reason }
  }
  return undefined
}

function keyOf(item: SnapshotItem): string {
  return item.kind === 'entry' ? item.entry.key : item.key
}

/** Deleted entries and those whose time is over are left out. */
function backupEntry(item: SnapshotItem, wallMs: number): BackupEntry[] {
  if (item.kind !== 'entry' || item.entry.content.kind === 'tombstone') return []
  const { key, version, expiresAtMs, content } = item.entry
  if (expiresAtMs !== undefined && expiresAtMs <= wallMs) return []
  const { contentType, bytes } = content
  return [{ key, version, expiresAtMs, contentType, bytes }]
}
