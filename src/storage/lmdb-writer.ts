// Hands batches to lmdb, follows them to the disk, and reports each once, in order.
// Never looks into a batch. After one failure it reports nothing more.
import { assert } from '../core/assert.ts'
import type { Database } from 'lmdb'
import type { Durability } from './store.ts'
import { damageError, StorageError } from './storage-error.ts'

/** Relaxed: what may be acknowledged and not yet on disk. Unit: bytes. About a second of writes. */
export const RELAXED_BYTES_MAX = 8 * 1024 * 1024

export interface WriterSettings {
  readonly durability: Durability
  /** Runs something in a later turn of the event loop. */
  readonly nextTurn: (run: () => void) => void
  /** Called at most once: the disk did not take a batch. */
  readonly onFailure: (error: StorageError) => void
}

export interface Batch {
  /** Puts the changes into lmdb. */
  readonly fill: () => void
  /** Roughly what the batch weighs. Unit: bytes. */
  readonly bytes: number
  /** It must be on disk before it is reported, however relaxed the store is. */
  readonly mustFlush: boolean
  /** lmdb shows the batch now. */
  readonly committed: () => void
  /** The batch, and all before it, are as durable as the store promises. */
  readonly flushed: () => void
}

/** The promise of a batch as lmdb gives it with `separateFlushed`. */
interface CommitPromise extends Promise<boolean> {
  readonly flushed: Promise<unknown>
}

interface Waiting {
  readonly flushed: () => void
  isReady: boolean
}

export class LmdbWriter {
  readonly #root: Database
  readonly #settings: WriterSettings
  #waiting: Waiting[] = []
  #backlogBytes = 0
  #failure: StorageError | undefined
  /** Settled once every batch so far is on disk. */
  #all: Promise<void> = Promise.resolve()
  readonly #broken: Promise<void>
  #break: () => void = () => {}

  constructor(root: Database, settings: WriterSettings) {
    this.#root = root
    this.#settings = settings
    this.#broken = new Promise((resolve) => {
      this.#break = resolve
    })
  }

  /** Why nothing is reported any more. */
  get failure(): StorageError | undefined {
    return this.#failure
  }

  /** Handed to lmdb, and not on disk yet. Unit: bytes. */
  get backlogBytes(): number {
    return this.#backlogBytes
  }

  write(batch: Batch): void {
    if (this.#failure !== undefined) return
    const waiting: Waiting = { flushed: batch.flushed, isReady: false }
    this.#waiting.push(waiting)
    const commit = this.#root.batch(batch.fill)
    assert(tellsFlushed(commit), 'lmdb tells when a batch is on disk')
    this.#backlogBytes += batch.bytes
    if (this.#mayReportEarly(batch)) this.#settings.nextTurn(() => this.#ready(waiting))
    // Each may be on a thread of its own, and the earlier one return later: lmdb closed meanwhile would
    // take the process with it. So it is not enough that the last one is done.
    const earlier = this.#all
    this.#all = this.#follow(commit, batch, waiting).then(() => earlier)
  }

  /** Resolves when everything written so far is on disk, or the disk has failed. */
  idle(): Promise<void> {
    // After a failed commit lmdb leaves the promises of later ones open for good.
    return Promise.race([this.#all, this.#broken])
  }

  /** Ends all reports, for a reason found here or elsewhere. Only the first one is told. */
  fail(failure: StorageError): void {
    if (this.#failure !== undefined) return
    this.#failure = failure
    this.#waiting = []
    this.#settings.onFailure(failure)
  }

  #mayReportEarly(batch: Batch): boolean {
    const { durability } = this.#settings
    return durability === 'relaxed' && !batch.mustFlush && this.#backlogBytes <= RELAXED_BYTES_MAX
  }

  async #follow(commit: CommitPromise, batch: Batch, waiting: Waiting): Promise<void> {
    try {
      await commit
      batch.committed()
      // lmdb 3.5.6 resolves both after fdatasync; only this one is documented to mean it.
      await commit.flushed
      this.#backlogBytes -= batch.bytes
      this.#ready(waiting)
    } catch (error) {
      this.#failWriting(await rootCause(error))
    }
  }

  #ready(waiting: Waiting): void {
    waiting.isReady = true
    while (this.#failure === undefined && this.#waiting[0]?.isReady === true) {
      this.#waiting.shift()?.flushed()
    }
  }

  #failWriting(cause: unknown): void {
    this.#break()
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `The store could not write to disk (${why}): check free space and the disk, then start again.`
    this.fail(damageError(cause) ?? new StorageError('write-failed', message, { cause }))
  }
}

function tellsFlushed(commit: Promise<boolean>): commit is CommitPromise {
  return 'flushed' in commit && commit.flushed instanceof Promise
}

/** lmdb rejects a commit with an error that carries a promise of the real one. */
async function rootCause(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error
  try {
    return await error.commitError
  } catch (cause) {
    return cause
  }
}
