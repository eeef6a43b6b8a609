// One node as the verbs see it: a request, its answer, and what went wrong in words.
// Never tries again, and never looks into a value.
import { PassThrough, Readable } from 'node:stream'
import { type Dispatcher, Pool } from 'undici'
import { EXIT, exitCodeOf, Failure } from './exit-codes.ts'
import { gathered } from './gathered.ts'
import {
  ANSWER_BYTES_MAX,
  ANSWER_WAIT_MS,
  CONNECT_WAIT_MS,
  SILENCE_MS,
  WRITE_WAIT_MS,
} from './limits.ts'

export interface Asked {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | Readable
}

export interface Answer {
  readonly kind: 'answer'
  /** Has to be read to its end. */
  readonly body: Readable
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

export interface ConnectionOptions {
  /** Requests that may be under way at once; one if nothing is said. */
  readonly connections?: number
  /** Time for an answer to begin, where nothing is sent. Unit: ms. */
  readonly answerWaitMs?: number
}

/** What a node refused, with the status that it gave. */
export class Refusal extends Failure {
  readonly status: number

  constructor(status: number, problem: string, sentence: string) {
    super(exitCodeOf(status, problem), sentence)
    this.name = 'Refusal'
    this.status = status
  }
}

export class NodeConnection {
  readonly #origin: string
  readonly #answerWaitMs: number
  readonly #client: Pool

  /** `origin` is http://host:port. Connects when something is asked. */
  constructor(origin: string, options: ConnectionOptions = {}) {
    const { connections = 1, answerWaitMs = ANSWER_WAIT_MS } = options
    this.#origin = origin
    this.#answerWaitMs = answerWaitMs
    this.#client = new Pool(origin, {
      connections,
      connect: { timeout: Math.min(CONNECT_WAIT_MS, answerWaitMs) },
      bodyTimeout: SILENCE_MS,
    })
  }

  get origin(): string {
    return this.#origin
  }

  /** The answer, if it is a success. Rejects with a Failure that repeats the node's sentence. */
  async ask(asked: Asked): Promise<Answer> {
    const { statusCode: status, headers, body } = await this.#request(asked)
    if (status >= 200 && status < 300) return { kind: 'answer', body, headers }
    throw await this.#refusal(status, body)
  }

  /** The same, where another node may be named instead. */
  async askOrRedirect(asked: Asked): Promise<Answer | { kind: 'elsewhere'; origin: string }> {
    const { statusCode: status, headers, body } = await this.#request(asked)
    if (status >= 200 && status < 300) return { kind: 'answer', body, headers }
    const location = status === 307 ? URL.parse(String(headers['location'])) : null
    if (location === null) throw await this.#refusal(status, body)
    body.resume()
    return { kind: 'elsewhere', origin: location.origin }
  }

  /** The same for an answer in JSON. */
  async askJson(asked: Asked): Promise<unknown> {
    const { body } = await this.ask(asked)
    const text = await this.#whole(body)
    try {
      const value: unknown = JSON.parse(text)
      return value
    } catch (error) {
      throw this.#isNoNode(error)
    }
  }

  /** The headers of what is there, without the rest; undefined: there is nothing. */
  async headersOf(path: string): Promise<Answer['headers'] | undefined> {
    const { statusCode: status, headers, body } = await this.#request({ method: 'HEAD', path })
    body.resume()
    if (status === 200) return headers
    if (status === 404) return undefined
    throw new Refusal(status, '', `${this.#origin} answers ${status} when asked what is there`)
  }

  /** Sends an order: a POST with JSON. */
  order(path: string, order: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' }
    return this.askJson({ method: 'POST', path, headers, body: Buffer.from(JSON.stringify(order)) })
  }

  /** What answers is something else. */
  isNoNode(): Failure {
    return this.#isNoNode(undefined)
  }

  /** The answer has begun, and has no end. */
  brokeOff(cause: unknown): Failure {
    const sentence = `the answer of ${this.#origin} broke off (${codeOf(cause)}): what came is not all`
    return new Failure(EXIT.unreachable, sentence, cause)
  }

  /** Ends the connection. May be called twice. */
  async close(): Promise<void> {
    await this.#client.destroy()
  }

  async #request({ method, path, headers, body }: Asked): Promise<Dispatcher.ResponseData> {
    const headersTimeout = body === undefined ? this.#answerWaitMs : WRITE_WAIT_MS
    const sent = body instanceof Readable ? watched(body) : undefined
    try {
      return await this.#client.request({
        method,
        path,
        headersTimeout,
        headers: { ...headers },
        ...(body !== undefined && { body: sent?.stream ?? body }),
      })
    } catch (error) {
      const broken = sent?.trouble()
      if (broken === undefined) throw this.#unreachable(error)
      throw new Failure(EXIT.usage, `what to send cannot be read: ${broken.message}`, error)
    }
  }

  async #refusal(status: number, body: Readable): Promise<Failure> {
    const problem = parseProblem(await this.#whole(body))
    if (problem === undefined) {
      const sentence = `${this.#origin} answers ${status}, and not as a diststore node: see --url`
      return new Failure(EXIT.unreachable, sentence)
    }
    const { kind, detail, idempotencyKey } = problem
    const again = idempotencyKey === undefined ? '' : ` (--idempotency-key ${idempotencyKey})`
    return new Refusal(status, kind, detail + again)
  }

  async #whole(body: Readable): Promise<string> {
    const bytes = await gathered(body, {
      bytesMax: ANSWER_BYTES_MAX,
      tooLong: () => this.#isNoNode(undefined),
      broken: (error) => this.#unreachable(error),
    })
    return bytes.toString('utf8')
  }

  #isNoNode(cause: unknown): Failure {
    const sentence = `${this.#origin} does not answer as a diststore node does: see --url`
    return new Failure(EXIT.unreachable, sentence, cause)
  }

  #unreachable(error: unknown): Failure {
    const code = codeOf(error)
    const why = REASONS[code] ?? `the connection broke (${code}): try again`
    return new Failure(EXIT.unreachable, `no answer from ${this.#origin}: ${why}`, error)
  }
}

