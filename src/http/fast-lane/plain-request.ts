// Recognises perfectly plain requests, byte for byte, in what one read of a socket brought.
// What it does not recognise it does not judge: node:http reads that.
import { KEY_BYTES_MAX } from '../../core/limits.ts'

/** A GET of one key without a condition, a query or anything that asks for a special answer. */
export interface PlainGet {
  /** By which of its two paths; metrics tell them apart. */
  readonly route: 'get' | 'read'
  readonly key: string
  /** Where the next request begins. */
  readonly end: number
}

const GET_KEY = 'GET /get/'
const GET_RESOURCE = 'GET /v1/'
const AFTER_TARGET = ' HTTP/1.1\r\n'
const BLANK_LINE = '\r\n\r\n'

/** Characters of a path that stand for themselves: no escapes, no query, nothing beyond ASCII. */
const IN_KEY = charactersOf("-_.~!$&'()*+,;=:@/", ['az', 'AZ', '09'])

/**
 * Headers that change nothing about an answer. Any other header, and any of these that is not on
 * one line of printable ASCII, makes a request that is not plain.
 */
const IDLE_HEADERS = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'dnt',
  'referer',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'traceparent',
  'tracestate',
  'user-agent',
  'x-request-id',
])

const HEADER_LINE = /^([A-Za-z0-9-]+): ?([!-~](?:[ -~]*[!-~])?)$/

/**
 * Reads the plain requests of one connection. Clients send the same headers again and again: a block
 * that was found plain is compared, and not read a second time.
 */
export class PlainReader {
  #plainHeaders: string | undefined

  /** The request that begins at `from`, if all of it is there and it is plain. One character a byte. */
  read(text: string, from: number): PlainGet | undefined {
    const isGet = text.startsWith(GET_KEY, from)
    if (!isGet && !text.startsWith(GET_RESOURCE, from)) return undefined
    const start = from + (isGet ? GET_KEY : GET_RESOURCE).length
    let end = start
    while (IN_KEY[text.charCodeAt(end)] === 1) end++
    const isKey = end > start && end - start <= KEY_BYTES_MAX
    if (!isKey || !text.startsWith(AFTER_TARGET, end)) return undefined
    const headersEnd = this.#skipHeaders(text, end + AFTER_TARGET.length)
    if (headersEnd === undefined) return undefined
    return { route: isGet ? 'get' : 'read', key: text.slice(start, end), end: headersEnd }
  }

  /** The end of the headers that begin here, if they are plain. */
  #skipHeaders(text: string, from: number): number | undefined {
    const known = this.#plainHeaders
    if (known !== undefined && text.startsWith(known, from)) return from + known.length
    const blank = text.indexOf(BLANK_LINE, from)
    if (blank === -1) return undefined
    const end = blank + BLANK_LINE.length
    if (!arePlain(text.slice(from, blank))) return undefined
    this.#plainHeaders = text.slice(from, end)
    return end
  }
}

/** Exactly one Host, nothing said about the connection but that it stays, and idle headers. */
function arePlain(block: string): boolean {
  let hosts = 0
  for (const line of block.split('\r\n')) {
    const [, name = '', value = ''] = HEADER_LINE.exec(line) ?? []
    const lower = name.toLowerCase()
    if (lower === 'host') hosts++
    else if (lower === 'connection' && value.toLowerCase() === 'keep-alive') continue
    else if (!IDLE_HEADERS.has(lower)) return false
  }
  return hosts === 1
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
