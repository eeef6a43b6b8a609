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
import type { Admission, RequestGate, RequestHead } from './request-gate.ts'

export interface NodeApiOptions {
  readonly valueBytesMax: number
  readonly gate: RequestGate
  readonly log: HttpLog
}

/** Builds the listener. Each message counts its bytes apart from those of the public API. */
export function createNodeApi(node: InternalNode, options: NodeApiOptions): RequestListener {
  const bytesMax = options.valueBytesMax + NODE_MESSAGE_EXTRA_BYTES
  const tooLarge = `A message may have ${bytesMax} bytes: are the settings of the nodes the same?`
  const limits = { intake: new Intake(BODIES_BYTES_MAX), bytesMax, tooLarge }
  return (req, res) => {
    const admission = options.gate.admit(headOf(req))
    const answered =
      admission.kind === 'admitted'
        ? answer(node, limits, { req, res, admission })
        : turnAway(req, res, admission)
    answered.catch((error: unknown) => {
      options.log('error', 'http.node-failed', { url: req.url, error: String(error) })
      const detail = 'This is a bug: the log of the node says more.'
      sendReply(res, problemReply('internal-error', detail))
    })
  }
}

type Admitted = Extract<Admission, { kind: 'admitted' }>

async function answer(
  node: InternalNode,
  limits: BodyLimits,
  exchange: { req: IncomingMessage; res: ServerResponse; admission: Admitted },
): Promise<void> {
  const { res, admission } = exchange
  const received = await receive(limits, exchange)
  if (received.kind === 'refused') return sendReply(res, received.reason)
  const { sender, request } = received.value
  const response = await node.answer(sender, request)
  const bytes = encodeResponse(node.sender(), response, request)
  res.writeHead(200, {
    'Content-Type': NODE_CONTENT_TYPE,
    'Content-Length': bytes.length,
    ...admission.sign(200, bytes),
  })
  res.end(bytes)
}

async function receive(
  limits: BodyLimits,
  { req, res, admission }: { req: IncomingMessage; res: ServerResponse; admission: Admitted },
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
  if (!admission.isBody(body.value)) return refused(unsigned())
  const message = decodeRequest(body.value)
  if (message.kind === 'refused') {
    return refused(problemReply('malformed-message', message.reason))
  }
  const path = nodePath(message.value.request.kind)
  if (req.url === path) return ok(message.value)
  return refused(problemReply('malformed-message', `This message belongs to ${path}.`))
}

/** Nothing of the body is kept or looked at; it is only read off the connection. */
function turnAway(
  req: IncomingMessage,
  res: ServerResponse,
  admission: Exclude<Admission, Admitted>,
): Promise<void> {
  req.resume()
  const reply = unsigned()
  const proof = admission.kind === 'again' ? admission.sign(reply.status, NOTHING) : {}
  // What follows on the connection of a stranger is not waited for.
  const connection = admission.kind === 'unknown' ? { Connection: 'close' } : {}
  sendReply(res, { ...reply, headers: { ...reply.headers, ...proof, ...connection } })
  return Promise.resolve()
}

const NOTHING = new Uint8Array(0)

function unsigned(): Reply {
  const detail =
    'Only nodes with a secret of this cluster are answered here: give every node the same secret-file.'
  return problemReply('unsigned', detail, { headers: { 'WWW-Authenticate': 'DC1' } })
}

function headOf(req: IncomingMessage): RequestHead {
  const { localAddress = '', localPort = 0, remoteAddress = '' } = req.socket
  const digest = req.headers['content-digest']
  return {
    path: req.url ?? '',
    host: req.headers.host ?? '',
    arrivedAt: `${localAddress}:${localPort}`,
    from: remoteAddress,
    authorization: req.headers.authorization,
    contentDigest: typeof digest === 'string' ? digest : undefined,
  }
}

function sendReply(res: ServerResponse, { status, headers, body }: Reply): void {
  if (res.headersSent) return void res.destroy()
  res.writeHead(status, { ...headers, 'X-Content-Type-Options': 'nosniff' })
  res.end(body)
}
