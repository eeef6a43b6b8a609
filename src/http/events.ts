// GET /events: changes as they are committed, as Server-Sent Events.
// Which node tells of them is the node's business.
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { unreachable } from '../core/assert.ts'
import type { PublicNode } from './node-access.ts'
import { problemReply, type Reply } from './reply.ts'
import { keyOrEmpty, parseTarget, queryFields } from './target.ts'

const HEADERS = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' }

export function events(node: Pick<PublicNode, 'events'>, { url = '' }: IncomingMessage): Reply {
  const target = parseTarget(url)
  const query = queryFields(target, ['prefix'])
  if (query.kind === 'refused') return query.reason
  const prefix = keyOrEmpty(query.value.get('prefix'))
  if (prefix.kind === 'refused') return prefix.reason
  const answer = node.events(prefix.value ?? '')
  switch (answer.kind) {
    case 'events':
      return {
        status: 200,
        headers: HEADERS,
        // Read ahead as little as can be: what waits is counted by the node.
        body: Readable.from(answer.texts, { objectMode: false, highWaterMark: 1 }),
      }
    case 'elsewhere': {
      const search = target.query === '' ? '' : `?${target.query}`
      const headers = { Location: `http://${answer.address}/events${search}` }
      return { status: 307, headers, body: 'The primary tells of changes: follow Location.\n' }
    }
    case 'full':
      return problemReply('overloaded', answer.reason)
    case 'notNow':
      return problemReply('unavailable', answer.reason)
    default:
      return unreachable(answer)
  }
}
