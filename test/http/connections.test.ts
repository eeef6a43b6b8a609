// Clients that send half a request, too much or nothing: each costs one bounded connection.
import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { HEADER_BYTES_MAX } from '../../src/http/limits.ts'
import { startServer, statusOf } from './setup.ts'

/** The real limits, a hundred times faster. */
const FAST = { headersTimeout: 100, requestTimeout: 300, connectionsCheckingInterval: 20 }

const GET = 'GET /health/live HTTP/1.1\r\nHost: x\r\n'
const filler = 'x'.repeat(HEADER_BYTES_MAX)

const bad: [string, string, number, RegExp][] = [
  ['nothing at all', '', 408, /did not arrive whole/],
  ['half a first line', 'GET /health', 408, /did not arrive whole/],
  ['half of the headers', GET, 408, /did not arrive whole/],
  [
    'half a body',
    'PUT /v1/k HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf',
    408,
    /did not arrive whole/,
  ],
  [
    'half a form',
    'POST /post HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\nkey=k&value=v',
    408,
    /did not arrive whole/,
  ],
  [
    'half a chunk',
    'PUT /v1/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf',
    408,
    /did not arrive whole/,
  ],
  [
    'a chunk of no size',
    'PUT /v1/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    400,
    /no HTTP request/,
  ],
  ['a huge header', `${GET}X: ${filler}\r\n\r\n`, 431, /16384 bytes/],
  ['a huge URL', `GET /${filler} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, /16384 bytes/],
  ['thousands of headers', `${GET}${'X-Y: 12345678\r\n'.repeat(5000)}\r\n`, 431, /16384 bytes/],
  ['no HTTP', 'hello\r\n\r\n', 400, /no HTTP request/],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400, /no HTTP request/],
  [
    'two lengths',
    'PUT /v1/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    400,
    /no HTTP request/,
  ],
  [
    'length and chunks',
    'PUT /v1/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    /no HTTP request/,
  ],
  ['an unknown method', 'BREW /get/k HTTP/1.1\r\nHost: x\r\n\r\n', 400, /no HTTP request/],
]

for (const [title, bytes, status, detail] of bad) {
  t.test(`${title} is answered ${status}, closed, and changes nothing`, async (t) => {
    const { raw, node, logged } = await startServer(t, FAST)
    const answer = await raw(bytes)
    t.equal(statusOf(answer), status)
    t.match(answer, /Content-Type: application\/problem\+json\r\n/)
    t.match(answer, /Connection: close\r\n/)
    t.match(answer, detail)
    t.same(node.writes, [])
    t.same(logged, [])
  })
}

t.test('after a stall an idle connection works; what had begun is 408, and not done', async (t) => {
  const { port, node, logged } = await startServer(t, FAST)
  const connect = async (): Promise<net.Socket> => {
    const socket = net.connect(port, '127.0.0.1')
    socket.write(`${GET}\r\n`)
    t.equal(statusOf(await heard(socket)), 200)
    return socket
  }
  const [idle, header, body] = await Promise.all([connect(), connect(), connect()])
  header.write('PUT /v1/header HTTP/1.1\r\n')
  body.write('PUT /v1/body HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nha')
  await settled()
  // What is written now lies in the buffers of the system until the loop goes on.
  idle.write(`${GET}\r\n`)
  header.write('Host: x\r\nContent-Length: 0\r\n\r\n')
  body.write('lf')
  stall(3 * FAST.requestTimeout)
  const answers = await Promise.all([idle, header, body].map(heard))
  t.strictSame(answers.map(statusOf), [200, 408, 408])
  await Promise.all([once(header, 'close'), once(body, 'close')])
  idle.destroy()
  t.strictSame(node.writes, [])
  t.strictSame(logged, [])
})

async function heard(socket: net.Socket): Promise<string> {
  const [chunk]: unknown[] = await once(socket, 'data')
  return String(chunk)
}

/** What was written before it has been read by the server of this process. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** As a stopped process: nothing runs, and then timers come first. */
function stall(forMs: number): void {
  const endMs = performance.now() + forMs
  while (performance.now() < endMs);
}

t.test('a request without a host is 400', async (t) => {
  const { raw } = await startServer(t)
  t.equal(statusOf(await raw('GET /health/live HTTP/1.1\r\n\r\n')), 400)
})

const targets: [string, string, number][] = [
  ['an absolute target', 'http://other:1/health/live', 200],
  ['an absolute target with a key', 'HTTP://other/get?key=a', 404],
  ['an absolute target that is none', 'http://[/get/k', 404],
  ['a target that is a host', 'other:80', 400],
  ['two slashes', '//get/k', 404],
  ['a star', '*', 404],
]
for (const [title, target, status] of targets) {
  t.test(`${title} is ${status}`, async (t) => {
    const { raw, logged } = await startServer(t)
    const request = `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
    t.equal(statusOf(await raw(Buffer.from(request, 'latin1'))), status)
    t.same(logged, [])
  })
}

t.test('raw bytes in the URL are 400 and the answer says to escape them', async (t) => {
  const { raw } = await startServer(t)
  const answer = await raw(Buffer.from('GET /get/\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n', 'latin1'))
  t.equal(statusOf(answer), 400)
  t.match(answer, /percent-encode/)
})

t.test('a client that goes away in the middle of its body changes nothing', async (t) => {
  const { port, node, logged, fetch } = await startServer(t)
  const socket = net.connect(port, '127.0.0.1')
  socket.write('PUT /v1/k HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf')
  await once(socket, 'connect')
  await fetch('/health/live')
  socket.resetAndDestroy()
  await fetch('/health/live')
  t.same(node.writes, [])
  t.same(logged, [])
})

t.test('a client that goes away in the middle of a list ends the reading of keys', async (t) => {
  const { port, node, logged } = await startServer(t)
  const ended = new Promise((resolve) => {
    node.list = function* () {
      try {
        for (;;) yield 'key'.repeat(100)
      } finally {
        resolve('ended')
      }
    }
  })
  const socket = net.connect(port, '127.0.0.1')
  socket.write('GET /list HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'data')
  socket.destroy()
  t.equal(await ended, 'ended')
  t.same(logged, [])
})

t.test('a list that breaks breaks the connection, so that nobody takes it for whole', async (t) => {
  const { raw, node, logged } = await startServer(t)
  node.list = function* () {
    yield 'x'.repeat(100_000)
    throw new Error('disk')
  }
  const answer = await raw('GET /list HTTP/1.1\r\nHost: x\r\n\r\n')
  t.equal(statusOf(answer), 200)
  t.notOk(answer.endsWith('0\r\n\r\n'))
  t.same(logged, ['warn http.answer-broke {"url":"/list","error":"Error: disk"}'])
})
