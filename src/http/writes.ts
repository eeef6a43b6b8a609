// Writes: forms, raw bodies and deletes become commands; what became of them is answered.
import type { Context } from 'koa'
import type { Change, WriteCommand, WriteOutcome } from '../core/types.ts'
import { type Decoded, ok, refused } from '../wire/decoded.ts'
import { fingerprintOf, PutFingerprint } from '../wire/command.ts'
import { parseKeyBytes } from '../wire/key.ts'
import {
  type AskedWrite,
  commandOf,
  parseWriteHeaders,
  ttlMsOf,
  type WriteHeaders,
} from './commands.ts'
import { contentTypeToKeep } from './content-type.ts'
import { formBytesMax, parsePlainForm, parseWriteForm, type WriteForm } from './forms.ts'
import { type BodyLimits, type Intake, readBody } from './intake.ts'
import { FORM_EXTRA_BYTES } from './limits.ts'
import { problemReply, type Reply } from './reply.ts'
import { type Fields, keyOf, orKeyProblem, parseTarget, queryFields } from './target.ts'
import { writeReply } from './write-reply.ts'

export interface WriteSetting {
  readonly valueBytesMax: number
  readonly intake: Intake
  /** A fresh Idempotency-Key. Chance is the caller's. */
  readonly newIdempotencyKey: () => string
}

/** Where a write goes: into the cluster, or to this node alone. */
export interface Destination {
  /** Never rejects. */
  readonly store: (command: WriteCommand) => Promise<WriteOutcome>
  readonly isLocal: boolean
}

/** POST /post and /postlocal. */
export async function writeForm(
  to: Destination,
  ctx: Context,
  setting: WriteSetting,
): Promise<Reply> {
  const asked = await askedByForm(ctx, setting)
  return asked.kind === 'refused' ? asked.reason : finish(to, asked.value)
}

/**
 * POST /post with an urlencoded form that is at hand, and with no header that says anything about the
 * write: the same as `writeForm`.
 */
export function writePlainForm(
  to: Destination,
  body: Buffer,
  setting: WriteSetting,
): Reply | Promise<Reply> {
  const headers = parseWriteHeaders({}, setting.newIdempotencyKey)
  if (headers.kind === 'refused') return headers.reason
  const form = parsePlainForm(body)
  if (form.kind === 'refused') return form.reason
  const asked = askedOf(form.value, headers.value, setting)
  return asked.kind === 'refused' ? asked.reason : finish(to, asked.value)
}

/** The longest body of a form. Unit: bytes. */
export function formBodyMax(valueBytesMax: number, contentType: string | undefined): number {
  return formBytesMax(valueBytesMax, contentType) + FORM_EXTRA_BYTES
}

/** PUT and POST /v1/{key}: the body is the value. */
export async function writeRaw(
  to: Destination,
  ctx: Context,
  setting: WriteSetting,
): Promise<Reply> {
  const asked = await askedByBody(ctx, setting)
  if (asked.kind === 'refused') return asked.reason
  return finish(to, asked.value)
}

/** DELETE /v1/{key}. Deleting what is absent is applied too. */
export async function remove(to: Destination, ctx: Context, setting: WriteSetting): Promise<Reply> {
  const place = askedPlace(ctx, ['key'])
  if (place.kind === 'refused') return place.reason
  const headers = parseWriteHeaders(ctx.req.headers, setting.newIdempotencyKey)
  if (headers.kind === 'refused') return headers.reason
  const { key } = place.value
  const change = { kind: 'delete' } as const
  const fingerprint = fingerprintOf(key, change)
  return finish(to, { key, change, fingerprint, headers: headers.value })
}

async function finish(to: Destination, asked: AskedWrite): Promise<Reply> {
  const outcome = await to.store(commandOf(asked))
  const { key, headers } = asked
  const { idempotencyKey } = headers
  return writeReply({ key, outcome, idempotencyKey, isLocal: to.isLocal })
}

