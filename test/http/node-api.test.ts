// What the node API lets in, and what it answers.
import http from 'node:http'
import type { RequestInit } from 'node-fetch'
import t from 'tap'
import type { NodeRequest } from '../../src/core/messages.ts'
import { VERSION_ZERO } from '../../src/core/version.ts'
import { createNodeApi } from '../../src/http/node-api.ts'
import { NODE_MESSAGE_EXTRA_BYTES } from '../../src/http/limits.ts'
import { decodeResponse, encodeRequest, nodePath } from '../../src/wire/node-message.ts'
import { FAKE_ID, FakeNode } from '../fakes/fake-node.ts'
import { problemOf, startServer, VALUE_BYTES_MAX } from './setup.ts'

const SENDER = { id: '00000000000000bb', incarnation: 7, clock: VERSION_ZERO }
const PING: NodeRequest = { kind: 'ping', nonce: 'n', hearsYou: true }

function message(request: NodeRequest, type = 'application/x-diststore'): RequestInit {
  const body = Buffer.from(encodeRequest(SENDER, request))
  return { method: 'POST', body, headers: { 'content-type': type } }
}

t.test('a message is handed to the node, and its response comes back signed', async (t) => {
  const { fetch, node } = await startServer(t)
  node.nextResponse = { kind: 'pong', nonce: 'n', id: FAKE_ID, incarnation: 1 }
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
  const listener = createNodeApi(new FakeNode(), { valueBytesMax: 1, log: () => {} })
  t.ok(http.createServer(listener))
  t.end()
})
