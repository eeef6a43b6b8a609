// The primary's side of coherence: tells everybody which keys were committed, numbered, in batches,
// and repeats what somebody missed. Whoever keeps copies listens in coherence.ts.
import type { CommitLog } from './commit-log.ts'
import { keyHash } from './key-hash.ts'
import { INVALIDATION_ITEMS_MAX, INVALIDATION_WAIT_MS } from './limits.ts'
import type { Invalidation } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { Reach } from './reach.ts'
import type { Standing } from './standing.ts'
import type { StreamId, StreamPosition, Version } from './types.ts'
import { onlyGroup, sameBallot } from './view.ts'

export class Announcer {
  readonly #out: Outbox
  readonly #standing: Standing
  readonly #commits: CommitLog
  readonly #reach: Reach
  #batch: { stream: StreamId; firstSeq: number; items: Invalidation[] } | undefined

  constructor(out: Outbox, parts: { standing: Standing; commits: CommitLog; reach: Reach }) {
    this.#out = out
    this.#standing = parts.standing
    this.#commits = parts.commits
    this.#reach = parts.reach
  }

  /** The primary committed a write or a purge at this position of its stream. */
  committed(
    { stream, seq }: StreamPosition,
    { key, version }: { readonly key: string; readonly version: Version },
  ): void {
    const item = { keyHash: keyHash(key), version }
    this.#commits.append(seq, item)
    if (!this.#hasListeners) return
    if (this.#batch !== undefined && !sameBallot(this.#batch.stream, stream)) this.flush()
    if (this.#batch === undefined) {
      this.#batch = { stream, firstSeq: seq, items: [] }
      this.#out.wake(INVALIDATION_WAIT_MS, () => this.flush())
    }
    this.#batch.items.push(item)
    if (this.#batch.items.length >= INVALIDATION_ITEMS_MAX) this.flush()
  }

  /** Masters have the stream itself. Who is not in the roster yet asks for what it missed. */
  get #hasListeners(): boolean {
    const view = this.#standing.view
    return view !== undefined && view.roster.length > onlyGroup(view).masters.length
  }

  /** Sends what is gathered. Before each heartbeat too: it must not name what nobody heard of. */
  flush(): void {
    if (this.#batch === undefined) return
    this.#reach.sendToMost({ kind: 'invalidation', ...this.#batch })
    this.#batch = undefined
  }

  /** Another node asks what came after a position. */
  missed(after: StreamPosition, ticket: number): void {
    if (!this.#standing.isActive) {
      this.#out.respond(ticket, { kind: 'unable', reason: 'this node is not the primary' })
      return
    }
    const runs = this.#commits.since(after)
    this.#out.respond(ticket, runs === undefined ? { kind: 'forgotten' } : { kind: 'missed', runs })
  }
}
