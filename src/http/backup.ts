// GET /admin/backup: all entries of one moment, as a file that docs/BACKUP.md describes.
// What is in it is the node's business.
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { unreachable } from '../core/assert.ts'
import type { PublicNode } from './node-access.ts'
import { problemReply, type Reply } from './reply.ts'

const HEADERS = { 'Content-Type': 'application/vnd.diststore.backup', 'Cache-Control': 'no-store' }

export function backup(
  node: Pick<PublicNode, 'backup'>,
  { method }: Pick<IncomingMessage, 'method'>,
): Reply {
  const answer = node.backup()
  switch (answer.kind) {
    case 'backup': {
      if (method === 'HEAD') return { status: 200, headers: HEADERS, body: undefined }
      const body = Readable.from(answer.pieces, { objectMode: false })
      return { status: 200, headers: HEADERS, body }
    }
    case 'elsewhere':
      return problemReply('order-declined', answer.reason)
    case 'notNow':
      return problemReply('unavailable', answer.reason)
    default:
      return unreachable(answer)
  }
}
