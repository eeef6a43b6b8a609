// A steady load of writes, each under a key of its own, and the history of what became of them.
// Decides nothing about what is right.
import { type Answer, written } from './client.ts'
import type { Daemon, KeptClient } from './daemon.ts'
import { eventually, pause } from './eventually.ts'

/** A forgotten load ends by itself. Unit: writes. */
const WRITES_MAX = 6_000

export interface Write {
  readonly key: string
  readonly value: string
  readonly sentMs: number
  /** Undefined while the answer is out. */
  answeredMs?: number
  /** 0 when there was no answer. */
  status?: number
  copies?: number
}

export class SteadyWrites {
  readonly history: Write[] = []
  readonly #clients: readonly KeptClient[]
  readonly #pending = new Set<Promise<void>>()
  readonly #prefix: string
  readonly #done: Promise<void>
  #isStopped = false

  /** Writes go to the nodes in turn. */
  constructor(
    through: readonly Pick<Daemon, 'keepConnections'>[],
    options: { perSecond: number; prefix: string },
  ) {
    this.#clients = through.map((daemon) => daemon.keepConnections())
    this.#prefix = options.prefix
    this.#done = this.#run(1000 / options.perSecond)
  }

  /** Waits until this many more writes, sent from now on, were answered 200. */
  async applied(count: number): Promise<void> {
    const from = this.history.length
    await eventually(() => {
      const done = this.history.slice(from).filter(({ status }) => status === 200).length
      if (done < count) throw new Error(`${done} of ${count} writes were answered 200`)
    })
  }

  /** Sends no more, and waits for the answers that are out. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#done
    await Promise.all(this.#pending)
    for (const { end } of this.#clients) end()
  }

  /** What was answered 200, by key. */
  acknowledged(): Map<string, string> {
    const applied = this.history.filter(({ status }) => status === 200)
    return new Map(applied.map(({ key, value }) => [key, value]))
  }

  /** Time from `atMs` to the first 200 for a write sent after it; undefined when there is none. */
  gapAfter(atMs: number): number | undefined {
    const later = this.history.filter(({ sentMs, status }) => sentMs >= atMs && status === 200)
    const answered = later.map(({ answeredMs }) => answeredMs ?? Infinity)
    return answered.length === 0 ? undefined : Math.min(...answered) - atMs
  }

  /** The longest time without an answer 200 that ended after `atMs`. Unit: ms. */
  longestGapAfter(atMs: number): number {
    const applied = this.history.filter(({ status }) => status === 200)
    const times = applied.map(({ answeredMs = Infinity }) => answeredMs).sort((a, b) => a - b)
    const gaps = times.map((at, i) => (at > atMs ? at - (times[i - 1] ?? atMs) : 0))
    return Math.max(0, ...gaps)
  }

  /** The answers by status, and the longest wait for a 200, in words. */
  summary(): string {
    const counts = new Map<number, number>()
    let longestMs = 0
    for (const { status = 0, sentMs, answeredMs = sentMs } of this.history) {
      counts.set(status, (counts.get(status) ?? 0) + 1)
      if (status === 200) longestMs = Math.max(longestMs, answeredMs - sentMs)
    }
    const answers = [...counts].map(([status, count]) => `${count} x ${status}`).join(', ')
    return `${answers}; the slowest 200 took ${longestMs.toFixed(0)} ms`
  }

  async #run(everyMs: number): Promise<void> {
    const startedMs = performance.now()
    for (let count = 0; count < WRITES_MAX && !this.#isStopped; count++) {
      await pause(Math.max(0, startedMs + count * everyMs - performance.now()))
      const write = this.#write(count).finally(() => this.#pending.delete(write))
      this.#pending.add(write)
    }
  }

  async #write(count: number): Promise<void> {
    const kept = this.#clients[count % this.#clients.length]
    if (kept === undefined) return
    const key = `${this.#prefix}-${count}`
    const write: Write = { key, value: `value of ${key}`, sentMs: performance.now() }
    this.history.push(write)
    const answer = await kept.client.post(key, write.value).catch(() => undefined)
    write.answeredMs = performance.now()
    write.status = answer?.status ?? 0
    const copies = answer?.status === 200 ? copiesOf(answer) : undefined
    if (copies !== undefined) write.copies = copies
  }
}

function copiesOf(answer: Answer): number | undefined {
  return written(answer).copies
}
