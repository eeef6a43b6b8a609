// Recognises perfectly plain requests, byte for byte, in what one read of a socket brought.
// What it does not recognise it does not judge: node:http reads that.
import { KEY_BYTES_MAX } from '../../core/limits.ts'
import { PlainHeaders } from './plain-headers.ts'

/** A GET of one key without a condition, a query or anything that asks for a special answer. */
export interface PlainGet {
  /** By which of its two paths; metrics tell them apart. */
  readonly route: 'get' | 'read'
  readonly key: string
  /** Where the next request begins. */
  readonly end: number
}

/** A POST of an urlencoded form, all of which is there. What the form says is not looked at. */
export interface PlainPost {
  readonly route: 'post'
  readonly bodyAt: number
  /** Where the body ends and the next request begins. */
  readonly end: number
}

export type PlainRequest = PlainGet | PlainPost

const POST_FORM = 'POST /post HTTP/1.1\r\n'
const GET_KEY = 'GET /get/'
const GET_RESOURCE = 'GET /v1/'
const AFTER_TARGET = ' HTTP/1.1\r\n'

/** Characters of a path that stand for themselves: no escapes, no query, nothing beyond ASCII. */
const IN_KEY = charactersOf("-_.~!$&'()*+,;=:@/", ['az', 'AZ', '09'])

/** Reads the plain requests of one connection. */
export class PlainReader {
  readonly #headers = new PlainHeaders()

  /** The request that begins at `from`, if all of it is there and it is plain. One character a byte. */
  read(text: string, from: number): PlainRequest | undefined {
    return text.startsWith(POST_FORM, from)
      ? this.#readForm(text, from + POST_FORM.length)
      : this.#readGet(text, from)
  }

  #readGet(text: string, from: number): PlainGet | undefined {
    const isGet = text.startsWith(GET_KEY, from)
    if (!isGet && !text.startsWith(GET_RESOURCE, from)) return undefined
    const start = from + (isGet ? GET_KEY : GET_RESOURCE).length
    let end = start
    while (IN_KEY[text.charCodeAt(end)] === 1) end++
    const isKey = end > start && end - start <= KEY_BYTES_MAX
    if (!isKey || !text.startsWith(AFTER_TARGET, end)) return undefined
    const headersEnd = this.#headers.endOfRead(text, end + AFTER_TARGET.length)
    if (headersEnd === undefined) return undefined
    return { route: isGet ? 'get' : 'read', key: text.slice(start, end), end: headersEnd }
  }

  #readForm(text: string, from: number): PlainPost | undefined {
    const headers = this.#headers.endOfForm(text, from)
    if (headers === undefined) return undefined
    const end = headers.end + headers.bodyBytes
    return end > text.length ? undefined : { route: 'post', bodyAt: headers.end, end }
  }
}

/** A table by character code. */
function charactersOf(single: string, ranges: readonly string[]): Uint8Array {
  const table = new Uint8Array(256)
  for (const character of single) table[character.charCodeAt(0)] = 1
  for (const range of ranges) {
    for (let code = range.charCodeAt(0); code <= range.charCodeAt(1); code++) table[code] = 1
  }
  return table
}
