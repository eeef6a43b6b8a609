// Plain requests are answered where they are read: which are, and by the functions of Koa's routes.
// All else is node:http's. Docs: docs/ARCHITECTURE.md.
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { assert } from '../../core/assert.ts'
import type { ReadOutcome } from '../../core/types.ts'
import { FORM_CONTENT_TYPE } from '../../wire/form.ts'
import type { HttpLog } from '../log.ts'
import type { Freshness, PublicNode } from '../node-access.ts'
import { outcomeReply } from '../reads.ts'
import { failedReply, type Reply } from '../reply.ts'
import type { CountRequest, RequestMeter } from '../request-meter.ts'
import { type Destination, formBodyMax, writePlainForm, type WriteSetting } from '../writes.ts'
import { AnswerRoom, type MakeBuffer, ownBuffer } from './answer-room.ts'
import { type Answer, Connection } from './connection.ts'
import type { PlainGet, PlainRequest } from './plain-request.ts'
import { type Bytes, DateLine, foundBytes, replyBytes } from './reply-bytes.ts'

const PROVEN: Freshness = { kind: 'proven' }

export type FastNode = Pick<PublicNode, 'read' | 'write' | 'copiesOf' | 'wallMs'>

export interface FastLaneOptions extends WriteSetting {
  readonly meter: RequestMeter
  readonly log: HttpLog
}

/** The connections that have sent nothing but plain requests so far. */
export class FastLane {
  readonly #node: FastNode
  readonly #options: FastLaneOptions
  readonly #date: DateLine
  readonly #counts: Readonly<Record<PlainRequest['route'], CountRequest>>
  readonly #everywhere: Destination
  readonly #formBytesMax: number
  readonly #connections = new Set<Connection>()
  readonly #room = new AnswerRoom()

  constructor(node: FastNode, options: FastLaneOptions) {
    const { meter, valueBytesMax } = options
    this.#node = node
    this.#options = options
    this.#counts = { get: meter.of('get'), read: meter.of('read'), post: meter.of('post') }
    this.#date = new DateLine(() => node.wallMs())
    this.#everywhere = { store: (command) => node.write(command), isLocal: false }
    this.#formBytesMax = formBodyMax(valueBytesMax, FORM_CONTENT_TYPE)
  }

  /** Puts the lane before a server: what is not plain goes on to it as if it had just come. */
  attach(server: Server): void {
    const [serve, ...more] = server.listeners('connection')
    assert(serve !== undefined && more.length === 0, 'node:http takes connections by one listener')
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => {
      const connection = new Connection(socket, {
        answer: (request, chunk) => this.#answer(request, chunk),
        sent: (isSent) => this.#room.end(isSent),
        handOver: () => serve.call(server, socket),
        gone: () => this.#connections.delete(connection),
        firstWaitMs: server.headersTimeout,
        idleMs: server.keepAliveTimeout,
      })
      this.#connections.add(connection)
    })
  }

  /**
   * Ends the connections: where nothing is under way at once, and elsewhere after the answers that are
   * due. Called again and again while a node stops.
   */
  drain(): void {
    for (const connection of this.#connections) connection.drain()
  }

  /** Undefined where it is for node:http to say what is wrong: too large, or no room now. */
  #answer(request: PlainRequest, chunk: Buffer): Answer | undefined {
    const startedMs = this.#options.meter.nowMs()
    const failed = (error: unknown) => {
      const reply = failedReply(this.#options.log, urlOf(request), error)
      return this.#replyBytes(request.route, reply, startedMs)
    }
    try {
      const answer =
        request.route === 'post'
          ? this.#write(chunk.subarray(request.bodyAt, request.end), startedMs)
          : this.#read(request, startedMs)
      return answer instanceof Promise ? answer.catch(failed) : answer
    } catch (error) {
      return failed(error)
    }
  }

  #read(request: PlainGet, startedMs: number): Answer {
    const outcome = this.#node.read(request.key, PROVEN)
    if (!(outcome instanceof Promise)) {
      return this.#readBytes(request, outcome, { startedMs, makeBuffer: this.#room.take })
    }
    // By the time it is sent others will have used the room.
    const about = { startedMs, makeBuffer: ownBuffer }
    return outcome.then((late) => this.#readBytes(request, late, about))
  }

  #write(body: Buffer, startedMs: number): Answer | undefined {
    const { intake } = this.#options
    if (body.length > this.#formBytesMax || !intake.take(body.length)) return undefined
    let reply: Reply | Promise<Reply> | undefined
    try {
      reply = writePlainForm(this.#everywhere, body, this.#options)
    } finally {
      if (!(reply instanceof Promise)) intake.giveBack(body.length)
    }
    if (!(reply instanceof Promise)) return this.#replyBytes('post', reply, startedMs)
    return this.#lateBytes(reply, body.length, startedMs)
  }

  async #lateBytes(late: Promise<Reply>, bodyBytes: number, startedMs: number): Promise<Buffer> {
    try {
      return this.#replyBytes('post', await late, startedMs)
    } finally {
      this.#options.intake.giveBack(bodyBytes)
    }
  }

  #readBytes(
    { route, key }: PlainGet,
    outcome: ReadOutcome,
    { startedMs, makeBuffer }: { startedMs: number; makeBuffer: MakeBuffer },
  ): Bytes {
    const copies = this.#node.copiesOf(key)
    if (outcome.kind === 'found' && outcome.entry.content.kind === 'value') {
      const { entry, source, ageMs } = outcome
      const value = outcome.entry.content
      this.#count(route, 200, startedMs)
      return foundBytes({ entry, value, source, ageMs, copies }, this.#date.text, makeBuffer)
    }
    const asked = { known: undefined, freshness: PROVEN, copies }
    return this.#replyBytes(route, outcomeReply(outcome, asked), startedMs)
  }

  #replyBytes(route: PlainRequest['route'], reply: Reply, startedMs: number): Buffer {
    const { body } = reply
    assert(typeof body === 'string' || Buffer.isBuffer(body), 'its body is in memory')
    this.#count(route, reply.status, startedMs)
    return replyBytes({ ...reply, body }, this.#date.text)
  }

  #count(route: PlainRequest['route'], status: number, startedMs: number): void {
    this.#counts[route](status, this.#options.meter.nowMs() - startedMs)
  }
}

/** Its target, for the log. */
function urlOf(request: PlainRequest): string {
  if (request.route === 'post') return '/post'
  return `/${request.route === 'get' ? 'get' : 'v1'}/${request.key}`
}
