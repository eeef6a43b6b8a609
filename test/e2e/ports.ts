// Ports that no other test, daemon or leftover on this machine uses.
// Holds none of them: whoever is given one takes it at once.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the range from which the system takes ports by itself. */
const FIRST_PORT = 20_000
const FIRST_GROUP_PORT = 10_000
const PORTS = 9_000
const ATTEMPTS = 50

export interface Ports {
  /** TCP and UDP, free on every host given. */
  readonly port: number
  /** UDP, free on the multicast group. */
  readonly groupPort: number
}

let asked = 0

/** Starts looking at a place of this process's own, so that parallel runs seldom meet. */
export async function freePorts(hosts: readonly string[], group: string): Promise<Ports> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // Even numbers only: a test may have a second node at the port above.
    const offset = 2 * ((process.pid * 37 + ++asked * 11) % (PORTS / 2))
    const ports = { port: FIRST_PORT + offset, groupPort: FIRST_GROUP_PORT + offset }
    const taken = await Promise.all([
      isUdpTaken(group, ports.groupPort),
      ...hosts.flatMap((host) => [isTcpTaken(host, ports.port), isUdpTaken(host, ports.port)]),
    ])
    if (!taken.includes(true)) return ports
  }
  throw new Error(`no free ports on ${hosts.join(', ')} in ${ATTEMPTS} attempts`)
}

export async function isTcpTaken(host: string, port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return false
  } catch {
    return true
  }
}

async function isUdpTaken(address: string, port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  try {
    socket.bind({ address, port, exclusive: true })
    await once(socket, 'listening')
    return false
  } catch {
    return true
  } finally {
    socket.close()
  }
}
