// Runs inside the network namespace of one host, as the programs there would: carries connections
// from a socket in the file system, which all namespaces see, to an address of this namespace.
// Never looks into the bytes. Use: node relay.mjs SOCKET HOST PORT
import { connect, createServer } from 'node:net'

const [socket, host, port] = process.argv.slice(2)

createServer((near) => {
  const far = connect({ host, port: Number(port) })
  // A refused or broken connection looks the same on both sides of the relay.
  const breakBoth = () => {
    near.destroy()
    far.destroy()
  }
  for (const end of [near, far]) end.setNoDelay?.(true).on('error', breakBoth)
  near.pipe(far).pipe(near)
}).listen(socket)
