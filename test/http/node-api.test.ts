// What the node API lets in, and what it answers.
import http from 'node:http'
import type { RequestInit } from 'node-fetch'
import t from 'tap'
import type { NodeRequest } from '../../src/core/messages.ts'
import { VERSION_ZERO } from '../../src/core/version.ts'
import { createNodeApi } from '../../src/http/node-api.ts'
import {
  type Admission,
  OPEN_GATE,
  type RequestGate,
  type RequestHead,
} from '../../src/http/request-gate.ts'
import { NODE_MESSAGE_EXTRA_BYTES } from '../../src/http/limits.ts'
import { decodeResponse, encodeRequest, nodePath } from '../../src/wire/node-message.ts'
import { FAKE_ID, FakeNode } from '../fakes/fake-node.ts'
import { problemOf, startServer, statusOf, VALUE_BYTES_MAX } from './setup.ts'

const SENDER = { id: '00000000000000bb', incarnation: 7, clock: VERSION_ZERO }
const PING: NodeRequest = { kind: 'ping', nonce: 'n', hearsYou: true }

function message(request: NodeRequest, type = 'application/x-diststore'): RequestInit {
  const body = Buffer.from(encodeRequest(SENDER, request))
  return { method: 'POST', body, headers: { 'content-type': type } }
}

t.test('a message is handed to the node, and its response comes back signed', async (t) => {
  const { fetch, node } = await startServer(t)
  node.nextResponse = { kind: 'pong', nonce: 'n', id: FAKE_ID, incarnation: 1, others: [] }
  const response = await fetch(nodePath('ping'), message(PING))
  t.equal(response.status, 200)
  t.equal(response.headers.get('content-type'), 'application/x-diststore')
  const received = decodeResponse(Buffer.from(await response.arrayBuffer()))
  t.same(received, {
    kind: 'ok',
    value: { sender: node.sender(), response: node.nextResponse },
  })
  t.same(node.requests, [PING])
})

t.test('a batch with the largest value fits', async (t) => {
  const { fetch, node } = await startServer(t)
  const content = { kind: 'value', bytes: Buffer.alloc(VALUE_BYTES_MAX), contentType: '' } as const
  const write = {
    requestId: '0'.repeat(32),
    version: VERSION_ZERO,
    fingerprint: '0'.repeat(16),
  }
  const entry = {
    key: 'k',
    version: VERSION_ZERO,
    ttlLeftMs: undefined,
    requestId: '0'.repeat(32),
    content,
  }
  const batch: NodeRequest = {
    kind: 'replicate',
    ballot: { epoch: 1, proposer: FAKE_ID },
    firstSeq: 1,
    records: [{ kind: 'entry', entry, write }],
    committedSeq: 0,
  }
  t.equal((await fetch(nodePath('replicate'), message(batch))).status, 200)
  t.equal(node.requests[0]?.kind, 'replicate')
})

const refusals: [string, string, RequestInit, number, string][] = [
  [
    'a page that pretends',
    '/_node/ping',
    message(PING, 'text/plain'),
    415,
    'unsupported-media-type',
  ],
  [
    'a form',
    '/_node/ping',
    message(PING, 'application/x-www-form-urlencoded'),
    415,
    'unsupported-media-type',
  ],
  [
    'no type',
    '/_node/ping',
    { method: 'POST', body: Buffer.from('x') },
    415,
    'unsupported-media-type',
  ],
  ['a get', '/_node/view', {}, 405, 'method-not-allowed'],
  [
    'no message',
    '/_node/ping',
    { ...message(PING), body: Buffer.from('what') },
    400,
    'malformed-message',
  ],
  [
    'an empty message',
    '/_node/ping',
    { ...message(PING), body: Buffer.alloc(0) },
    400,
    'malformed-message',
  ],
  ['a message at another path', '/_node/commit', message(PING), 400, 'malformed-message'],
  ['a message at no path', '/_node/', message(PING), 400, 'malformed-message'],
  [
    'a message too large',
    '/_node/ping',
    { ...message(PING), body: Buffer.alloc(VALUE_BYTES_MAX + NODE_MESSAGE_EXTRA_BYTES + 1) },
    413,
    'value-too-large',
  ],
]
for (const [title, path, init, status, kind] of refusals) {
  t.test(
    `${title}: ${init.method ?? 'GET'} ${path} is ${status} and does not reach the node`,
    async (t) => {
      const { fetch, node, logged } = await startServer(t)
      const response = await fetch(path, init)
      t.equal(response.status, status)
      t.equal((await problemOf(response)).kind, kind)
      t.same(node.requests, [])
      t.same(logged, [])
    },
  )
}