async function askedByForm(
  ctx: Context,
  setting: WriteSetting,
): Promise<Decoded<AskedWrite, Reply>> {
  const headers = parseWriteHeaders(ctx.req.headers, setting.newIdempotencyKey)
  if (headers.kind === 'refused') return headers
  const bytesMax = formBodyMax(setting.valueBytesMax, ctx.req.headers['content-type'])
  const body = await bodyOf(ctx, setting, { bytesMax })
  if (body.kind === 'refused') return body
  const form = await parseWriteForm(ctx, body.value)
  return form.kind === 'refused' ? form : askedOf(form.value, headers.value, setting)
}

/** The write that a form asks for. */
function askedOf(
  form: WriteForm,
  headers: WriteHeaders,
  { valueBytesMax }: WriteSetting,
): Decoded<AskedWrite, Reply> {
  const key = orKeyProblem(parseKeyBytes(form.key))
  if (key.kind === 'refused') return key
  const { value: bytes } = form
  if (bytes.length > valueBytesMax) return refused(tooLarge(valueBytesMax))
  const put = putOf(bytes, form.contentType, form.ttl)
  if (put.kind === 'refused') return put
  const fingerprint = fingerprintOf(key.value, put.value)
  return ok({ key: key.value, change: put.value, fingerprint, headers })
}

async function askedByBody(
  ctx: Context,
  setting: WriteSetting,
): Promise<Decoded<AskedWrite, Reply>> {
  const place = askedPlace(ctx, ['key', 'ttl'])
  if (place.kind === 'refused') return place
  const headers = parseWriteHeaders(ctx.req.headers, setting.newIdempotencyKey)
  if (headers.kind === 'refused') return headers
  const { 'content-length': length, 'transfer-encoding': encoding } = ctx.req.headers
  if (length === undefined && encoding === undefined) {
    const detail = 'There is no body: send Content-Length: 0 to store an empty value.'
    return refused(problemReply('length-required', detail))
  }
  const ttl = place.value.query.get('ttl')
  const ttlText = ttl && Buffer.from(ttl).toString('latin1')
  // Before the body, so that a mistake costs no upload.
  const described = putOf(new Uint8Array(), ctx.req.headers['content-type'], ttlText)
  if (described.kind === 'refused') return described
  const { key } = place.value
  const print = new PutFingerprint(key, described.value)
  const onPiece = (piece: Buffer) => void print.add(piece)
  const body = await bodyOf(ctx, setting, { bytesMax: setting.valueBytesMax, onPiece })
  if (body.kind === 'refused') return body
  const change = { ...described.value, bytes: body.value }
  return ok({ key, change, fingerprint: print.end(), headers: headers.value })
}

function askedPlace(
  ctx: Context,
  names: readonly string[],
): Decoded<{ key: string; query: Fields }, Reply> {
  const target = parseTarget(ctx.req.url ?? '')
  const query = queryFields(target, names)
  if (query.kind === 'refused') return query
  const key = keyOf(target, query.value)
  return key.kind === 'ok' ? ok({ key: key.value, query: query.value }) : key
}

async function bodyOf(
  ctx: Context,
  setting: WriteSetting,
  about: Pick<BodyLimits, 'bytesMax' | 'onPiece'>,
): Promise<Decoded<Buffer, Reply>> {
  const encoding = ctx.req.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    const detail = `Content-Encoding ${encoding} would be lost: send the bytes that are to be kept.`
    return refused(problemReply('unsupported-media-type', detail))
  }
  const { intake, valueBytesMax } = setting
  return readBody(ctx, { ...about, intake, tooLarge: tooLargeSentence(valueBytesMax) })
}

function putOf(
  bytes: Uint8Array,
  contentType: string | undefined,
  ttl: string | undefined,
): Decoded<Extract<Change, { kind: 'put' }>, Reply> {
  const type = contentTypeToKeep(contentType)
  if (type.kind === 'refused') return type
  const ttlMs = ttlMsOf(ttl)
  if (ttlMs.kind === 'refused') return ttlMs
  return ok({ kind: 'put', bytes, contentType: type.value, ttlMs: ttlMs.value })
}

function tooLarge(valueBytesMax: number): Reply {
  return problemReply('value-too-large', tooLargeSentence(valueBytesMax))
}

function tooLargeSentence(valueBytesMax: number): string {
  return `A value may have ${valueBytesMax} bytes (value-bytes-max): split it, or raise that on every node.`
}
