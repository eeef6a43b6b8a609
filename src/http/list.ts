// GET /list: the keys that this node holds, streamed in byte order.
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { type Decoded, ok, refused } from '../wire/decoded.ts'
import { encodeKey } from '../wire/key.ts'
import { LIST_PIECE_BYTES } from './limits.ts'
import type { KeyList, PublicNode } from './node-access.ts'
import { problemReply, type Reply } from './reply.ts'
import { keyOrEmpty, parseTarget, queryFields } from './target.ts'

const NAMES = ['prefix', 'after', 'limit', 'scope']
const LIMIT_TEXT = /^[1-9][0-9]{0,14}$/

/** One percent-encoded key a line; `{"keys": [...]}` for a client that prefers JSON. */
export function list(
  node: Pick<PublicNode, 'list'>,
  req: IncomingMessage,
  wantsJson: boolean,
): Reply {
  const range = parseRange(req)
  if (range.kind === 'refused') return range.reason
  const headers = {
    'Content-Type': wantsJson ? 'application/json' : 'text/plain; charset=utf-8',
    Vary: 'Accept',
  }
  if (req.method === 'HEAD') return { status: 200, headers, body: undefined }
  const keys = node.list(range.value)
  const pieces = gather(wantsJson ? jsonPieces(keys) : linePieces(keys))
  return { status: 200, headers, body: Readable.from(pieces, { objectMode: false }) }
}

function parseRange(req: IncomingMessage): Decoded<KeyList, Reply> {
  const query = queryFields(parseTarget(req.url ?? ''), NAMES)
  if (query.kind === 'refused') return query
  const prefix = keyOrEmpty(query.value.get('prefix'))
  if (prefix.kind === 'refused') return prefix
  const after = keyOrEmpty(query.value.get('after'))
  if (after.kind === 'refused') return after
  const limit = textOf(query.value.get('limit'))
  if (limit !== undefined && !LIMIT_TEXT.test(limit)) {
    return refused(problemReply('malformed-query', 'The limit must be a whole number above 0.'))
  }
  const scope = textOf(query.value.get('scope')) ?? 'cluster'
  if (scope !== 'cluster' && scope !== 'local') {
    return refused(problemReply('malformed-query', 'The scope must be cluster or local.'))
  }
  return ok({
    prefix: prefix.value ?? '',
    after: after.value,
    limit: limit === undefined ? undefined : Number(limit),
    scope,
  })
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString('latin1')
}

function* linePieces(keys: Iterable<string>): Iterable<string> {
  for (const key of keys) yield `${encodeKey(key)}\n`
}

function* jsonPieces(keys: Iterable<string>): Iterable<string> {
  let before = '{"keys":['
  for (const key of keys) {
    yield before + JSON.stringify(key)
    before = ','
  }
  yield before === ',' ? ']}\n' : `${before}]}\n`
}

/** Larger pieces cost fewer writes; a list is never in memory whole. */
function* gather(texts: Iterable<string>): Iterable<Buffer> {
  let piece = ''
  for (const text of texts) {
    piece += text
    if (piece.length < LIST_PIECE_BYTES) continue
    yield Buffer.from(piece)
    piece = ''
  }
  if (piece !== '') yield Buffer.from(piece)
}