t.test('a bug in the node is answered 500 and logged', async (t) => {
  const { fetch, node, logged } = await startServer(t)
  node.answer = () => Promise.reject(new Error('oops'))
  t.equal((await fetch('/_node/ping', message(PING))).status, 500)
  t.same(logged, ['error http.node-failed {"url":"/_node/ping","error":"Error: oops"}'])
})

t.test('it is a listener like any other: no socket is opened to build it', (t) => {
  const listener = createNodeApi(new FakeNode(), {
    valueBytesMax: 1,
    log: () => {},
    gate: OPEN_GATE,
  })
  t.ok(http.createServer(listener))
  t.end()
})

/** A gate that says what a test wants, and remembers what it was shown. */
function gateOf(admission: Admission) {
  const heads: RequestHead[] = []
  const gate: RequestGate = {
    admit: (head) => {
      heads.push(head)
      return admission
    },
  }
  return { gate, heads }
}

const sign = (status: number, body: Uint8Array) => ({
  'Authentication-Info': `${status} ${body.length}`,
})

t.test(
  'who proves nothing is turned away with its body unread, and hears no signature',
  async (t) => {
    const { gate, heads } = gateOf({ kind: 'unknown' })
    const { fetch, node, raw } = await startServer(t, {}, gate)
    const headers = { authorization: 'DC1 x', 'content-digest': 'y', 'content-type': 'text/plain' }
    // Each of these would be another problem, were it looked at.
    for (const init of [
      { ...message(PING), headers },
      { ...message(PING), body: Buffer.from('what') },
      { ...message(PING), body: Buffer.alloc(VALUE_BYTES_MAX + NODE_MESSAGE_EXTRA_BYTES + 1) },
      {},
    ]) {
      const response = await fetch('/_node/ping', init)
      t.equal(response.status, 401)
      t.equal(response.headers.get('www-authenticate'), 'DC1')
      t.equal(response.headers.get('authentication-info'), null)
      t.equal(response.headers.get('connection'), 'close')
      t.equal((await problemOf(response)).kind, 'unsigned')
    }
    t.same(node.requests, [])
    const [head] = heads
    t.match(head, { path: '/_node/ping', authorization: 'DC1 x', contentDigest: 'y' })
    t.match(head, { host: head?.arrivedAt ?? '', from: '127.0.0.1' })
    // It does not wait for a body that never comes.
    const half = 'POST /_node/ping HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nhalf'
    t.equal(statusOf(await raw(half)), 401)
  },
)

t.test('a node whose signature is too old hears what to sign, signed', async (t) => {
  const { gate } = gateOf({ kind: 'again', sign })
  const { fetch, node } = await startServer(t, {}, gate)
  const response = await fetch('/_node/ping', message(PING))
  t.equal(response.status, 401)
  t.equal(response.headers.get('authentication-info'), '401 0')
  t.equal(response.headers.get('connection'), 'keep-alive')
  t.same(node.requests, [])
})

t.test('a body that was not signed does not reach the decoder', async (t) => {
  const { gate } = gateOf({
    kind: 'admitted',
    sign,
    isBody: (body) => Buffer.from('signed').equals(body),
  })
  const { fetch, node } = await startServer(t, {}, gate)
  t.equal((await fetch('/_node/ping', message(PING))).status, 401)
  t.same(node.requests, [])
  const signed = await fetch('/_node/ping', { ...message(PING), body: Buffer.from('signed') })
  t.equal(signed.status, 400, 'this one did')
})

t.test('the answer to a signed message is signed', async (t) => {
  const { gate } = gateOf({ kind: 'admitted', sign, isBody: () => true })
  const { fetch, node } = await startServer(t, {}, gate)
  node.nextResponse = { kind: 'pong', nonce: 'n', id: FAKE_ID, incarnation: 1, others: [] }
  const response = await fetch('/_node/ping', message(PING))
  t.equal(response.status, 200)
  const bytes = (await response.arrayBuffer()).byteLength
  t.equal(response.headers.get('authentication-info'), `200 ${bytes}`)
})
