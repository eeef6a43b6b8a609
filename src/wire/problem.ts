// Errors as clients see them: one table of every problem, with its stable type and status.
// RFC 9457 says what the fields mean. Decides nothing about when a problem is given.

export const PROBLEM_CONTENT_TYPE = 'application/problem+json'

/** Every problem: its status and a title that never changes with the occasion. */
export const PROBLEMS = {
  'malformed-form': { status: 400, title: 'The form cannot be read' },
  'malformed-query': { status: 400, title: 'A query parameter cannot be read' },
  'malformed-header': { status: 400, title: 'A header cannot be read' },
  'malformed-message': { status: 400, title: 'The message of a node cannot be read' },
  'malformed-order': { status: 400, title: 'The order cannot be read' },
  'malformed-key': { status: 400, title: 'The key cannot be read' },
  'malformed-ttl': { status: 400, title: 'The ttl cannot be read' },
  'no-key': { status: 400, title: 'There is no key' },
  'no-value': { status: 400, title: 'There is no value' },
  'given-twice': { status: 400, title: 'Something was given twice' },
  'key-too-long': { status: 400, title: 'The key is too long' },
  'content-type-too-long': { status: 400, title: 'The content type is too long' },
  unsigned: { status: 401, title: 'This is not signed by a node of the cluster' },
  forbidden: { status: 403, title: 'This is not allowed from here' },
  'not-found': { status: 404, title: 'There is nothing under this key' },
  'no-such-path': { status: 404, title: 'There is no such path' },
  'method-not-allowed': { status: 405, title: 'The path has no such method' },
  'too-slow': { status: 408, title: 'The request took too long to arrive' },
  'length-required': { status: 411, title: 'The length of the body is missing' },
  'order-declined': { status: 409, title: 'The order cannot be carried out' },
  'condition-failed': { status: 412, title: 'The condition does not hold' },
  'value-too-large': { status: 413, title: 'The value is too large' },
  'unsupported-media-type': { status: 415, title: 'The content type is not one for this path' },
  'key-reused': { status: 422, title: 'The Idempotency-Key belongs to another write' },
  'header-too-large': { status: 431, title: 'The headers are too large' },
  'internal-error': { status: 500, title: 'The node failed' },
  'not-implemented': { status: 501, title: 'This is not built' },
  unavailable: { status: 503, title: 'Not now' },
  overloaded: { status: 503, title: 'Too much is under way' },
  'not-held-here': { status: 504, title: 'This node does not hold it' },
  'outcome-unknown': { status: 504, title: 'Nobody knows whether the write was applied' },
  'store-full': { status: 507, title: 'The store is full' },
} as const

export type ProblemKind = keyof typeof PROBLEMS

/** The body of an error, to be sent as JSON with its status and PROBLEM_CONTENT_TYPE. */
export interface Problem {
  /** `urn:diststore:problem:<kind>`; what programs compare. */
  readonly type: string
  readonly title: string
  readonly status: number
  /** A sentence about this occasion that says what to do. */
  readonly detail: string
  readonly [extra: string]: unknown
}

/** Builds the body of an error. `extra` adds members, such as `applied`; it replaces none. */
export function problem(
  kind: ProblemKind,
  detail: string,
  extra: Readonly<Record<string, unknown>> = {},
): Problem {
  const { status, title } = PROBLEMS[kind]
  return { ...extra, type: `urn:diststore:problem:${kind}`, title, status, detail }
}
