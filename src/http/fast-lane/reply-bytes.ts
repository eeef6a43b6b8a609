// A reply as the bytes that node:http would send for it.
import { STATUS_CODES } from 'node:http'
import type { Entry, Source } from '../../core/types.ts'
import { formatEtag } from '../../wire/command.ts'
import { contentTypeToSend } from '../content-type.ts'
import { JOINED_BYTES_MAX, KEEP_ALIVE_MS } from '../limits.ts'
import type { Reply } from '../reply.ts'
import { type MakeBuffer, ownBuffer } from './answer-room.ts'

const MS_PER_SECOND = 1000
const NOSNIFF = 'X-Content-Type-Options: nosniff\r\n'
const FOUND = `HTTP/1.1 200 OK\r\n${NOSNIFF}`
const KEEP_ALIVE = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_MS / MS_PER_SECOND}\r\n\r\n`

/** The Date header, which changes once a second. */
export class DateLine {
  readonly #wallMs: () => number
  #second = Number.NaN
  #line = ''

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs
  }

  get text(): string {
    const second = Math.floor(this.#wallMs() / MS_PER_SECOND)
    if (second !== this.#second) {
      this.#second = second
      this.#line = `Date: ${new Date(second * MS_PER_SECOND).toUTCString()}\r\n`
    }
    return this.#line
  }
}

/** What an answer with a value is made of. */
export interface Found {
  readonly entry: Entry
  readonly value: Extract<Entry['content'], { kind: 'value' }>
  readonly source: Source
  readonly ageMs: number
  readonly copies: number
}

/** A whole answer, or where its value is large its head and its value. */
export type Bytes = Buffer | readonly [Buffer, Buffer]

/**
 * What `replyBytes(entryReply(…))` gives for a value. Most answers are this one: it is put together
 * without the objects between.
 */
export function foundBytes(
  { entry, value, source, ageMs, copies }: Found,
  date: string,
  makeBuffer: MakeBuffer = ownBuffer,
): Bytes {
  const { bytes: body, contentType } = value
  const type = contentTypeToSend(contentType)
  const age = ageMs < MS_PER_SECOND ? '0' : String(Math.floor(ageMs / MS_PER_SECOND))
  const head = `${FOUND}ETag: ${formatEtag(entry.version)}\r\nAge: ${age}\r\nDiststore-Source: ${source}\r\nDiststore-Copies: ${copies}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n${date}${KEEP_ALIVE}`
  if (body.length <= JOINED_BYTES_MAX) return joined(head, body, makeBuffer)
  const { buffer, byteOffset, length } = body
  return [Buffer.from(head, 'latin1'), Buffer.from(buffer, byteOffset, length)]
}

/** The answer of a connection that stays open; `reply` has a body of known length. */
export function replyBytes(
  reply: Reply & { readonly body: Buffer | string },
  date: string,
): Buffer {
  const { status, headers } = reply
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${NOSNIFF}`
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`
  head += `Content-Length: ${body.length}\r\n${date}${KEEP_ALIVE}`
  return joined(head, body, ownBuffer)
}

/** One piece, so that it is written at once. */
function joined(head: string, body: Uint8Array, makeBuffer: MakeBuffer): Buffer {
  const bytes = makeBuffer(head.length + body.length)
  bytes.write(head, 0, 'latin1')
  bytes.set(body, head.length)
  return bytes
}
