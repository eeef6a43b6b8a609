// One connection in the fast lane: its plain requests are answered one after the other, and with the
// first other byte it is node:http's for good. Knows no route.
import type { Socket } from 'node:net'
import { LANE_BYTES_MAX } from '../limits.ts'
import { PlainReader, type PlainRequest } from './plain-request.ts'
import type { Bytes } from './reply-bytes.ts'

const NOTHING = Buffer.alloc(0)

export interface Service {
  /**
   * The bytes to send, now or later; a promise never rejects. Undefined: node:http is to read this
   * request. `chunk` is what the request was read from.
   */
  readonly answer: (request: PlainRequest, chunk: Buffer) => Answer | undefined
  /** The answers that were given at once are written; whether the system has all their bytes. */
  readonly sent: (isSent: boolean) => void
  readonly handOver: () => void
  readonly gone: () => void
  /** A connection on which nothing has come by then is handed over. Unit: ms. */
  readonly firstWaitMs: number
  /** A connection on which nothing more has come by then is closed. Unit: ms. */
  readonly idleMs: number
}

export type Answer = Bytes | Promise<Bytes>

export class Connection {
  readonly #socket: Socket
  readonly #service: Service
  readonly #reader = new PlainReader()
  #isNew = true
  #isWaiting = false
  /** Nothing more is begun: the client has said all it has to say, or the node stops. */
  #isEnding = false

  constructor(socket: Socket, service: Service) {
    this.#socket = socket
    this.#service = service
    socket.setTimeout(service.firstWaitMs)
    socket.on('data', this.#onData).on('drain', this.#onDrain).on('end', this.#onEnd)
    socket.on('timeout', this.#onTimeout).on('error', this.#onError).on('close', this.#onClose)
  }

  /** Ends it: at once when nothing is under way, else after the answers that are due. */
  drain(): void {
    if (this.#isWaiting || this.#socket.writableLength > 0) this.#isEnding = true
    else this.#socket.destroy()
  }

  /** Answers the plain requests in what was read. */
  readonly #onData = (chunk: Buffer): void => {
    // Read all the same: to close on what is unread takes back the answers before it.
    if (this.#isEnding) return
    if (this.#isWaiting) return this.#putBack(chunk)
    if (this.#isNew) {
      this.#isNew = false
      this.#socket.setTimeout(this.#service.idleMs)
    }
    if (chunk.length > LANE_BYTES_MAX) return this.#leave(chunk)
    const text = chunk.toString('latin1')
    const answers: Buffer[] = []
    const late: Answer[] = []
    let at = 0
    while (at < text.length) {
      const request = this.#reader.read(text, at)
      // Writes that came together share a flush; all else waits for what is before it.
      if (request === undefined || (late.length > 0 && request.route !== 'post')) break
      const answer = this.#service.answer(request, chunk)
      if (answer === undefined) break
      at = request.end
      // After a large one nothing more is begun until the client takes it.
      if (late.length === 0 && Buffer.isBuffer(answer)) answers.push(answer)
      else {
        late.push(answer)
        if (request.route !== 'post') break
      }
    }
    this.#write(answers)
    // A write that the system took whole leaves nothing behind: its bytes may change again.
    this.#service.sent(this.#socket.writableLength === 0)
    if (late.length > 0) void this.#wait(late, chunk.subarray(at))
    else if (at < text.length) this.#leave(chunk.subarray(at))
  }

  /**
   * Until the answers are there nothing more is begun. Most clients send nothing meanwhile, so the socket is
   * paused only when one does: to pause and resume costs the system four calls.
   */
  async #wait(late: readonly Answer[], rest: Buffer): Promise<void> {
    const socket = this.#socket
    this.#isWaiting = true
    if (rest.length > 0) this.#putBack(rest)
    for (const answer of late) {
      const bytes = await answer
      if (socket.destroyed) return
      if (Buffer.isBuffer(bytes)) this.#write([bytes])
      else this.#writeApart(bytes)
    }
    this.#isWaiting = false
    if (this.#isEnding) socket.end()
    if (this.#isEnding || !socket.writableNeedDrain) socket.resume()
  }

  /** It is read again once the answers that are due are there. */
  #putBack(chunk: Buffer): void {
    this.#socket.pause()
    this.#socket.unshift(chunk)
  }

  #write(answers: readonly Buffer[]): void {
    const [first, ...more] = answers
    if (first === undefined) return
    const bytes = more.length === 0 ? first : Buffer.concat(answers)
    // A client that takes nothing is not read either.
    if (!this.#socket.write(bytes)) this.#socket.pause()
  }

  /** Not put together, which would copy the value; in one packet all the same, if they fit. */
  #writeApart([head, value]: Exclude<Bytes, Buffer>): void {
    const socket = this.#socket
    socket.cork()
    socket.write(head)
    const hasRoom = socket.write(value)
    socket.uncork()
    if (!hasRoom) socket.pause()
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
    this.#isEnding = true
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
