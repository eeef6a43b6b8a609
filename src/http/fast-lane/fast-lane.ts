// Plain requests are answered where they are read; with the first other byte the connection is
// node:http's for good. Docs: docs/ARCHITECTURE.md.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { assert } from '../../core/assert.ts'
import type { ReadOutcome } from '../../core/types.ts'
import { HEADER_BYTES_MAX, SILENCE_MS } from '../limits.ts'
import type { Freshness, PublicNode } from '../node-access.ts'
import { outcomeReply } from '../reads.ts'
import type { CountRequest, RequestMeter } from '../request-meter.ts'
import { type PlainGet, PlainReader } from './plain-request.ts'
import { DateLine, foundBytes, replyBytes } from './reply-bytes.ts'

const NOTHING = Buffer.alloc(0)
const PROVEN: Freshness = { kind: 'proven' }

export type FastNode = Pick<PublicNode, 'read' | 'copiesOf' | 'wallMs'>

/** The connections that have sent nothing but plain requests so far. */
export class FastLane {
  readonly #node: FastNode
  readonly #date: DateLine
  readonly #meter: RequestMeter
  readonly #counts: Readonly<Record<PlainGet['route'], CountRequest>>
  readonly #connections = new Set<Connection>()

  constructor(node: FastNode, meter: RequestMeter) {
    this.#node = node
    this.#meter = meter
    this.#counts = { get: meter.of('get'), read: meter.of('read') }
    this.#date = new DateLine(() => node.wallMs())
  }

  /** Puts the lane before a server: what is not plain goes on to it as if it had just come. */
  attach(server: Server): void {
    const [serve, ...more] = server.listeners('connection')
    assert(serve !== undefined && more.length === 0, 'node:http takes connections by one listener')
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => {
      const connection = new Connection(socket, {
        nowMs: () => this.#meter.nowMs(),
        answer: (key) => this.#node.read(key, PROVEN),
        bytesOf: (request, outcome, startedMs) => this.#bytesOf(request, outcome, startedMs),
        handOver: () => serve.call(server, socket),
        gone: () => this.#connections.delete(connection),
        firstWaitMs: server.headersTimeout,
        idleMs: server.keepAliveTimeout,
      })
      this.#connections.add(connection)
    })
  }

  /** Ends the connections on which nothing is under way. */
  closeIdle(): void {
    for (const connection of this.#connections) connection.closeIfIdle()
  }

  #bytesOf({ route, key }: PlainGet, outcome: ReadOutcome, startedMs: number): Buffer {
    const date = this.#date.text
    const count = (status: number) => this.#counts[route](status, this.#meter.nowMs() - startedMs)
    if (outcome.kind === 'found' && outcome.entry.content.kind === 'value') {
      const { entry, source, ageMs } = outcome
      const value = outcome.entry.content
      count(200)
      return foundBytes({ entry, value, source, ageMs, copies: this.#node.copiesOf(key) }, date)
    }
    const asked = { known: undefined, freshness: PROVEN, copies: this.#node.copiesOf(key) }
    const reply = outcomeReply(outcome, asked)
    const { body } = reply
    count(reply.status)
    assert(typeof body === 'string' || Buffer.isBuffer(body), 'a read has a body in memory')
    return replyBytes({ ...reply, body }, date)
  }
}

interface Service {
  readonly nowMs: () => number
  readonly answer: (key: string) => ReadOutcome | Promise<ReadOutcome>
  /** The bytes to send; the request counts as answered. */
  readonly bytesOf: (request: PlainGet, outcome: ReadOutcome, startedMs: number) => Buffer
  readonly handOver: () => void
  readonly gone: () => void
  /** A connection on which nothing has come by then is handed over. Unit: ms. */
  readonly firstWaitMs: number
  /** A connection on which nothing more has come by then is closed. Unit: ms. */
  readonly idleMs: number
}

/** One connection in the lane. Answers one request after the other. */
class Connection {
  readonly #socket: Socket
  readonly #service: Service
  readonly #reader = new PlainReader()
  #isNew = true
  #isWaiting = false

  constructor(socket: Socket, service: Service) {
    this.#socket = socket
    this.#service = service
    socket.setTimeout(service.firstWaitMs)
    socket.on('data', this.#onData).on('drain', this.#onDrain).on('end', this.#onEnd)
    socket.on('timeout', this.#onTimeout).on('error', this.#onError).on('close', this.#onClose)
  }

  closeIfIdle(): void {
    if (!this.#isWaiting && this.#socket.writableLength === 0) this.#socket.destroy()
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isNew) {
      this.#isNew = false
      this.#socket.setTimeout(this.#service.idleMs)
    }
    if (chunk.length > HEADER_BYTES_MAX) this.#leave(chunk)
    else this.#serve(chunk, chunk.toString('latin1'), 0)
  }

  /** Answers the plain requests from here on. */
  #serve(chunk: Buffer, text: string, from: number): void {
    const answers: Buffer[] = []
    let at = from
    while (at < text.length) {
      const request = this.#reader.read(text, at)
      if (request === undefined) break
      const { end } = request
      at = end
      const startedMs = this.#service.nowMs()
      const outcome = this.#service.answer(request.key)
      if (outcome instanceof Promise) {
        this.#write(answers)
        this.#wait()
        void outcome.then((late) =>
          this.#goOn(this.#service.bytesOf(request, late, startedMs), chunk, text, end),
        )
        return
      }
      answers.push(this.#service.bytesOf(request, outcome, startedMs))
    }
    this.#write(answers)
    if (at < text.length) this.#leave(chunk.subarray(at))
  }

  #goOn(answer: Buffer, chunk: Buffer, text: string, from: number): void {
    this.#isWaiting = false
    if (this.#socket.destroyed) return
    this.#socket.setTimeout(this.#service.idleMs)
    this.#socket.resume()
    this.#write([answer])
    this.#serve(chunk, text, from)
  }

  /** Until the answer is there nothing more is read. */
  #wait(): void {
    this.#isWaiting = true
    this.#socket.pause()
    this.#socket.setTimeout(SILENCE_MS)
  }

  #write(answers: readonly Buffer[]): void {
    const [first, ...more] = answers
    if (first === undefined) return
    const bytes = more.length === 0 ? first : Buffer.concat(answers)
    // A client that takes nothing is not read either.
    if (!this.#socket.write(bytes)) this.#socket.pause()
  }

  /** node:http takes the connection as if these bytes were the first on it. */
  #leave(rest: Buffer): void {
    const socket = this.#socket
    socket.off('data', this.#onData).off('drain', this.#onDrain).off('end', this.#onEnd)
    socket.off('timeout', this.#onTimeout).off('error', this.#onError).off('close', this.#onClose)
    socket.setTimeout(0)
    this.#service.gone()
    socket.pause()
    if (rest.length > 0) socket.unshift(rest)
    this.#service.handOver()
    socket.resume()
  }

  readonly #onDrain = (): void => {
    if (!this.#isWaiting) this.#socket.resume()
  }

  readonly #onEnd = (): void => {
    if (!this.#isWaiting) this.#socket.end()
  }

  readonly #onTimeout = (): void => {
    // What to say to a client that says nothing is for node:http.
    if (this.#isNew) this.#leave(NOTHING)
    else this.#socket.destroy()
  }

  /** A connection that breaks is seen by its `close`. */
  readonly #onError = (): void => {}

  readonly #onClose = (): void => {
    this.#service.gone()
  }
}
