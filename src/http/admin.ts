// The operator's requests: answered to this host alone.
import { isIP } from 'node:net'
import type { IncomingMessage } from 'node:http'
import { problemReply, type Reply } from './reply.ts'

/** Everything under /admin/. */
export function admin(req: IncomingMessage): Reply {
  if (!isLoopback(req.socket.remoteAddress ?? '')) {
    const detail = 'The operator’s requests are answered to this host alone: send it from there.'
    return problemReply('forbidden', detail)
  }
  return problemReply('not-implemented', 'The operator’s requests are not built yet.')
}

/** Whether an address is one of this host's own, which nobody else can send from. */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '')
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'))
}
