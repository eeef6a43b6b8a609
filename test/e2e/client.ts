// A client of one node that shares no code with the product: node-fetch, and plain answers.
// Never retries, so that every answer a test sees is one the node gave.
import { Agent } from 'node:http'
import fetch, { type Headers, type RequestInit } from 'node-fetch'

/** No request of a test waits longer. Unit: ms. The daemon itself gives up after five seconds. */
const REQUEST_WAIT_MS = 15_000

/** A fresh connection each time: one kept from before a kill would fail for a reason of its own. */
const FRESH = new Agent({ keepAlive: false })

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
  readonly text: string
}

/** What writes answer: 200, 503, 504 and every other problem in one shape. */
export interface WriteAnswer {
  readonly key?: string
  readonly version?: string
  readonly copies?: number
  readonly degraded?: boolean
  readonly applied?: boolean | 'unknown'
  readonly type?: string
  readonly detail?: string
}

/** What GET /cluster answers, as far as the tests look. */
export interface ClusterReport {
  readonly node: { id: string; address: string; incarnation: number; state: string; role: string }
  readonly view: {
    readonly ballot: string
    readonly masters: readonly { id: string; address: string; inSync: boolean }[]
    readonly roster: readonly { id: string; address: string }[]
    readonly voters: readonly { id: string; address: string }[]
    readonly isUnclean: boolean
  } | null
  readonly nodes: readonly { address: string; state: string; role: string; keys: number }[]
  readonly keys: number
  readonly copies: number
  readonly audit: { readonly lastMs: number | null; readonly differences: number }
  readonly merge: { readonly due: number; readonly merged: number; readonly conflicts: number }
  readonly warnings: readonly string[]
}

export interface FormOptions {
  readonly ttl?: string
  readonly headers?: Readonly<Record<string, string>>
}

type HeaderFields = Readonly<Record<string, string>>

export class Client {
  readonly #origin: string
  readonly #agent: Agent

  /** `origin` is http://host:port. */
  constructor(origin: string, agent: Agent = FRESH) {
    this.#origin = origin
    this.#agent = agent
  }

  /** Rejects when there is no whole answer. */
  async send(path: string, init: RequestInit = {}): Promise<Answer> {
    const signal = AbortSignal.timeout(REQUEST_WAIT_MS)
    const response = await fetch(this.#origin + path, { signal, agent: this.#agent, ...init })
    const body = Buffer.from(await response.arrayBuffer())
    const { status, headers } = response
    return { status, headers, body, text: body.toString() }
  }

  post(key: string, value: string, options: FormOptions = {}): Promise<Answer> {
    const form = new URLSearchParams({ key, value })
    if (options.ttl !== undefined) form.set('ttl', options.ttl)
    return this.postForm(form.toString(), options)
  }

  /** A form as the test wrote it, byte by byte. */
  postForm(form: string | Buffer, { headers = {} }: FormOptions = {}): Promise<Answer> {
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    return this.send('/post', { method: 'POST', body: form, headers: { ...type, ...headers } })
  }

  put(key: string, value: string | Buffer, headers: HeaderFields = {}): Promise<Answer> {
    return this.send(`/v1/${encodeURIComponent(key)}`, { method: 'PUT', body: value, headers })
  }

  delete(key: string, headers: HeaderFields = {}): Promise<Answer> {
    return this.send(`/v1/${encodeURIComponent(key)}`, { method: 'DELETE', headers })
  }

  get(key: string, headers: HeaderFields = {}): Promise<Answer> {
    return this.send(`/get/${encodeURIComponent(key)}`, { headers })
  }

  getLocal(key: string): Promise<Answer> {
    return this.send(`/getlocal/${encodeURIComponent(key)}`)
  }

  /** The keys that the node holds, still percent-encoded. */
  async list(): Promise<string[]> {
    const { text } = await this.send('/list')
    return text.split('\n').filter((line) => line !== '')
  }

  async cluster(): Promise<ClusterReport> {
    const { text } = await this.send('/cluster')
    return JSON.parse(text) as ClusterReport
  }
}

/** What a write, or a request that was refused, was answered with. */
export function written(answer: Answer): WriteAnswer & { readonly status: number } {
  return { ...(JSON.parse(answer.text) as WriteAnswer), status: answer.status }
}
