// A server that gives one answer to everything, and remembers what it was asked.
import { once } from 'node:events'
import http from 'node:http'

export interface Stub {
  /** host:port. */
  readonly address: string
  /** "POST /path", in order. */
  readonly asked: string[]
}

/** Runs until the test ends. An object is sent as JSON. */
export async function stubServer(
  test: { teardown(end: () => void): void },
  status: number,
  body: object | string,
): Promise<Stub> {
  const asked: string[] = []
  const server = http.createServer((req, res) => {
    asked.push(`${req.method} ${req.url}`)
    req.resume()
    res.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  test.teardown(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('it listens on a port')
  return { address: `127.0.0.1:${address.port}`, asked }
}
