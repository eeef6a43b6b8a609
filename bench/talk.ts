// A client that asks many small things over few connections, of servers of several protocols: HTTP, redis,
// memcached. Knows of an answer only a text that every good one has, and one that no good one has.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export interface Place {
  readonly host: string
  readonly port: number
}

/** One question of many, by its number. */
export interface Speech {
  readonly ask: (index: number) => string
  /** Once in every good answer, and nowhere else in one. At most 16 characters. */
  readonly mark: string
  /** In no good answer. Seen if it is within 16 characters, or in one piece with them. */
  readonly bad: RegExp
}

/** What a server said last is quoted when it does not answer well. Unit: characters. */
const QUOTED = 300

/** Of what was heard, kept until more comes. Unit: characters. */
const KEPT = 16

/** One connection. Questions may be sent before earlier ones are answered; answers come in order. */
class Talker {
  readonly #socket: Socket
  readonly #speech: Speech
  readonly #waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  #said = ''
  #last = ''
  #ended: Error | undefined

  private constructor(socket: Socket, speech: Speech) {
    this.#socket = socket
    this.#speech = speech
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text) => this.#hear(String(text)))
    socket.once('close', () => this.#end('the connection was closed'))
    socket.on('error', (error) => this.#end(error.message))
  }

  static async start({ host, port }: Place, speech: Speech): Promise<Talker> {
    const socket = connect(port, host)
    await once(socket, 'connect')
    return new Talker(socket, speech)
  }

  /** Resolves with a good answer. Rejects when the connection ends first. */
  ask(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended)
        return
      }
      this.#waiting.push({ resolve, reject })
      this.#socket.write(text, 'latin1')
    })
  }

  /** What still waits for an answer gets none. */
  stop(why: string): void {
    this.#end(why)
    this.#socket.destroy()
  }

  #hear(text: string): void {
    const { mark, bad } = this.#speech
    const heard = this.#said + text
    const badAt = heard.search(bad)
    this.#last = heard.slice(Math.max(0, badAt))
    let from = 0
    for (;;) {
      const at = heard.indexOf(mark, from)
      if (at < 0) break
      from = at + mark.length
      this.#waiting.shift()?.resolve()
    }
    // A mark may come in two pieces.
    this.#said = heard.slice(Math.max(from, heard.length - KEPT))
    if (badAt >= 0) this.stop('a bad answer')
  }

  #end(why: string): void {
    this.#ended ??= new Error(`${why}; said last: ${JSON.stringify(this.#last.slice(0, QUOTED))}`)
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended)
  }
}

export interface FloodOptions extends Speech {
  readonly count: number
  readonly connections: number
  /** Questions of a connection that wait for their answers. */
  readonly underWay: number
  /** Unit: ms. */
  readonly waitMs: number
}

/** Asks all of it as fast as it is answered. Throws when not all is answered well in time. */
export async function flood(place: Place, about: FloodOptions): Promise<void> {
  const { count, connections, underWay, waitMs, ask } = about
  const talkers: Talker[] = []
  let next = 0
  const work = async (talker: Talker): Promise<void> => {
    while (next < count) await talker.ask(ask(next++))
  }
  const timer = setTimeout(() => {
    for (const talker of talkers) talker.stop(`${next} of ${count} asked in ${waitMs / 1000} s`)
  }, waitMs)
  try {
    for (let i = 0; i < connections; i++) talkers.push(await Talker.start(place, about))
    const works = talkers.flatMap((talker) => Array.from({ length: underWay }, () => work(talker)))
    await Promise.all(works)
  } finally {
    clearTimeout(timer)
    for (const talker of talkers) talker.stop('done')
  }
}

/** No single answer takes this long. Unit: ms. */
const ANSWER_WAIT_MS = 10_000

/** Asks one question after the other on one connection: how long each took to be answered. Unit: ms. */
export async function askInTurn(place: Place, speech: Speech, count: number): Promise<number[]> {
  const talker = await Talker.start(place, speech)
  const times: number[] = []
  try {
    for (let index = 0; index < count; index++) {
      const timer = setTimeout(() => talker.stop(`no answer to ${index}`), ANSWER_WAIT_MS)
      const fromMs = performance.now()
      await talker.ask(speech.ask(index))
      times.push(performance.now() - fromMs)
      clearTimeout(timer)
    }
  } finally {
    talker.stop('done')
  }
  return times
}

/** Of a Probe: little beside what the server is busy with. */
const PROBE_CONNECTIONS = 8
const PROBE_PAUSE_MS = 5

/** Somebody who reads now and then, one question at a time on each connection, and looks at the clock. */
export class Probe {
  readonly #talkers: readonly Talker[]
  readonly #works: Promise<unknown>
  readonly #reads: { readonly fromMs: number; readonly tookMs: number }[] = []
  #isOver = false

  private constructor(talkers: readonly Talker[], { ask }: Speech) {
    this.#talkers = talkers
    let next = 0
    const work = async (talker: Talker): Promise<void> => {
      while (!this.#isOver) {
        const fromMs = performance.now()
        await talker.ask(ask(next++))
        this.#reads.push({ fromMs, tookMs: performance.now() - fromMs })
        await pause(PROBE_PAUSE_MS)
      }
    }
    this.#works = Promise.all(talkers.map(work))
    // Told by `stop`.
    this.#works.catch(() => {})
  }

  static async start(place: Place, speech: Speech): Promise<Probe> {
    const talkers: Talker[] = []
    for (let i = 0; i < PROBE_CONNECTIONS; i++) {
      talkers.push(await Talker.start(place, speech))
    }
    return new Probe(talkers, speech)
  }

  /** Times of the reads that began in this time and have ended, in order of length. Unit: ms. */
  begun(fromMs: number, beforeMs: number): readonly number[] {
    return this.#reads
      .filter((read) => read.fromMs >= fromMs && read.fromMs < beforeMs)
      .map(({ tookMs }) => tookMs)
      .sort((a, b) => a - b)
  }

  /** Resolves when the last read has ended. Throws when one was not answered well. */
  async stop(): Promise<void> {
    this.#isOver = true
    const timer = setTimeout(() => this.#talkers.map((it) => it.stop('no answer')), STOP_WAIT_MS)
    try {
      await this.#works
    } finally {
      clearTimeout(timer)
      for (const talker of this.#talkers) talker.stop('done')
    }
  }
}

/** The last reads are answered by then. Unit: ms. */
const STOP_WAIT_MS = 10_000

/** The share of them that took less. NaN of none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
