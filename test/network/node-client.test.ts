// The client against servers that answer, crawl, die and refuse: every outcome, and no delay.
import assert from 'node:assert'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import t from 'tap'
import { CALLS_MAX, RESPONSE_EXTRA_BYTES } from '../../src/network/limits.ts'
import { type Call, type NodeClient, startNodeClient } from '../../src/network/node-client.ts'

const VALUE_BYTES_MAX = 1024 * 1024

type Tap = Pick<typeof t, 'teardown'>

async function startServer(t: Tap, listener: http.RequestListener) {
  const server = http.createServer({ keepAliveTimeout: 60_000 }, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const kill = () => {
    server.close()
    server.closeAllConnections()
  }
  t.teardown(kill)
  return { server, kill, address: addressOf(server) }
}

function addressOf(server: net.Server): string {
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  return `127.0.0.1:${address.port}`
}

function start(t: Tap): NodeClient {
  const client = startNodeClient({ valueBytesMax: VALUE_BYTES_MAX })
  t.teardown(() => client.stop())
  return client
}

function call(to: string, more: Partial<Call> = {}): Call {
  const bytes = Buffer.from('hello')
  return {
    to,
    path: '/_node/ping',
    bytes,
    headers: {},
    timeoutMs: 10_000,
    isUrgent: false,
    ...more,
  }
}

function echo(req: http.IncomingMessage, res: http.ServerResponse): void {
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => res.end(Buffer.concat(chunks)))
}

t.test('a response brings its bytes, whatever their size', async (t) => {
  const seen: unknown[] = []
  const { address } = await startServer(t, (req, res) => {
    seen.push({ method: req.method, url: req.url, type: req.headers['content-type'] })
    echo(req, res)
  })
  const client = start(t)
  for (const size of [0, 1, 100_000, 8 * 1024 * 1024]) {
    const bytes = Buffer.alloc(size, 7)
    t.same(await client.call(call(address, { bytes })), { kind: 'response', bytes, proof: '' })
  }
  t.same(seen[0], { method: 'POST', url: '/_node/ping', type: 'application/x-diststore' })
})

t.test('calls one after the other share two connections', async (t) => {
  const { server, address } = await startServer(t, echo)
  let connections = 0
  server.on('connection', () => connections++)
  const client = start(t)
  for (let i = 0; i < 20; i++) await client.call(call(address))
  // undici frees a connection one turn of the loop after its answer; the next call is faster.
  t.equal(connections, 2)
})

t.test('nothing listens: refused at once, for every call in flight', async (t) => {
  const { address, kill } = await startServer(t, echo)
  const client = start(t)
  await client.call(call(address))
  kill()
  const calls = Array.from({ length: 3 * CALLS_MAX }, () => client.call(call(address)))
  const kinds = new Set((await Promise.all(calls)).map(({ kind }) => kind))
  kinds.delete('broken') // the connection that was still open
  t.same([...kinds], ['refused'])
})

t.test('a node killed in the middle of a call: broken at once, afterwards refused', async (t) => {
  const { address, kill } = await startServer(t, () => kill())
  const client = start(t)
  t.same(await client.call(call(address)), { kind: 'broken', reason: 'UND_ERR_SOCKET' })
  t.same(await client.call(call(address)), { kind: 'refused' })
})

t.test('a node killed in the middle of its answer: broken', async (t) => {
  const { address, kill } = await startServer(t, (_, res) => {
    res.writeHead(200, { 'content-length': 10 })
    res.write('half', kill)
  })
  t.same(await start(t).call(call(address)), { kind: 'broken', reason: 'UND_ERR_SOCKET' })
})

t.test('a reset is broken', async (t) => {
  const server = net.createServer((socket) => socket.on('data', () => socket.resetAndDestroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const result = await start(t).call(call(addressOf(server)))
  t.same(result, { kind: 'broken', reason: 'ECONNRESET' })
})

t.test('silence is late: before the headers, in the body, and before the connection', async (t) => {
  const { address } = await startServer(t, (req, res) => {
    if (req.url === '/body') res.writeHead(200, { 'content-length': 10 }).write('half')
  })
  const client = start(t)
  const late = { kind: 'late' }
  t.same(await client.call(call(address, { timeoutMs: 50 })), late)
  t.same(await client.call(call(address, { timeoutMs: 50, path: '/body' })), late)
  // No route leads there: that says nothing about a node.
  t.same(await client.call(call('255.255.255.255:8181', { timeoutMs: 50 })), late)
})

t.test('what is no node is broken, with the reason', async (t) => {
  const { address } = await startServer(t, (req, res) => {
    if (req.url === '/long') res.end(Buffer.alloc(VALUE_BYTES_MAX + RESPONSE_EXTRA_BYTES + 1))
    else res.writeHead(415).end('no')
  })
  const client = start(t)
  const cases = [
    { at: call(address), reason: 'answered with status 415' },
    { at: call(address, { path: '/long' }), reason: 'UND_ERR_RES_EXCEEDED_MAX_SIZE' },
    { at: call('not an address'), reason: 'bad address' },
  ]
  for (const { at, reason } of cases) t.same(await client.call(at), { kind: 'broken', reason })
})

t.test('headers go out, a proof comes back, and a denial is an end of its own', async (t) => {
  const seen: unknown[] = []
  const { address } = await startServer(t, (req, res) => {
    seen.push([req.headers.authorization, req.headers.host])
    res.setHeader('Authentication-Info', 'proof')
    if (req.url === '/silent') res.writeHead(401).write('half')
    else res.writeHead(req.url === '/denied' ? 401 : 200).end('body')
  })
  const client = start(t)
  // As it was signed, with the port that clients leave out.
  const headers = { authorization: 'DC1 us', host: '10.0.0.1:80' }
  const bytes = Buffer.from('body')
  t.same(await client.call(call(address, { headers })), { kind: 'response', bytes, proof: 'proof' })
  const denied = { kind: 'denied', proof: 'proof' }
  t.same(await client.call(call(address, { headers, path: '/denied' })), denied)
  const silent = call(address, { headers, path: '/silent', timeoutMs: 50 })
  t.same(await client.call(silent), { kind: 'late' })
  const sent = ['DC1 us', '10.0.0.1:80']
  t.same(seen, [sent, sent, sent])
})

t.test('a slow call holds up no other, and too many of them no urgent one', async (t) => {
  const held: http.ServerResponse[] = []
  const { address } = await startServer(t, (req, res) => {
    if (req.url === '/slow') held.push(res)
    else echo(req, res)
  })
  const client = start(t)
  const slow = call(address, { path: '/slow' })
  const slowCalls = Array.from({ length: CALLS_MAX - 1 }, () => client.call(slow))
  t.equal((await client.call(call(address))).kind, 'response')
  slowCalls.push(client.call(slow))
  t.equal((await client.call(call(address, { timeoutMs: 50 }))).kind, 'late')
  t.equal((await client.call(call(address, { isUrgent: true }))).kind, 'response')
  const waiting = client.call(call(address))
  for (const res of held) res.end()
  await Promise.all(slowCalls)
  t.equal((await waiting).kind, 'response')
})

t.test('stopping ends every call as broken, and may be done twice', async (t) => {
  const { address } = await startServer(t, () => {})
  const client = start(t)
  const calls = Array.from({ length: CALLS_MAX + 1 }, () => client.call(call(address)))
  await client.stop()
  await client.stop()
  const stopped = { kind: 'broken', reason: 'stopped' }
  t.same(new Set(await Promise.all(calls)), new Set([stopped]))
  t.same(await client.call(call(address)), stopped)
})
