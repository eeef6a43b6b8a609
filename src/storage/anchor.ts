// A file beside the store that says "this directory is a node's". Where damage makes a store read as
// empty, it keeps the node from starting as a new one, as if nothing had ever been stored.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StorageError } from './storage-error.ts'

const NAME = 'node-id'

/** Whether a node's store was made here at some time. */
export function hasAnchor(dir: string): boolean {
  return existsSync(join(dir, NAME))
}

/** Call it once the store has its identity on disk. Throws StorageError `open-failed`. */
export function dropAnchor(dir: string, nodeId: string): void {
  if (hasAnchor(dir)) return
  try {
    writeFileSync(join(dir, NAME), `${nodeId}\n`)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `The directory ${dir} takes no new file (${why}): check that it is writable and has free space.`
    throw new StorageError('open-failed', message, { cause })
  }
}
