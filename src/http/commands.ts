// The command of a write, put together from what its headers, its query and its body say.
import type { IncomingHttpHeaders } from 'node:http'
import type { Change, RequestId, WriteCommand } from '../core/types.ts'
import { parseCondition, parseIdempotencyKey, parseTtl } from '../wire/command.ts'
import { type Decoded, ok, refused } from '../wire/decoded.ts'
import { problemReply, type Reply } from './reply.ts'

/** What every write takes from its headers. */
export interface WriteHeaders {
  readonly condition: WriteCommand['condition']
  readonly requestId: RequestId
  /** Under which the write may be sent again: the client's, or one made for it. */
  readonly idempotencyKey: string
}

/** Reads the headers; `newKey` makes an Idempotency-Key for a client that sent none. */
export function parseWriteHeaders(
  headers: IncomingHttpHeaders,
  newKey: () => string,
): Decoded<WriteHeaders, Reply> {
  const condition = parseCondition({
    ifMatch: headers['if-match'],
    ifNoneMatch: headers['if-none-match'],
  })
  if (condition.kind === 'refused') {
    return refused(problemReply('malformed-header', condition.reason))
  }
  const given = headers['idempotency-key']
  const idempotencyKey = given === undefined ? newKey() : String(given)
  const requestId = parseIdempotencyKey(idempotencyKey)
  if (requestId.kind === 'refused') {
    return refused(problemReply('malformed-header', requestId.reason))
  }
  return ok({ condition: condition.value, requestId: requestId.value, idempotencyKey })
}

/** A ttl in milliseconds; undefined without one. */
export function ttlMsOf(text: string | undefined): Decoded<number | undefined, Reply> {
  if (text === undefined) return ok(undefined)
  const ttlMs = parseTtl(text)
  return ttlMs.kind === 'ok' ? ttlMs : refused(problemReply('malformed-ttl', ttlMs.reason))
}

/** A write that is ready for the node. */
export interface AskedWrite {
  readonly key: string
  readonly change: Change
  /** By `fingerprintOf`. */
  readonly fingerprint: string
  readonly headers: WriteHeaders
}

/** The command of a write. */
export function commandOf({ key, change, fingerprint, headers }: AskedWrite): WriteCommand {
  const { condition, requestId } = headers
  return { key, change, condition, requestId, fingerprint }
}
