// Carries one message to another node by HTTP and brings the answer back, within a deadline.
// Never rejects, never tries again, never looks into the bytes.
import { type Dispatcher, Pool } from 'undici'
import type { Address } from '../core/types.ts'
import { GatheredBody } from '../wire/gathered-body.ts'
import { NODE_CONTENT_TYPE } from '../wire/node-message.ts'
import { errorCode } from './error-code.ts'
import {
  CALLS_MAX,
  CONNECT_WAIT_MS,
  CONNECTIONS_MAX,
  IDLE_CONNECTION_MS,
  IDLE_POOL_MS,
  RESPONSE_EXTRA_BYTES,
} from './limits.ts'

export interface Call {
  readonly to: Address
  readonly path: string
  readonly bytes: Uint8Array
  /** Sent besides the content type. */
  readonly headers: Readonly<Record<string, string>>
  /** Covers waiting for a turn, the connection, the headers and the body. Unit: ms. */
  readonly timeoutMs: number
  /** Does not wait for a turn behind other calls: a ping says whether a node lives. */
  readonly isUrgent: boolean
}

export type CallResult =
  | {
      readonly kind: 'response'
      readonly bytes: Uint8Array
      /** The Authentication-Info header; '' without one. */
      readonly proof: string
    }
  /** Status 401: not delivered. `proof` as above. */
  | { readonly kind: 'denied'; readonly proof: string }
  /** Nothing listens at the address: the call was surely not delivered. */
  | { readonly kind: 'refused' }
  /** The connection broke, or what answered is no node. `reason` is for people. */
  | { readonly kind: 'broken'; readonly reason: string }
  /** No answer within the deadline. */
  | { readonly kind: 'late' }

export interface NodeClient {
  call(call: Call): Promise<CallResult>
  /** Ends every call as `broken` and closes every connection. May be called twice. */
  stop(): Promise<void>
}

export interface NodeClientOptions {
  /** The largest value that an answer may carry. Unit: bytes. */
  readonly valueBytesMax: number
}

/** Starts a client; connections are opened by the calls that need them. */
export function startNodeClient(options: NodeClientOptions): NodeClient {
  return new PooledClient(options.valueBytesMax + RESPONSE_EXTRA_BYTES)
}

class PooledClient implements NodeClient {
  readonly #lanes = new Map<Address, Lane>()
  readonly #sweep = setInterval(() => this.#closeIdle(), IDLE_CONNECTION_MS)
  readonly #responseBytesMax: number
  #isStopped = false

  constructor(responseBytesMax: number) {
    this.#responseBytesMax = responseBytesMax
    this.#sweep.unref()
  }

  call(call: Call): Promise<CallResult> {
    if (this.#isStopped) return Promise.resolve({ kind: 'broken', reason: 'stopped' })
    const lane = this.#lanes.get(call.to) ?? this.#openLane(call.to)
    return lane?.call(call) ?? Promise.resolve({ kind: 'broken', reason: 'bad address' })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#sweep)
    const lanes = [...this.#lanes.values()]
    this.#lanes.clear()
    await Promise.all(lanes.map((lane) => lane.stop()))
  }

  /** Undefined for what is no address: addresses come from other nodes. */
  #openLane(address: Address): Lane | undefined {
    if (!URL.canParse(`http://${address}`)) return undefined
    const lane = new Lane(address, this.#responseBytesMax)
    this.#lanes.set(address, lane)
    return lane
  }

  #closeIdle(): void {
    for (const [address, lane] of this.#lanes) {
      if (!lane.isIdle(performance.now())) continue
      this.#lanes.delete(address)
      void lane.stop()
    }
  }
}

/** The calls to one address: CALLS_MAX on their way, the others waiting for their turn. */
class Lane {
  readonly #pool: Pool
  readonly #waiting = new Set<Flight>()
  readonly #flying = new Set<Flight>()
  #usedAtMs = performance.now()

