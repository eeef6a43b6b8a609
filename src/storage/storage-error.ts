// The one error that leaves storage/. Bugs are assertions, misses and damaged records are values.

/**
 * open-failed: the environment cannot be opened. meta-damaged: the node's own state does not read
 * back. store-damaged: lmdb finds its own file damaged. unknown-format: written by another version of the program. write-failed: a commit or flush
 * did not succeed; nothing later is durable. too-damaged: too many entries do not read back.
 */
export type StorageErrorCode =
  | 'open-failed'
  | 'meta-damaged'
  | 'store-damaged'
  | 'unknown-format'
  | 'write-failed'
  | 'too-damaged'

export class StorageError extends Error {
  readonly code: StorageErrorCode

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StorageError'
    this.code = code
  }
}

/** Of lmdb's errors those that mean damage, not a lack of something. */
const DAMAGE = /MDB_(CORRUPTED|INVALID|PAGE_NOTFOUND|PANIC|VERSION_MISMATCH|BAD_)/

/** What to do about a store that is beyond mending. */
export const START_ANEW =
  'move the data directory away; the node then starts as a new one and copies what it needs.'

/** The error when lmdb's reason is that its file is damaged; undefined for every other reason. */
export function damageError(cause: unknown): StorageError | undefined {
  const why = cause instanceof Error ? cause.message : String(cause)
  if (!DAMAGE.test(why)) return undefined
  return new StorageError('store-damaged', `The store is damaged (${why}): ${START_ANEW}`, {
    cause,
  })
}
