import t from 'tap'
import { PROBLEMS, type ProblemKind, problem } from '../../src/wire/problem.ts'

/** What clients compare. A change here breaks them. */
const STATUSES: Readonly<Record<number, readonly ProblemKind[]>> = {
  400: [
    'malformed-form',
    'malformed-query',
    'malformed-header',
    'malformed-message',
    'malformed-order',
    'malformed-key',
    'malformed-ttl',
    'no-key',
    'no-value',
    'given-twice',
    'key-too-long',
    'content-type-too-long',
  ],
  401: ['unsigned'],
  403: ['forbidden'],
  404: ['not-found', 'no-such-path'],
  405: ['method-not-allowed'],
  408: ['too-slow'],
  409: ['order-declined'],
  411: ['length-required'],
  412: ['condition-failed'],
  413: ['value-too-large'],
  415: ['unsupported-media-type'],
  422: ['key-reused'],
  431: ['header-too-large'],
  500: ['internal-error'],
  501: ['not-implemented'],
  503: ['unavailable', 'overloaded'],
  504: ['not-held-here', 'outcome-unknown'],
  507: ['store-full'],
}

t.test('kinds and statuses are a promise', async (t) => {
  const actual: Record<number, string[]> = {}
  for (const [kind, { status }] of Object.entries(PROBLEMS)) (actual[status] ??= []).push(kind)
  t.same(actual, STATUSES)
})

t.test('a problem has its type, title, status, detail and what the occasion adds', async (t) => {
  t.same(problem('unavailable', 'Wait.', { applied: false, status: 200 }), {
    type: 'urn:diststore:problem:unavailable',
    title: 'Not now',
    status: 503,
    detail: 'Wait.',
    applied: false,
  })
})
