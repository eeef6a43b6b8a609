// A primary hands its mastership to another in-sync master: takes no more writes, lets those under
// way end, then asks the other to propose. Gives up after a while, and goes on as primary.
import { HANDOFF_DRAIN_MS, HANDOFF_WAIT_MS, VIEW_CALL_WAIT_MS } from './limits.ts'
import type { Members } from './members.ts'
import type { Outbox } from './outbox.ts'
import type { Standing } from './standing.ts'
import type { Stream } from './stream.ts'
import type { NodeId } from './types.ts'
import { formatBallot } from './view.ts'

interface Run {
  readonly to: NodeId
  readonly startedMs: number
  askedMs: number | undefined
}

export class Handoff {
  readonly #out: Outbox
  readonly #standing: Standing
  readonly #members: Members
  readonly #stream: Stream
  #run: Run | undefined

  constructor(out: Outbox, parts: { standing: Standing; members: Members; stream: Stream }) {
    this.#out = out
    this.#standing = parts.standing
    this.#members = parts.members
    this.#stream = parts.stream
  }

  /** No new write is taken meanwhile: its sender finds the next primary in a moment. */
  get isUnderWay(): boolean {
    return this.#run !== undefined
  }

  start(to: NodeId, nowMs: number): void {
    if (this.#run !== undefined || !this.#standing.isActive) return
    this.#run = { to, startedMs: nowMs, askedMs: undefined }
    this.tick(nowMs)
  }

  tick(nowMs: number): void {
    const run = this.#run
    if (run === undefined) return
    // Another view, or its proposal: this node has nothing to hand over any more.
    if (!this.#standing.isActive) this.#run = undefined
    else if (nowMs - run.startedMs > HANDOFF_WAIT_MS) {
      this.#out.log('warn', 'handoff-failed', { to: run.to })
      this.#run = undefined
    } else if (run.askedMs === undefined) this.#askIfDrained(run, nowMs)
  }

  #askIfDrained(run: Run, nowMs: number): void {
    const isDrained = this.#stream.pendingCount === 0
    if (!isDrained && nowMs - run.startedMs < HANDOFF_DRAIN_MS) return
    const address = this.#members.get(run.to)?.address
    const view = this.#standing.view
    if (address === undefined || view === undefined) return
    run.askedMs = nowMs
    const { ballot } = view
    this.#out.log('info', 'handoff', { ballot: formatBallot(ballot), to: run.to })
    this.#out.call(
      address,
      { kind: 'takeOver', ballot },
      {
        timeoutMs: VIEW_CALL_WAIT_MS,
        onAnswer: (answer) => {
          const isTaken = answer.kind === 'response' && answer.response.kind === 'noted'
          if (!isTaken && answer.kind !== 'late' && this.#run === run) this.#run = undefined
        },
      },
    )
  }
}
