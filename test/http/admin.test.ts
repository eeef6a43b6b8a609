// The operator's requests: which order each one is, and what its outcome looks like.
import t from 'tap'
import type { Order, OrderOutcome } from '../../src/core/types.ts'
import { startServer } from './setup.ts'

const JSON_TYPE = { 'Content-Type': 'application/json' }

const ORDERS: readonly (readonly [path: string, body: string, order: Order])[] = [
  ['/admin/handoff', '', { kind: 'handoff', to: undefined }],
  ['/admin/handoff', '{}', { kind: 'handoff', to: undefined }],
  ['/admin/handoff', '{"to":"10.0.0.1:80"}', { kind: 'handoff', to: '10.0.0.1:80' }],
  ['/admin/forget', '{"id":"aa"}', { kind: 'forget', node: 'aa' }],
  ['/admin/forget', '{"address":"a:1"}', { kind: 'forget', node: 'a:1' }],
  ['/admin/force', '{}', { kind: 'force' }],
  ['/admin/voters', '{"add":"aa"}', { kind: 'addVoter', node: 'aa' }],
  ['/admin/voters', '{"remove":"a:1"}', { kind: 'removeVoter', node: 'a:1' }],
]

t.test('an order reaches the node as what it says', async (t) => {
  const { node, fetch } = await startServer(t)
  for (const [path, body, order] of ORDERS) {
    const answer = await fetch(path, { method: 'POST', headers: JSON_TYPE, body })
    t.equal(answer.status, 200, body)
    t.strictSame(await answer.json(), { done: true, detail: 'it is done' })
    t.strictSame(node.orders.at(-1), order, body)
  }
})

const OUTCOMES: readonly (readonly [OrderOutcome, number, string])[] = [
  [{ kind: 'declined', reason: 'it is alive: stop it' }, 409, 'order-declined'],
  [{ kind: 'failed', reason: 'no primary: try again' }, 503, 'unavailable'],
]

t.test('an order that comes to nothing is a problem with a sentence', async (t) => {
  const { node, fetch } = await startServer(t)
  for (const [outcome, status, kind] of OUTCOMES) {
    node.nextOrder = outcome
    const answer = await fetch('/admin/handoff', { method: 'POST', headers: JSON_TYPE, body: '' })
    t.equal(answer.status, status)
    const detail = outcome.kind === 'done' ? '' : outcome.reason
    t.match(await answer.json(), { type: `urn:diststore:problem:${kind}`, detail })
  }
})

const REFUSED: readonly (readonly [string, string, string, object, number, string])[] = [
  ['no type', 'POST', '/admin/handoff', {}, 415, 'unsupported-media-type'],
  ['a form', 'POST', '/admin/forget', { 'Content-Type': 'text/plain' }, 415, 'unsupported-media'],
  ['no JSON', 'POST', '/admin/forget', JSON_TYPE, 400, 'malformed-order'],
  ['nobody named', 'POST', '/admin/voters', JSON_TYPE, 400, 'malformed-order'],
  ['another method', 'GET', '/admin/forget', {}, 405, 'method-not-allowed'],
  ['no such path', 'POST', '/admin/reboot', JSON_TYPE, 404, 'no-such-path'],
]

t.test('what is no order is refused, and reaches nobody', async (t) => {
  const { node, fetch } = await startServer(t)
  for (const [title, method, path, headers, status, kind] of REFUSED) {
    const body = title === 'no JSON' ? '{' : title === 'nobody named' ? '{}' : undefined
    const answer = await fetch(path, {
      method,
      headers: { ...headers },
      body: body ?? null,
    })
    t.equal(answer.status, status, title)
    t.match(await answer.json(), { type: new RegExp(kind) }, title)
  }
  t.strictSame(node.orders, [])
})

t.test('the voters are shown', async (t) => {
  const { node, fetch } = await startServer(t)
  const answer = await fetch('/admin/voters')
  t.strictSame(await answer.json(), { mode: node.report.mode, voters: [] })
})

t.test('an audit is asked for, and answered before it is done', async (t) => {
  const { node, fetch } = await startServer(t)
  const ask = { method: 'POST', headers: JSON_TYPE, body: '{}' }
  const answer = await fetch('/admin/audit', ask)
  t.equal(answer.status, 200)
  t.match(await answer.json(), { done: false, detail: /see audit in/ })
  t.equal(node.audits, 1)
  t.equal((await fetch('/admin/audit', { method: 'POST', body: '{}' })).status, 415)
  t.equal(node.audits, 1)
})
