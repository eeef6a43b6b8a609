// An answer as a value: what handlers return, before anything is sent.
// Decides nothing; every problem comes from wire/problem.ts.
import type { Readable } from 'node:stream'
import type { Context } from 'koa'
import { PROBLEM_CONTENT_TYPE, type ProblemKind, problem } from '../wire/problem.ts'
import { RETRY_AFTER_S } from './limits.ts'
import type { HttpLog } from './log.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Undefined only with a status that has no body. */
  readonly body: Buffer | string | Readable | undefined
}

export interface ProblemMore {
  /** Further members of the body. */
  readonly extra?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
}

/** An error. `detail` is a sentence that says what to do. */
export function problemReply(kind: ProblemKind, detail: string, more: ProblemMore = {}): Reply {
  const body = problem(kind, detail, more.extra)
  const retry: Record<string, string> =
    body.status === 503 ? { 'Retry-After': String(RETRY_AFTER_S) } : {}
  const headers = { 'Content-Type': PROBLEM_CONTENT_TYPE, ...retry, ...more.headers }
  return { status: body.status, headers, body: JSON.stringify(body) }
}

/** What a client hears of a bug of ours; the log hears the rest. */
export function failedReply(log: HttpLog, url: string | undefined, error: unknown): Reply {
  log('error', 'http.failed', { url, error: String(error) })
  return problemReply('internal-error', 'This is a bug: the log of the node says more.')
}

/** A JSON answer. */
export function jsonReply(value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  const body = JSON.stringify(value)
  return { status: 200, headers: { 'Content-Type': 'application/json', ...headers }, body }
}

/** Hands a reply to Koa, which leaves the body out for HEAD and keeps the headers. */
export function send(ctx: Context, reply: Reply): void {
  ctx.status = reply.status
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.set(reply.headers)
  if (reply.body !== undefined) ctx.body = reply.body
}
