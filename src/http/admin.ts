// The operator's requests: answered to this host alone.
// Each is an order for the cluster, or shows what only an operator has to see.
import { isIP } from 'node:net'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { unreachable } from '../core/assert.ts'
import type { Order, OrderOutcome } from '../core/types.ts'
import { type Decoded, ok, refused } from '../wire/decoded.ts'
import { backup } from './backup.ts'
import { conflicts } from './conflicts.ts'
import { mediaType } from './content-type.ts'
import { type Intake, readBody } from './intake.ts'
import { ORDER_BYTES_MAX } from './limits.ts'
import { network } from './network-report.ts'
import type { PublicNode } from './node-access.ts'
import { jsonReply, problemReply, type Reply } from './reply.ts'
import { parseTarget } from './target.ts'

type AdminNode = Pick<PublicNode, 'order' | 'status' | 'conflicts' | 'audit' | 'network' | 'backup'>

interface Asked {
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

interface AdminRoute {
  readonly method: 'GET' | 'POST'
  readonly answer: (node: AdminNode, asked: Asked, intake: Intake) => Reply | Promise<Reply>
}

const ROUTES: Readonly<Record<string, readonly AdminRoute[]>> = {
  '/admin/handoff': [ordering(readHandoff)],
  '/admin/forget': [ordering(readForget)],
  '/admin/force': [ordering(() => ok({ kind: 'force' }))],
  '/admin/audit': [{ method: 'POST', answer: audit }],
  '/admin/backup': [{ method: 'GET', answer: (node, { req }) => backup(node, req) }],
  '/admin/conflicts': [
    { method: 'GET', answer: (node, { req }) => conflicts(node, req.url ?? '') },
  ],
  '/admin/network': [{ method: 'GET', answer: network }],
  '/admin/voters': [{ method: 'GET', answer: showVoters }, ordering(readVoters)],
}

/** Everything under /admin/. */
export async function admin(node: AdminNode, asked: Asked, intake: Intake): Promise<Reply> {
  const { req } = asked
  if (!isFromHere(req.socket)) {
    const detail = 'The operator’s requests are answered to this host alone: send it from there.'
    return problemReply('forbidden', detail)
  }
  const routes = ROUTES[parseTarget(req.url ?? '').path]
  if (routes === undefined) {
    const paths = Object.keys(ROUTES).join(', ')
    return problemReply('no-such-path', `There is no such path: there are ${paths}.`)
  }
  const method = req.method === 'HEAD' ? 'GET' : req.method
  const route = routes.find((each) => each.method === method)
  if (route !== undefined) return route.answer(node, asked, intake)
  const allowed = routes.map((each) => each.method).join(', ')
  const detail = `${req.method} is not for this path: use ${allowed}.`
  return problemReply('method-not-allowed', detail, { headers: { Allow: allowed } })
}

/** A connection. Without addresses it has ended. */
interface Ends {
  readonly remoteAddress?: string | undefined
  readonly localAddress?: string | undefined
}

/**
 * Whether a connection comes from this host: from a loopback address, or from the very address that
 * it goes to. Nobody else gets an answer to either.
 */
export function isFromHere({ remoteAddress, localAddress }: Ends): boolean {
  if (remoteAddress === undefined) return false
  return isLoopback(remoteAddress) || remoteAddress === localAddress
}

/** Whether an address is one of this host's own, which nobody else can send from. */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '')
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'))
}

/** A route that reads an order from a body in JSON, and answers with what became of it. */
function ordering(read: (body: JsonObject) => Decoded<Order>): AdminRoute {
  const answer = async (node: AdminNode, asked: Asked, intake: Intake): Promise<Reply> => {
    const body = await readJson(asked, intake)
    if (body.kind === 'refused') return body.reason
    const order = read(body.value)
    if (order.kind === 'refused') return problemReply('malformed-order', order.reason)
    return orderReply(await node.order(order.value))
  }
  return { method: 'POST', answer }
}

type JsonObject = Readonly<Record<string, unknown>>

/** The type keeps web pages out: none can send it to this host without asking first. */
async function readJson(asked: Asked, intake: Intake): Promise<Decoded<JsonObject, Reply>> {
  const type = asked.req.headers['content-type']
  if (mediaType(type) !== 'application/json') {
    const detail = 'An order is sent as Content-Type: application/json; {} is enough for some.'
    return refused(problemReply('unsupported-media-type', detail))
  }
  const tooLarge = `An order may have ${ORDER_BYTES_MAX} bytes.`
  const body = await readBody(asked, { intake, bytesMax: ORDER_BYTES_MAX, tooLarge })
  if (body.kind === 'refused') return body
  try {
    const value: unknown = JSON.parse(body.value.toString('utf8') || '{}')
    if (isJsonObject(value)) return ok(value)
  } catch (error) {
    const detail = `The order is no JSON: ${error instanceof Error ? error.message : 'send {}'}.`
    return refused(problemReply('malformed-order', detail))
  }
  return refused(problemReply('malformed-order', 'The order must be a JSON object: send {}.'))
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readHandoff(body: JsonObject): Decoded<Order> {
  if (body['to'] === undefined) return ok({ kind: 'handoff', to: undefined })
  const to = nodeName(body['to'])
  return to === undefined
    ? refused('"to" must be the id or the address of a node; leave it out for the other master.')
    : ok({ kind: 'handoff', to })
}

function readForget(body: JsonObject): Decoded<Order> {
  const node = nodeName(body['id'] ?? body['address'])
  return node === undefined
    ? refused('"id" or "address" must name the node to forget: /cluster lists them.')
    : ok({ kind: 'forget', node })
}

function readVoters(body: JsonObject): Decoded<Order> {
  const add = nodeName(body['add'])
  const remove = nodeName(body['remove'])
  if (add !== undefined && body['remove'] === undefined) return ok({ kind: 'addVoter', node: add })
  if (remove !== undefined && body['add'] === undefined) {
    return ok({ kind: 'removeVoter', node: remove })
  }
  return refused('Give "add" or "remove", one of them, with the id or the address of a node.')
}

function nodeName(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= NAME_LENGTH_MAX
    ? value
    : undefined
}

/** The longest address. Unit: characters. */
const NAME_LENGTH_MAX = 255

async function audit(node: AdminNode, asked: Asked, intake: Intake): Promise<Reply> {
  const body = await readJson(asked, intake)
  if (body.kind === 'refused') return body.reason
  node.audit()
  return jsonReply({ done: false, detail: 'asked for: see audit in /cluster of the masters' })
}

/** GET /admin/voters. */
function showVoters(node: AdminNode): Reply {
  const { mode, view } = node.status()
  return jsonReply({ mode, voters: view?.voters ?? [] })
}

function orderReply(outcome: OrderOutcome): Reply {
  switch (outcome.kind) {
    case 'done':
      return jsonReply({ done: true, detail: outcome.sentence })
    case 'declined':
      return problemReply('order-declined', outcome.reason)
    case 'failed':
      return problemReply('unavailable', outcome.reason)
    default:
      return unreachable(outcome)
  }
}
