// Content types: which texts are kept, and what stands in for a missing one.
import { CONTENT_TYPE_BYTES_MAX } from '../core/limits.ts'
import { type Decoded, ok, refused } from '../wire/decoded.ts'
import { utf8Bytes } from '../wire/utf8.ts'
import { problemReply, type Reply } from './reply.ts'

/** Bytes of which nobody said what they are. */
export const DEFAULT_CONTENT_TYPE = 'application/octet-stream'

const HEADER_TEXT = /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/

/** Whether a text may be sent as a Content-Type. Whether the type exists is not asked. */
export function isContentType(text: string): boolean {
  return HEADER_TEXT.test(text)
}

/** The content type to send with a value. What other nodes stored is not trusted to be a header. */
export function contentTypeToSend(text: string): string {
  return text === DEFAULT_CONTENT_TYPE || isContentType(text) ? text : DEFAULT_CONTENT_TYPE
}

/** The content type to keep with a value. */
export function contentTypeToKeep(text: string | undefined): Decoded<string, Reply> {
  if (text === undefined || text === '') return ok(DEFAULT_CONTENT_TYPE)
  if (!isContentType(text)) {
    const detail = 'The content type must be printable text of one line, such as text/plain.'
    return refused(problemReply('malformed-header', detail))
  }
  const length = utf8Bytes(text)
  if (length <= CONTENT_TYPE_BYTES_MAX) return ok(text)
  const detail = `The content type has ${length} bytes and may have ${CONTENT_TYPE_BYTES_MAX}: shorten it.`
  return refused(problemReply('content-type-too-long', detail))
}

/** The media type of a header, in lower case and without parameters. */
export function mediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}
