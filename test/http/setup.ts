// A real server around a fake node, and two clients: node-fetch, and a raw socket.
import assert from 'node:assert'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import fetch, { type RequestInit, type Response } from 'node-fetch'
import type t from 'tap'
import { FastLane } from '../../src/http/fast-lane/fast-lane.ts'
import { Intake } from '../../src/http/intake.ts'
import { createNodeApi } from '../../src/http/node-api.ts'
import { createPublicApp } from '../../src/http/public-app.ts'
import { BODIES_BYTES_MAX } from '../../src/http/limits.ts'
import { OPEN_GATE, type RequestGate } from '../../src/http/request-gate.ts'
import { createRequestListener } from '../../src/http/request-listener.ts'
import { limitServer, SERVER_OPTIONS } from '../../src/http/server-options.ts'
import { FakeNode } from '../fakes/fake-node.ts'

export const VALUE_BYTES_MAX = 8 * 1024 * 1024

export interface TestServer {
  readonly node: FakeNode
  readonly port: number
  readonly logged: string[]
  /** Route and status of every request that the public API answered. */
  readonly counted: string[]
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>
  /** Sends bytes as they are, and gives back everything until the server closes. */
  readonly raw: (text: string | Buffer) => Promise<string>
  /** The same, and says that there are no more, so that nobody waits for the rest of half a request. */
  readonly rawToEnd: (text: string | Buffer) => Promise<string>
  /** Takes no more connections, and ends those on which nothing is under way, as a node that stops. */
  readonly stop: () => void
}

interface ServerSetting extends http.ServerOptions {
  readonly hasLane?: boolean
  readonly bodiesBytesMax?: number
  readonly valueBytesMax?: number
}

/** Starts a server; it stops with the test. `more` overrides what node:http is told. */
export async function startServer(
  test: Pick<typeof t, 'teardown'>,
  more: ServerSetting = {},
  gate: RequestGate = OPEN_GATE,
): Promise<TestServer> {
  const node = new FakeNode()
  const logged: string[] = []
  const counted: string[] = []
  let made = 0
  const options = {
    valueBytesMax: more.valueBytesMax ?? VALUE_BYTES_MAX,
    intake: new Intake(more.bodiesBytesMax ?? BODIES_BYTES_MAX),
    log: (level: string, event: string, fields: object) =>
      logged.push(`${level} ${event} ${JSON.stringify(fields)}`),
    newIdempotencyKey: () => `made-${++made}`,
    meter: {
      nowMs: () => 0,
      of: (route: string) => (status: number) => void counted.push(`${route} ${status}`),
    },
    metrics: async () => 'metrics 1\n',
  }
  const listener = createRequestListener({
    publicApp: createPublicApp(node, options),
    nodeApi: createNodeApi(node, { ...options, gate }),
  })
  const server = http.createServer({ ...SERVER_OPTIONS, ...more }, listener)
  limitServer(server)
  const lane = more.hasLane === false ? undefined : new FastLane(node, options)
  lane?.attach(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const closed = once(server, 'close')
  const stop = () => {
    server.close()
    closeIdle(server, lane)
  }
  test.teardown(() => close(server, lane, closed))
  const address = server.address()
  assert(typeof address === 'object' && address !== null)
  const { port } = address
  return {
    node,
    port,
    logged,
    counted,
    fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    raw: (text) => exchange(port, (socket) => socket.write(text)),
    rawToEnd: (text) => exchange(port, (socket) => socket.end(text)),
    stop,
  }
}

/** Waits for clients that are still sending what was refused: a reset would fail their test. */
async function close(
  server: http.Server,
  lane: FastLane | undefined,
  closed: Promise<unknown>,
): Promise<void> {
  server.close()
  const sweep = setInterval(() => closeIdle(server, lane), 5)
  await closed
  clearInterval(sweep)
}

function closeIdle(server: http.Server, lane: FastLane | undefined): void {
  lane?.drain()
  server.closeIdleConnections()
}

async function exchange(port: number, say: (socket: net.Socket) => void): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => {}) // a reset is an end too
  say(socket)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  return Buffer.concat(chunks).toString('latin1')
}

/** The status of the first answer in what a raw socket heard. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)
}

/** The stable part of a problem, and that it is one. */
export async function problemOf(response: Response): Promise<{ kind: string; detail: string }> {
  assert.equal(response.headers.get('content-type'), 'application/problem+json')
  const body: unknown = await response.json()
  assert(typeof body === 'object' && body !== null && 'type' in body && 'detail' in body)
  assert(typeof body.type === 'string' && typeof body.detail === 'string')
  return { kind: body.type.replace('urn:diststore:problem:', ''), detail: body.detail }
}
