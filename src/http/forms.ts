// The form of a write: urlencoded, multipart or JSON, all read into the same three fields.
// Never stores; never lets a text replace bytes that were none.
import { Readable } from 'node:stream'
import type { Context } from 'koa'
import { koaBody } from 'koa-body'
import { type Decoded, ok, refused } from '../wire/decoded.ts'
import { FORM_CONTENT_TYPE, type FormField, parseForm } from '../wire/form.ts'
import { decodeUtf8 } from '../wire/utf8.ts'
import { DEFAULT_CONTENT_TYPE, mediaType } from './content-type.ts'
import { problemReply, type Reply } from './reply.ts'
import { onceEach } from './target.ts'

/** What a form asks to store. */
export interface WriteForm {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly contentType: string
  readonly ttl: string | undefined
}

const NAMES = ['key', 'value', 'ttl'] as const

/** Half a character: JSON can escape it, UTF-8 cannot hold it. */
const LONE_SURROGATE = /\p{Surrogate}/u

/** The fields of a form, and what it says about its value; undefined: nothing. */
interface Fields {
  readonly fields: readonly FormField[]
  readonly valueType: string | undefined
}

/** A form's bytes, once, for any value: escapes take three bytes each in urlencoded, six in JSON. */
export function formBytesMax(valueBytesMax: number, contentType: string | undefined): number {
  switch (mediaType(contentType)) {
    case FORM_CONTENT_TYPE:
      return 3 * valueBytesMax
    case 'application/json':
      return 6 * valueBytesMax
    default:
      return valueBytesMax
  }
}

/** Reads a form from the body of a request. Fields of other names are left out. */
export async function parseWriteForm(
  ctx: Context,
  body: Buffer,
): Promise<Decoded<WriteForm, Reply>> {
  const parts = await parseParts(ctx, body)
  return parts.kind === 'refused' ? parts : formOf(parts.value)
}

/** Reads a form of the content type `FORM_CONTENT_TYPE`; the same as `parseWriteForm` does. */
export function parsePlainForm(body: Buffer): Decoded<WriteForm, Reply> {
  const parts = parseUrlencoded(body)
  return parts.kind === 'refused' ? parts : formOf(parts.value)
}

function formOf({ fields: all, valueType }: Fields): Decoded<WriteForm, Reply> {
  const fields = onceEach(all, NAMES)
  if (fields.kind === 'refused') return fields
  const key = fields.value.get('key')
  const value = fields.value.get('value')
  const ttl = fields.value.get('ttl')
  if (key === undefined) {
    return refused(problemReply('no-key', 'The form has no field "key": add one.'))
  }
  if (value === undefined) {
    const detail = 'The form has no field "value": add one; it may be empty.'
    return refused(problemReply('no-value', detail))
  }
  return ok({
    key,
    value,
    contentType: valueType ?? DEFAULT_CONTENT_TYPE,
    ttl: ttl === undefined ? undefined : Buffer.from(ttl).toString('latin1'),
  })
}

async function parseParts(ctx: Context, body: Buffer): Promise<Decoded<Fields, Reply>> {
  switch (mediaType(ctx.req.headers['content-type'])) {
    case FORM_CONTENT_TYPE:
      return parseUrlencoded(body)
    case 'application/json':
      return parseJson(body)
    case 'multipart/form-data':
      return parseMultipart(ctx, body)
    default:
      return refused(
        problemReply(
          'unsupported-media-type',
          `Send the form as ${FORM_CONTENT_TYPE}, multipart/form-data or application/json; a raw value goes to PUT /v1/{key}.`,
        ),
      )
  }
}

function parseUrlencoded(body: Buffer): Decoded<Fields, Reply> {
  const fields = parseForm(body)
  if (fields.kind === 'refused') return refused(malformed(fields.reason))
  return ok({ fields: fields.value, valueType: undefined })
}

/**
 * JSON is not left to koa-body: it reads bytes that are no UTF-8 as U+FFFD, and would store what
 * nobody sent.
 */
function parseJson(body: Buffer): Decoded<Fields, Reply> {
  const text = decodeUtf8(body)
  if (text === undefined) return refused(malformed('The JSON is not valid UTF-8.'))
  const value = jsonObject(text)
  if (value === undefined) {
    return refused(malformed('The body must be one JSON object: {"key": "…", "value": "…"}.'))
  }
  const fields: FormField[] = []
  for (const [name, member] of Object.entries(value)) {
    const text = name === 'ttl' && typeof member === 'number' ? String(member) : member
    if (typeof text === 'string' && !LONE_SURROGATE.test(text)) {
      fields.push({ name, value: Buffer.from(text) })
    } else if (NAMES.some((known) => known === name)) {
      const detail = `"${name}" must be a string of whole characters: bytes go to PUT /v1/{key}.`
      return refused(malformed(detail))
    }
  }
  return ok({ fields, valueType: undefined })
}

function jsonObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Parts are kept as the bytes they are, in memory: nothing is decoded or written to a file. */
async function parseMultipart(ctx: Context, body: Buffer): Promise<Decoded<Fields, Reply>> {
  const fields: FormField[] = []
  let valueType: string | undefined
  const parse = koaBody({
    multipart: true,
    urlencoded: false,
    json: false,
    text: false,
    formidable: {
      onPart(part) {
        const chunks: Buffer[] = []
        part.on('data', (chunk: Buffer) => chunks.push(chunk))
        part.on('end', () => {
          const name = part.name ?? ''
          if (name === 'value') valueType = part.mimetype ?? undefined
          fields.push({ name, value: Buffer.concat(chunks) })
        })
      },
    },
  })
  const replay = Object.assign(Readable.from([body]), { headers: ctx.req.headers })
  try {
    const replayed: Context = Object.create(ctx, { req: { value: replay } })
    await parse(replayed, async () => {})
  } catch (error) {
    return refused(malformed(`The multipart form cannot be read: ${String(error)}.`))
  }
  return ok({ fields, valueType })
}

function malformed(detail: string): Reply {
  return problemReply('malformed-form', detail)
}
