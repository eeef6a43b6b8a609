// The node API: one message in, one message out, for other nodes of the cluster.
// A plain listener: there is nothing to route, and every write of the cluster passes here.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import {
  decodeRequest,
  encodeResponse,
  NODE_CONTENT_TYPE,
  nodePath,
  type ReceivedRequest,
} from '../wire/node-message.ts'
import { type Decoded, ok, refused } from '../wire/decoded.ts'
import { mediaType } from './content-type.ts'
import { type BodyLimits, Intake, readBody } from './intake.ts'
import { BODIES_BYTES_MAX, NODE_MESSAGE_EXTRA_BYTES } from './limits.ts'
import type { HttpLog } from './log.ts'
import type { InternalNode } from './node-access.ts'
import { problemReply, type Reply } from './reply.ts'

export interface NodeApiOptions {
  readonly valueBytesMax: number
  readonly log: HttpLog
}

/** Builds the listener. Each message counts its bytes apart from those of the public API. */
export function createNodeApi(node: InternalNode, options: NodeApiOptions): RequestListener {
  const bytesMax = options.valueBytesMax + NODE_MESSAGE_EXTRA_BYTES
  const tooLarge = `A message may have ${bytesMax} bytes: are the settings of the nodes the same?`
  const limits = { intake: new Intake(BODIES_BYTES_MAX), bytesMax, tooLarge }
  return (req, res) => {
    answer(node, limits, { req, res }).catch((error: unknown) => {
      options.log('error', 'http.node-failed', { url: req.url, error: String(error) })
      const detail = 'This is a bug: the log of the node says more.'
      sendReply(res, problemReply('internal-error', detail))
    })
  }
}

async function answer(
  node: InternalNode,
  limits: BodyLimits,
  { req, res }: { req: IncomingMessage; res: ServerResponse },
): Promise<void> {
  const received = await receive(limits, { req, res })
  if (received.kind === 'refused') return sendReply(res, received.reason)
  const { sender, request } = received.value
  const response = await node.answer(sender, request)
  const bytes = encodeResponse(node.sender(), response)
  res.writeHead(200, { 'Content-Type': NODE_CONTENT_TYPE, 'Content-Length': bytes.length })
  res.end(bytes)
}

async function receive(
  limits: BodyLimits,
  { req, res }: { req: IncomingMessage; res: ServerResponse },
): Promise<Decoded<ReceivedRequest, Reply>> {
  if (req.method !== 'POST') {
    const headers = { Allow: 'POST' }
    return refused(problemReply('method-not-allowed', 'Nodes post to each other.', { headers }))
  }
  // No web page can send this type without asking first, so none can pretend to be a node.
  if (mediaType(req.headers['content-type']) !== NODE_CONTENT_TYPE) {
    const detail = `Only nodes are answered here: they send ${NODE_CONTENT_TYPE}.`
    return refused(problemReply('unsupported-media-type', detail))
  }
  const body = await readBody({ req, res }, limits)
  if (body.kind === 'refused') return body
  const message = decodeRequest(body.value)
  if (message.kind === 'refused') {
    return refused(problemReply('malformed-message', message.reason))
  }
  const path = nodePath(message.value.request.kind)
  if (req.url === path) return ok(message.value)
  return refused(problemReply('malformed-message', `This message belongs to ${path}.`))
}

function sendReply(res: ServerResponse, { status, headers, body }: Reply): void {
  if (res.headersSent) return void res.destroy()
  res.writeHead(status, { ...headers, 'X-Content-Type-Options': 'nosniff' })
  res.end(body)
}
