// Bodies of the requests and responses between nodes: msgpack maps under one content type.
// A body is scanned before msgpackr sees it, and every field is checked after.
import { Packr, Unpackr } from 'msgpackr'
import { PAGE_KEYS_MAX, REMEMBER_PAGE_MAX } from '../core/limits.ts'
import type { NodeRequest, NodeResponse, Sender } from '../core/messages.ts'
import { type Decoded, ok, refused } from './decoded.ts'
import * as shapes from './message-shapes.ts'
import { scanMsgpack } from './msgpack-scan.ts'
import { packItems, unpackItems } from './packed-items.ts'
import { packWrites, unpackWrites } from './packed-writes.ts'
import { fields, Misfit, oneOf, type Shape } from './shape.ts'

/** No web page can send this one without asking first. */
export const NODE_CONTENT_TYPE = 'application/x-diststore'

/** The form of the bodies; the first thing to grow when it must change. */
export const NODE_MESSAGE_FORM = 1

export type NodeRequestKind = NodeRequest['kind']

/** Every kind of request; each has a path of its own. */
export const NODE_REQUEST_KINDS: readonly NodeRequestKind[] = [
  'ping',
  'prepare',
  'accept',
  'commit',
  'nudge',
  'view',
  'write',
  'replicate',
  'barrier',
  'read',
  'missed',
  'remembered',
  'digest',
  'page',
  'fetch',
  'synced',
  'takeOver',
  'order',
  'recover',
  'audit',
  'salvage',
  'heldDigest',
  'heldPage',
  'heldFetch',
]

export interface ReceivedRequest {
  readonly sender: Sender
  readonly request: NodeRequest
}

export interface ReceivedResponse {
  readonly sender: Sender
  readonly response: NodeResponse
}

/** Where a request of this kind is posted. */
export function nodePath(kind: NodeRequestKind): string {
  return `/_node/${kind}`
}

/** The body of a request. Bytes in it are copied once, into the result. */
export function encodeRequest(sender: Sender, request: NodeRequest): Uint8Array {
  return packr.pack({ form: NODE_MESSAGE_FORM, sender, request })
}

/**
 * Reads the body of a request. Values are views of `body`: who keeps one for long copies it.
 * Unknown fields are left out, unknown kinds refused.
 */
export function decodeRequest(body: Uint8Array): Decoded<ReceivedRequest> {
  return decode(body, requestShape)
}

/**
 * The body of a response to this request, where that makes a difference. Bytes in it are copied into the
 * result.
 */
export function encodeResponse(
  sender: Sender,
  response: NodeResponse,
  request?: NodeRequest,
): Uint8Array {
  const isPaged = request?.kind === 'page' || request?.kind === 'remembered'
  const isPacked = isPaged && request.packs === true
  const told = isPacked ? packed(response) : response
  return packr.pack({ form: NODE_MESSAGE_FORM, sender, response: told })
}

/** Reads the body of a response, as decodeRequest reads a request. */
export function decodeResponse(body: Uint8Array): Decoded<ReceivedResponse> {
  const received = decode(body, responseShape)
  return received.kind === 'ok' ? unpacked(received.value) : received
}

function packed(response: NodeResponse): NodeResponse {
  if (response.kind === 'page') return { ...response, items: [], packed: packItems(response.items) }
  if (response.kind === 'remembered')
    return { ...response, writes: [], packed: packWrites(response.writes) }
  return response
}

function unpacked(received: ReceivedResponse): Decoded<ReceivedResponse> {
  const { sender, response } = received
  if (response.kind === 'remembered' && response.packed !== undefined) {
    const writes = unpackWrites(response.packed, REMEMBER_PAGE_MAX)
    if (writes === undefined) return refused('response.packed must be remembered writes')
    return ok({ sender, response: { ...response, writes, packed: undefined } })
  }
  if (response.kind !== 'page' || response.packed === undefined) return ok(received)
  const items = unpackItems(response.packed, PAGE_KEYS_MAX)
  if (items === undefined) return refused('response.packed must be the items of a page')
  return ok({ sender, response: { ...response, items, packed: undefined } })
}

const form = oneOf(NODE_MESSAGE_FORM)
const requestShape = fields<ReceivedRequest & { form: 1 }>({
  form,
  sender: shapes.sender,
  request: shapes.request,
})
const responseShape = fields<ReceivedResponse & { form: 1 }>({
  form,
  sender: shapes.sender,
  response: shapes.response,
})

const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: true })
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' })

function decode<T extends { form: 1 }>(
  body: Uint8Array,
  shape: Shape<T>,
): Decoded<Omit<T, 'form'>> {
  const trouble = scanMsgpack(body)
  if (trouble !== undefined) return refused(`the body is not a node message: ${trouble}`)
  // A view of our own: msgpackr leaves a property behind on what it reads.
  const own = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const message = shape(unpackr.unpack(own))
  if (message instanceof Misfit) return refused(message.sentence)
  const { form: _, ...rest } = message
  return ok(rest)
}
