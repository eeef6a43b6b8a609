// Runs inside the network namespace of one host, as the programs there would: carries connections
// from a socket in the file system, which all namespaces see, to an address of this namespace.
// Never looks into the bytes. Use: node relay.mjs SOCKET HOST PORT
import { connect, createServer } from 'node:net'

const [socket, host, port] = process.argv.slice(2)

// Nobody listens, so nothing was applied; a connection that only breaks would leave that open.
const REFUSED = 'HTTP/1.1 503 Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'

createServer((near) => {
  const far = connect({ host, port: Number(port), noDelay: true })
  near.on('error', () => far.destroy())
  far.on('error', ({ code }) => {
    if (code !== 'ECONNREFUSED') return near.destroy()
    near.unpipe(far).resume().end(REFUSED)
  })
  near.pipe(far).pipe(near)
}).listen(socket)
