// The loops of a bench: keys are stored, read and written for a while, and deleted.
// Measures only requests that were answered well; the others are counted.
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { keyPath } from './key-path.ts'
import { BENCH_TTL_S } from './limits.ts'
import type { Asked, NodeConnection } from './node-connection.ts'
import type { CliTime } from './world.ts'

export interface BenchSetting {
  readonly seconds: number
  readonly connections: number
  readonly keys: number
  /** Of each value. */
  readonly bytes: number
  /** Of 100 requests. */
  readonly writes: number
}

export interface KindReport {
  readonly count: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly failed: number
  /** The first failure's sentence; '' without one. */
  readonly failure: string
}

export type Show = (done: number, total: number, text: string) => void

interface Kind {
  /** Unit: microseconds. */
  readonly took: RecordableHistogram
  failed: number
  failure: string
}

/** Spreads requests over the keys: every key comes up, neighbours do not come together. */
const STRIDE = 7919

export class BenchRun {
  readonly #node: Pick<NodeConnection, 'ask'>
  readonly #time: CliTime
  readonly #setting: BenchSetting
  readonly #value: Buffer
  readonly #reads: Kind = { took: createHistogram(), failed: 0, failure: '' }
  readonly #writes: Kind = { took: createHistogram(), failed: 0, failure: '' }
  #stored = 0
  #tookMs = 0

  constructor(node: Pick<NodeConnection, 'ask'>, time: CliTime, setting: BenchSetting) {
    this.#node = node
    this.#time = time
    this.#setting = setting
    this.#value = Buffer.alloc(setting.bytes, 'x')
  }

  /** Stores every key once. Rejects with a Failure when one cannot be. */
  async prepare(show: Show): Promise<void> {
    const { keys } = this.#setting
    await this.#inParallel(async () => {
      while (this.#stored < keys) {
        await this.#ask(this.#put(this.#stored++))
        show(this.#stored, keys, 'storing keys')
      }
    })
  }

  /** Every connection asks again as soon as it has its answer, until the time is over. */
  async measure(show: Show): Promise<void> {
    const { seconds, keys, writes } = this.#setting
    const startMs = this.#time.monotonicMs()
    let count = 0
    let elapsedMs = 0
    await this.#inParallel(async () => {
      while (elapsedMs < seconds * 1000) {
        const number = count++
        const index = (number * STRIDE) % keys
        const isWrite = (number * STRIDE) % 100 < writes
        if (isWrite) await this.#timed(this.#writes, this.#put(index))
        else await this.#timed(this.#reads, { method: 'GET', path: keyPath('/get', keyAt(index)) })
        elapsedMs = this.#time.monotonicMs() - startMs
        show(elapsedMs, seconds * 1000, `${count} requests`)
      }
    })
    this.#tookMs = elapsedMs
  }

  /** Deletes what was stored; false when not all could be, which then ends by itself. */
  async cleanUp(show: Show): Promise<boolean> {
    const stored = this.#stored
    let next = 0
    let isAll = true
    await this.#inParallel(async () => {
      while (next < stored) {
        const path = keyPath('/v1', keyAt(next++))
        try {
          await this.#ask({ method: 'DELETE', path })
        } catch {
          // The first is enough to know that the node does not answer; the others may wait long.
          isAll = false
          return
        }
        show(next, stored, 'deleting keys')
      }
    })
    return isAll
  }

  report(): { reads: KindReport; writes: KindReport } {
    return { reads: this.#reportOf(this.#reads), writes: this.#reportOf(this.#writes) }
  }

  #put(index: number): Asked {
    const path = keyPath('/v1', keyAt(index), { ttl: String(BENCH_TTL_S) })
    return { method: 'PUT', path, body: this.#value }
  }

  async #timed(kind: Kind, asked: Asked): Promise<void> {
    const startMs = this.#time.monotonicMs()
    try {
      await this.#ask(asked)
      const tookUs = (this.#time.monotonicMs() - startMs) * 1000
      kind.took.record(Math.max(1, Math.round(tookUs)))
    } catch (error) {
      kind.failed++
      kind.failure ||= error instanceof Error ? error.message : String(error)
    }
  }

  /** To the last byte of the answer. */
  async #ask(asked: Asked): Promise<void> {
    const { body } = await this.#node.ask(asked)
    for await (const _ of body);
  }

  async #inParallel(work: () => Promise<void>): Promise<void> {
    const workers = Array.from({ length: this.#setting.connections }, work)
    for (const worker of await Promise.allSettled(workers)) {
      if (worker.status === 'rejected') throw worker.reason
    }
  }

  #reportOf({ took, failed, failure }: Kind): KindReport {
    const { count } = took
    const ms = (us: number) => (count === 0 ? 0 : Math.round(us / 10) / 100)
    return {
      count,
      perSecond: this.#tookMs === 0 ? 0 : Math.round((count * 1000) / this.#tookMs),
      p50Ms: ms(took.percentile(50)),
      p99Ms: ms(took.percentile(99)),
      maxMs: ms(took.max),
      failed,
      failure,
    }
  }
}

function keyAt(index: number): string {
  return `diststore-bench/${index}`
}
