// The operator's requests: answered to this host alone.
import { isIP } from 'node:net'
import type { IncomingMessage } from 'node:http'
import { conflicts } from './conflicts.ts'
import type { PublicNode } from './node-access.ts'
import { problemReply, type Reply } from './reply.ts'
import { parseTarget } from './target.ts'

/** Everything under /admin/. */
export function admin(node: Pick<PublicNode, 'conflicts'>, req: IncomingMessage): Reply {
  if (!isLoopback(req.socket.remoteAddress ?? '')) {
    const detail = 'The operator’s requests are answered to this host alone: send it from there.'
    return problemReply('forbidden', detail)
  }
  const url = req.url ?? ''
  const isRead = req.method === 'GET' || req.method === 'HEAD'
  if (parseTarget(url).path === '/admin/conflicts' && isRead) return conflicts(node, url)
  return problemReply('not-implemented', 'The operator’s requests are not built yet.')
}

/** Whether an address is one of this host's own, which nobody else can send from. */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '')
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'))
}
