// What is compared with: node:http and a Map, and nothing else. Argument: the port.
import { createServer } from 'node:http'

const values = new Map()
const server = createServer((request, response) => {
  if (request.method === 'GET') {
    const value = values.get(request.url)
    response.statusCode = value === undefined ? 404 : 200
    response.end(value ?? '')
    return
  }
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    values.set(request.url, Buffer.concat(chunks))
    response.end('ok')
  })
})
server.keepAliveTimeout = 60_000
server.listen(Number(process.argv[2]), '127.0.0.1')
process.once('SIGTERM', () => process.exit(0))
