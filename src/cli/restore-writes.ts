// One entry of a backup as a write: under which condition, and what to do when no node takes it now.
import type { BackupEntry } from '../wire/backup.ts'
import { TTL_MS_MAX } from '../wire/limits.ts'
import { EXIT, Failure } from './exit-codes.ts'
import { keyPath } from './key-path.ts'
import { RESTORE_PAUSE_MS, RESTORE_TRIES } from './limits.ts'
import { type NodeConnection, Refusal } from './node-connection.ts'
import type { CliTime } from './world.ts'

/** What must be under a key for its entry to be written: nothing, or something older, or whatever. */
export type When = 'absent' | 'newer' | 'always'

export type Restored = 'restored' | 'kept' | 'ended'

const CONDITION_FAILED = 412

export class RestoreWrites {
  readonly #node: Pick<NodeConnection, 'askJson' | 'headersOf'>
  readonly #time: CliTime
  readonly #when: When
  /** Tells the writes of this run from those of another. */
  readonly #run: string
  #count = 0

  constructor(node: Pick<NodeConnection, 'askJson' | 'headersOf'>, time: CliTime, when: When) {
    this.#node = node
    this.#time = time
    this.#when = when
    this.#run = `restore-${time.wallMs()}-${time.monotonicMs()}`
  }

  /** Rejects with a Failure when it is refused, or no node took it in all the tries. */
  async restore(entry: BackupEntry): Promise<Restored> {
    const idempotencyKey = `${this.#run}-${++this.#count}`
    for (let tries = 1; ; tries++) {
      try {
        return await this.#write(entry, idempotencyKey)
      } catch (error) {
        if (error instanceof Refusal && error.status === CONDITION_FAILED) return 'kept'
        const mayPass = error instanceof Failure && error.exitCode === EXIT.unreachable
        if (!mayPass || tries >= RESTORE_TRIES) throw error
        await this.#time.pause(RESTORE_PAUSE_MS)
      }
    }
  }

  async #write(entry: BackupEntry, idempotencyKey: string): Promise<Restored> {
    const { key, expiresAtMs, contentType, bytes } = entry
    const leftMs = expiresAtMs === undefined ? undefined : expiresAtMs - this.#time.wallMs()
    if (leftMs !== undefined && leftMs <= 0) return 'ended'
    const condition = await this.#condition(entry)
    if (condition === 'kept') return condition
    const headers = {
      ...condition,
      'idempotency-key': idempotencyKey,
      ...(contentType !== '' && { 'content-type': contentType }),
    }
    const path = keyPath('/v1', key, { ttl: ttlText(leftMs) })
    const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    await this.#node.askJson({ method: 'PUT', path, headers, body })
    return 'restored'
  }

  /** The headers that say so. What changes in between fails the condition: it is newer. */
  async #condition({ key, version }: BackupEntry): Promise<Record<string, string> | 'kept'> {
    if (this.#when === 'always') return {}
    if (this.#when === 'absent') return { 'if-none-match': '*' }
    const headers = await this.#node.headersOf(keyPath('/v1', key))
    if (headers === undefined) return { 'if-none-match': '*' }
    const etag = String(headers['etag'])
    return etag.replaceAll('"', '') >= version ? 'kept' : { 'if-match': etag }
  }
}

function ttlText(leftMs: number | undefined): string | undefined {
  return leftMs === undefined ? undefined : (Math.min(leftMs, TTL_MS_MAX) / 1000).toFixed(3)
}
