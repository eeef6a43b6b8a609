// Opens one lmdb environment and the tables in it.
// Knows lmdb's options; never what the tables mean.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { open } from 'lmdb'
import type { RootDatabase } from 'lmdb'
import { assert } from '../core/assert.ts'
import type { ByteTable } from './entry-table.ts'
import { damageError, StorageError } from './storage-error.ts'

export interface Environment {
  readonly root: RootDatabase
  /** Cluster entries, and their values that are too large for a record. */
  readonly data: { readonly records: ByteTable; readonly values: ByteTable }
  /** Local entries, likewise. */
  readonly local: { readonly records: ByteTable; readonly values: ByteTable }
  /** Places of cluster entries in order of time. */
  readonly due: ByteTable
  /** Writes that lost in a merge. */
  readonly conflicts: ByteTable
  readonly meta: ByteTable
}

/**
 * A transaction begins with the turn's end, or once so many writes wait for it. Unit: writes. lmdb's own 5
 * begin one while the turn still adds to it, and most of the turn then makes a second one; of a batch
 * beyond this, the beginning is written while the rest is put together.
 */
const TRANSACTION_START_WRITES = 1000

/**
 * Addresses set aside for the file. Unit: bytes. They take no memory and no disk. lmdb maps the file anew
 * whenever it outgrows what was set aside, and keeps the old maps: each page that was read through
 * two of them counts twice as resident. A store that grows beyond is mapped anew as before.
 */
const MAP_BYTES = 64 * 1024 ** 3

/** As lmdb names it. */
const FILE = 'data.mdb'

const RAW = { keyEncoding: 'binary', encoding: 'binary' } as const

/** Throws StorageError `open-failed`. Blocks for some tens of ms. */
export function openEnvironment(dir: string): Environment {
  if (existsSync(dir) && !statSync(dir).isDirectory()) {
    const message = `The data directory ${dir} is a file: move it away. If an earlier build kept its store there, it goes on as ${join(dir, FILE)}.`
    throw new StorageError('open-failed', message)
  }
  try {
    // Batches are explicit: with batching by event turn lmdb makes promises nobody can handle.
    const batching = {
      eventTurnBatching: false,
      separateFlushed: true,
      txnStartThreshold: TRANSACTION_START_WRITES,
    }
    // Always a directory: lmdb would take one with a dot in its name, such as an address, for a file.
    const options = { ...batching, noSubdir: false, maxDbs: 8, mapSize: MAP_BYTES, ...RAW }
    const root = open(dir, options)
    const table = (name: string): ByteTable => root.openDB(name, RAW)
    return {
      root,
      data: { records: table('data'), values: table('values') },
      local: { records: table('local'), values: table('local-values') },
      due: table('due'),
      conflicts: table('conflicts'),
      meta: table('meta'),
    }
  } catch (cause) {
    const damage = damageError(cause)
    if (damage !== undefined) throw damage
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `The store in ${dir} cannot be opened (${why}): check that the directory is writable and that no other node uses it.`
    throw new StorageError('open-failed', message, { cause })
  }
}

/** Whether there is anything to open in this directory. */
export function hasEnvironment(dir: string): boolean {
  return existsSync(join(dir, FILE))
}

/**
 * Opens what there is, looks at the root of every tree, and closes it again. lmdb trusts its file:
 * a damaged one may end the process by a signal. So this is for a process that may die of it.
 */
export async function tryEnvironment(dir: string): Promise<void> {
  const environment = openEnvironment(dir)
  const { data, local, due, conflicts, meta, root } = environment
  const { records, values } = data
  for (const table of [records, values, local.records, local.values, due, conflicts, meta]) {
    stats(table)
    for (const reverse of [false, true]) for (const _ of table.getRange({ limit: 1, reverse }));
  }
  await root.close()
}

/** Bytes of pages in the file that hold nothing and will be used before the file grows. */
export function reusableBytes(environment: Environment): number {
  const { data, local, due, conflicts, meta } = environment
  const entries = [data.records, data.values, local.records, local.values]
  const tables = [...entries, due, conflicts, meta]
  const info = stats(meta)
  let used = pages(info.root) + pages(info.free)
  for (const table of tables) used += pages(stats(table))
  return Math.max(0, info.lastPageNumber + 1 - used) * info.pageSize
}

interface TreeStats {
  readonly treeBranchPageCount: number
  readonly treeLeafPageCount: number
  readonly overflowPages: number
}

interface TableStats extends TreeStats {
  readonly pageSize: number
  readonly lastPageNumber: number
  readonly root: TreeStats
  readonly free: TreeStats
}

function stats(table: ByteTable): TableStats {
  const stats = table.getStats()
  assert(isTableStats(stats), 'lmdb describes its tables')
  return stats
}

function isTableStats(stats: object): stats is TableStats {
  return 'lastPageNumber' in stats && 'free' in stats && 'root' in stats
}

function pages(tree: TreeStats): number {
  return tree.treeBranchPageCount + tree.treeLeafPageCount + tree.overflowPages
}