/** The client ends what it sends with its own errors: what went wrong in the source is told apart. */
function watched(source: Readable): { stream: Readable; trouble: () => Error | undefined } {
  let trouble: Error | undefined
  const stream = new PassThrough()
  source.once('error', (error: Error) => {
    trouble = error
    stream.destroy(error)
  })
  stream.once('close', () => source.destroy())
  return { stream: source.pipe(stream), trouble: () => trouble }
}

const NAME_IT = 'or name another with --url'
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: `nothing listens there; start diststored, ${NAME_IT}`,
  ENOTFOUND: 'there is no host of that name; see --url',
  EAI_AGAIN: 'the name of the host could not be looked up; try its address',
  EHOSTUNREACH: `no way leads to that host; see whether it is up, ${NAME_IT}`,
  ENETUNREACH: `no way leads to that network; see whether this host is connected, ${NAME_IT}`,
  ETIMEDOUT: `the host is silent; see whether it is up, ${NAME_IT}`,
  UND_ERR_CONNECT_TIMEOUT: `the host is silent; see whether it is up, ${NAME_IT}`,
  UND_ERR_HEADERS_TIMEOUT: `the node does not answer in time; ask again, ${NAME_IT}`,
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : String(error)
}

interface Problem {
  /** The end of the problem's type: `not-found`. */
  readonly kind: string
  readonly detail: string
  readonly idempotencyKey: string | undefined
}

const TYPE_START = 'urn:diststore:problem:'

function parseProblem(text: string): Problem | undefined {
  let value: {
    readonly type?: unknown
    readonly detail?: unknown
    readonly idempotencyKey?: unknown
  }
  try {
    value = Object(JSON.parse(text))
  } catch {
    return undefined
  }
  const { type, detail, idempotencyKey } = value
  if (typeof type !== 'string' || !type.startsWith(TYPE_START) || typeof detail !== 'string') {
    return undefined
  }
  return {
    kind: type.slice(TYPE_START.length),
    detail,
    idempotencyKey: typeof idempotencyKey === 'string' ? idempotencyKey : undefined,
  }
}
