// Values of every size and content type, and bodies that are none.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { RequestInit } from 'node-fetch'
import t from 'tap'
import { allBytes, escapeAll, jsonInit, multipartInit, part, TYPE } from './form-requests.ts'
import { fingerprintOf } from '../../src/wire/command.ts'
import { problemOf, startServer, VALUE_BYTES_MAX } from './setup.ts'

// 8 MiB of every byte; in JSON, of characters that take the most room escaped.
const LARGE = Buffer.from(allBytes().repeat(VALUE_BYTES_MAX / 256), 'latin1')
const SURPLUS = Buffer.concat([LARGE, Buffer.from('x')])

const large: [string, (value: Buffer) => [string, RequestInit]][] = [
  ['raw', (value) => ['/v1/k', { method: 'PUT', body: value }]],
  ['raw, chunked', (value) => ['/v1/k', { method: 'PUT', body: Readable.from([value]) }]],
  [
    'urlencoded, every byte escaped',
    (value) => [
      '/post',
      { method: 'POST', headers: TYPE, body: `key=k&value=${escapeAll(value)}` },
    ],
  ],
  [
    'multipart',
    (value) => [
      '/post',
      multipartInit([part('key', 'k'), part('value', value.toString('latin1'))]),
    ],
  ],
]
for (const [title, requestOf] of large) {
  t.test(`the largest value fits, ${title}; one byte more is 413`, async (t) => {
    const { fetch, node } = await startServer(t)
    t.equal((await fetch(...requestOf(LARGE))).status, 200)
    t.equal(hash(storedBytes(node.entries.get('k'))), hash(LARGE))
    // It comes in pieces, and a retry with another value must be told from this one.
    const [write] = node.writes
    t.equal(write?.fingerprint, write && fingerprintOf('k', write.change))
    const response = await fetch(...requestOf(SURPLUS))
    t.equal(response.status, 413)
    t.match(await problemOf(response), { kind: 'value-too-large', detail: /8388608 bytes/ })
    t.equal(node.writes.length, 1)
  })
}

t.test('the largest value fits, JSON, every character escaped; one more is 413', async (t) => {
  const { fetch, node } = await startServer(t)
  const text = (length: number) => `{"key":"k","value":"${'\\u0000'.repeat(length)}"}`
  t.equal((await fetch('/post', jsonInit(text(VALUE_BYTES_MAX)))).status, 200)
  t.equal(storedBytes(node.entries.get('k')).length, VALUE_BYTES_MAX)
  t.equal((await fetch('/post', jsonInit(text(VALUE_BYTES_MAX + 1)))).status, 413)
  t.equal(node.writes.length, 1)
})

t.test('a value far too large is 413 before it was sent, and the connection goes on', async (t) => {
  const { raw, node } = await startServer(t)
  const head = 'PUT /v1/k HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n'
  const next = 'GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  const answer = await raw(
    Buffer.concat([Buffer.from(head), Buffer.alloc(20_000_000), Buffer.from(next)]),
  )
  t.match(answer, /^HTTP\/1\.1 413 [^]*HTTP\/1\.1 200 OK/)
  t.same(node.writes, [])
})

t.test('a put without a body is 411; an empty body is an empty value', async (t) => {
  const { raw, node } = await startServer(t)
  const lines = (more: string) =>
    `PUT /v1/k HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`
  const refused = await raw(lines(''))
  t.match(refused, /^HTTP\/1\.1 411 [^]*Content-Length: 0/)
  t.same(node.writes, [])
  t.match(await raw(lines('Content-Length: 0\r\n')), /^HTTP\/1\.1 200 OK/)
  t.equal(storedBytes(node.entries.get('k')).length, 0)
})

t.test('the content type of a raw value is kept to the letter', async (t) => {
  const { fetch, node } = await startServer(t)
  const types = ['text/html; charset=UTF-8', 'a', `x/${'y'.repeat(253)}`, 'text/ä']
  for (const type of types) {
    await fetch('/v1/k', {
      method: 'PUT',
      body: Buffer.from('v'),
      headers: { 'content-type': type },
    })
    t.equal((await fetch('/get/k')).headers.get('content-type'), type)
  }
  await fetch('/v1/k', { method: 'PUT', body: Buffer.from('v') })
  t.equal((await fetch('/get/k')).headers.get('content-type'), 'application/octet-stream')
  t.equal(node.writes.length, types.length + 1)
})

t.test('a content type from another node that is no header is not sent', async (t) => {
  const { fetch, node } = await startServer(t)
  await fetch('/v1/k', { method: 'PUT', body: 'v' })
  const entry = node.entries.get('k')
  const content = {
    kind: 'value',
    bytes: Buffer.from('v'),
    contentType: 'a\r\nSet-Cookie: b',
  } as const
  if (entry) node.entries.set('k', { ...entry, content })
  const response = await fetch('/get/k')
  t.equal(response.headers.get('content-type'), 'application/octet-stream')
  t.equal(response.headers.get('set-cookie'), null)
})

function storedBytes(
  entry: { content: { kind: string; bytes?: Uint8Array } } | undefined,
): Uint8Array {
  return entry?.content.bytes ?? Buffer.from('nothing is stored')
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