  constructor(address: Address, responseBytesMax: number) {
    this.#pool = new Pool(`http://${address}`, {
      connections: CONNECTIONS_MAX,
      // One answer at a time on a connection: a slow one holds up nothing but itself.
      pipelining: 1,
      connect: { timeout: CONNECT_WAIT_MS },
      // Ours closes idle connections first: a node that closes one on us would look dead.
      keepAliveTimeout: IDLE_CONNECTION_MS,
      keepAliveMaxTimeout: IDLE_CONNECTION_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: responseBytesMax,
    })
  }

  call(call: Call): Promise<CallResult> {
    this.#usedAtMs = performance.now()
    return new Promise((resolve) => {
      const flight = new Flight(call, (result) => {
        this.#waiting.delete(flight)
        this.#flying.delete(flight)
        this.#next()
        resolve(result)
      })
      if (call.isUrgent || this.#flying.size < CALLS_MAX) this.#start(flight)
      else this.#waiting.add(flight)
    })
  }

  isIdle(nowMs: number): boolean {
    return this.#flying.size === 0 && nowMs - this.#usedAtMs > IDLE_POOL_MS
  }

  async stop(): Promise<void> {
    for (const flight of [...this.#waiting, ...this.#flying]) flight.end(STOPPED)
    await this.#pool.destroy()
  }

  #next(): void {
    const [flight] = this.#waiting
    if (flight === undefined || this.#flying.size >= CALLS_MAX) return
    this.#waiting.delete(flight)
    this.#start(flight)
  }

  #start(flight: Flight): void {
    this.#flying.add(flight)
    flight.start(this.#pool)
  }
}

const STOPPED: CallResult = { kind: 'broken', reason: 'stopped' }

/** One call from its first moment to its one end. */
class Flight implements Dispatcher.DispatchHandler {
  readonly #call: Call
  readonly #ended: (result: CallResult) => void
  readonly #deadline: NodeJS.Timeout
  #body = new GatheredBody(0)
  #controller: Dispatcher.DispatchController | undefined
  #hasEnded = false
  #proof = ''
  #isDenied = false

  constructor(call: Call, ended: (result: CallResult) => void) {
    this.#call = call
    this.#ended = ended
    this.#deadline = setTimeout(() => this.end({ kind: 'late' }), call.timeoutMs)
  }

  start(pool: Pool): void {
    const { path, bytes } = this.#call
    const headers = { ...this.#call.headers, 'content-type': NODE_CONTENT_TYPE }
    pool.dispatch({ path, method: 'POST', headers, body: bytes }, this)
  }

  /** The first end counts; an answer that comes later is not read. */
  end(result: CallResult): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    clearTimeout(this.#deadline)
    const isWhole = result.kind === 'response' || result.kind === 'denied'
    if (!isWhole) this.#controller?.abort(new Error(result.kind))
    this.#ended(result)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#hasEnded) controller.abort(new Error('ended before it was sent'))
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    const proof = headers['authentication-info']
    this.#proof = typeof proof === 'string' ? proof : ''
    this.#isDenied = status === 401
    this.#body = new GatheredBody(Number(headers['content-length'] ?? 0))
    if (status !== 200 && status !== 401)
      this.end({ kind: 'broken', reason: `answered with status ${status}` })
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    // A denial is read to its end, so that its connection can be used again, but not kept.
    if (!this.#isDenied) this.#body.add(chunk)
  }

  onResponseEnd(): void {
    if (this.#isDenied) return this.end({ kind: 'denied', proof: this.#proof })
    this.end({ kind: 'response', bytes: this.#body.whole(), proof: this.#proof })
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#controller = undefined
    const code = errorCode(error)
    if (code === 'ECONNREFUSED') this.end({ kind: 'refused' })
    else if (!UNREACHABLE.has(code)) this.end({ kind: 'broken', reason: code })
    // An unreachable network proves nothing about the node: that call ends by its deadline.
  }
}

const UNREACHABLE = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])
