// Small reads while large values come and go: does one large value hold up everybody else?
import { mkdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { diststoreWith } from '../peers.ts'
import type { Row, RowOptions, RowReport } from '../row.ts'
import { load, type LoadReport } from '../wrk.ts'
import { pairsOf } from './compared.ts'

const SMALL_BYTES = 1024
const LARGE_BYTES = 10 * 1024 * 1024

/** A write and a read each time. */
const LARGE_EVERY_MS = 200

/** Few, so that the server is not busy with small reads alone. */
const SMALL_CONNECTIONS = 4

/** Large values under way at once; a machine that is slower than that does fewer a second. */
const LARGE_AT_ONCE_MAX = 4

export const LARGE: Readonly<Record<string, Row>> = {
  large: {
    about: '1 KB reads while five values of 10 MB are written and five read each second',
    goal: 'p99.9 <= 6 x of that without them',
    measure,
  },
}

async function measure(options: RowOptions): Promise<RowReport> {
  const { directory, rounds, seconds } = options
  mkdirSync(directory, { recursive: true })
  const peer = await diststoreWith(directory, { 'value-bytes-max': '16MiB' })
  try {
    const pairs = pairsOf(SMALL_BYTES)
    await peer.fill(pairs)
    const [server] = peer.servers
    const url = `http://${server?.host}:${server?.port}`
    const requests = pairs.map(peer.get)
    const read = () => load({ url, requests, connections: SMALL_CONNECTIONS, seconds, directory })
    await read()
    const alone: LoadReport[] = []
    const beside: LoadReport[] = []
    let moved = 0
    for (let round = 0; round < rounds; round++) {
      alone.push(await read())
      const traffic = new LargeTraffic(url)
      traffic.start()
      beside.push(await read())
      moved += await traffic.stop()
    }
    const [a, b] = [middle(alone), middle(beside)]
    return {
      figures: {
        'large values a second, written and read': moved / (rounds * seconds),
        'p99 ms alone': a.p99Ms,
        'p99 ms beside them': b.p99Ms,
        'p99.9 ms alone': a.p999Ms,
        'p99.9 ms beside them': b.p999Ms,
        'p99.9 beside them / alone': b.p999Ms / a.p999Ms,
        'max ms alone': a.maxMs,
        'max ms beside them': b.maxMs,
      },
    }
  } finally {
    await peer.stop()
  }
}

/** Writes and reads large values at an even pace. */
class LargeTraffic {
  readonly #url: string
  readonly #body = Buffer.alloc(LARGE_BYTES, 'x')
  readonly #underWay = new Set<Promise<void>>()
  #isOver = false
  #done = 0
  #failure: unknown

  constructor(url: string) {
    this.#url = url
  }

  start(): void {
    void this.#run()
  }

  /** How many were written or read. Rejects when one could not be. */
  async stop(): Promise<number> {
    this.#isOver = true
    await Promise.all(this.#underWay)
    if (this.#failure !== undefined) throw this.#failure
    return this.#done
  }

  async #run(): Promise<void> {
    for (let i = 0; !this.#isOver; i++) {
      if (this.#underWay.size < LARGE_AT_ONCE_MAX) this.#add(this.#turn(i % 2))
      await pause(LARGE_EVERY_MS)
    }
  }

  #add(turn: Promise<void>): void {
    const ended = turn.catch((error: unknown) => {
      this.#failure ??= error
    })
    this.#underWay.add(ended)
    void ended.then(() => this.#underWay.delete(ended))
  }

  async #turn(number: number): Promise<void> {
    const url = `${this.#url}/v1/large-${number}`
    const written = await fetch(url, { method: 'PUT', body: this.#body })
    if (written.status !== 200) throw new Error(`a large value: ${await written.text()}`)
    const read = await fetch(url)
    const { byteLength } = await read.arrayBuffer()
    if (byteLength !== LARGE_BYTES) throw new Error(`a large value has ${byteLength} bytes`)
    this.#done += 2
  }
}

/** By its p99.9. */
function middle(reports: readonly LoadReport[]): LoadReport {
  const sorted = [...reports].sort((x, y) => x.p999Ms - y.p999Ms)
  const found = sorted[Math.floor(sorted.length / 2)]
  if (found === undefined) throw new Error('no round was measured')
  return found
}
