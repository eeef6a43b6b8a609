// The one error that leaves storage/. Bugs are assertions, misses and damaged records are values.

/**
 * open-failed: the environment cannot be opened. meta-damaged: the node's own state does not read
 * back. unknown-format: written by another version of the program. write-failed: a commit or flush
 * did not succeed; nothing later is durable. too-damaged: too many entries do not read back.
 */
export type StorageErrorCode =
  | 'open-failed'
  | 'meta-damaged'
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
