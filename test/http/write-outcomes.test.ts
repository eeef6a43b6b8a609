// What becomes of a write, as its client sees it.
import type { RequestInit } from 'node-fetch'
import t from 'tap'
import { type Given, holding, nothing, put, V1, V2, writing } from './cases.ts'
import { startServer } from './setup.ts'

const outcomes: [string, Given, RequestInit, number, object][] = [
  [
    'the condition fails',
    holding,
    put('w', { 'if-match': `"${V2}"` }),
    412,
    { type: 'urn:diststore:problem:condition-failed', applied: false, current: V1 },
  ],
  [
    'it is there already',
    holding,
    put('w', { 'if-none-match': '*' }),
    412,
    { applied: false, current: V1 },
  ],
  [
    'it is not there',
    nothing,
    put('w', { 'if-match': '*' }),
    412,
    { applied: false, current: null },
  ],
  [
    'delete if it is another',
    holding,
    { method: 'DELETE', headers: { 'if-match': `"${V2}"` } },
    412,
    { applied: false, current: V1 },
  ],
  [
    'the condition holds',
    holding,
    put('w', { 'if-match': `"${V2}", "${V1}"` }),
    200,
    { copies: 2 },
  ],
  [
    'the key was used',
    writing({ kind: 'reused' }),
    put('w', { 'idempotency-key': 'a' }),
    422,
    { type: 'urn:diststore:problem:key-reused', applied: false },
  ],
  [
    'full',
    writing({ kind: 'full' }),
    put('w'),
    507,
    { type: 'urn:diststore:problem:store-full', applied: false },
  ],
  [
    'refused',
    writing({ kind: 'refused', reason: '1 of 3 nodes is reachable.' }),
    put('w'),
    503,
    {
      type: 'urn:diststore:problem:unavailable',
      applied: false,
      detail: '1 of 3 nodes is reachable.',
    },
  ],
  [
    'unknown',
    writing({ kind: 'unknown', reason: 'No answer.' }),
    put('w'),
    504,
    { type: 'urn:diststore:problem:outcome-unknown', applied: 'unknown', idempotencyKey: 'made-1' },
  ],
  [
    'unknown, with a key',
    writing({ kind: 'unknown', reason: 'No answer.' }),
    put('w', { 'idempotency-key': 'mine' }),
    504,
    { applied: 'unknown', idempotencyKey: 'mine' },
  ],
]

for (const [title, given, init, status, body] of outcomes) {
  t.test(`${title}: ${status}`, async (t) => {
    const server = await startServer(t)
    given(server)
    const response = await server.fetch('/v1/k', init)
    t.equal(response.status, status)
    t.match(await response.json(), body)
    t.equal(response.headers.get('retry-after'), status === 503 ? '1' : null)
  })
}

t.test('a retry under the Idempotency-Key that a 504 named is the same request', async (t) => {
  const { fetch, node } = await startServer(t)
  await fetch('/v1/k', put('v'))
  await fetch('/v1/k', put('v', { 'idempotency-key': 'made-1' }))
  await fetch('/v1/k', put('v'))
  const [first, retry, other] = node.writes
  t.equal(retry?.requestId, first?.requestId)
  t.equal(retry?.fingerprint, first?.fingerprint)
  t.not(other?.requestId, first?.requestId)
})
