// Which header blocks say nothing but what a plain request has to say.
// What does not pass here is not judged: node:http reads that.
import { FORM_CONTENT_TYPE } from '../../wire/form.ts'

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

/** Headers that stand in a block exactly once, by small name, and whether a value will do. */
type Needed = ReadonlyMap<string, Judge>
type Judge = (value: string) => boolean

const HEADER_LINE = /^([A-Za-z0-9-]+): ?([!-~](?:[ -~]*[!-~])?)$/
const LENGTH_NAME = /(?:^|\r\n)content-length: ?/i
const BLANK_LINE = '\r\n\r\n'

/** Five digits are more than one read of a socket brings. Unit: digits. */
const LENGTH_DIGITS_MAX = 5

const isAny: Judge = () => true
const isForm: Judge = (value) => value === FORM_CONTENT_TYPE
const OF_READ: Needed = new Map([['host', isAny]])
const OF_FORM: Needed = new Map([
  ['host', isAny],
  ['content-type', isForm],
  ['content-length', isAny],
])

/**
 * Reads the header blocks of one connection. Clients send the same headers again and again: a block
 * that was found plain is compared, and not read a second time.
 */
export class PlainHeaders {
  #read: string | undefined
  /** What stands before and after the digits of the Content-Length. */
  #form: readonly [string, string] | undefined

  /** The end of the headers of a read that begin here, if they are plain. */
  endOfRead(text: string, from: number): number | undefined {
    const known = this.#read
    if (known !== undefined && text.startsWith(known, from)) return from + known.length
    const block = plainBlock(text, from, OF_READ)
    if (block === undefined) return undefined
    this.#read = block
    return from + block.length
  }

  /** The end of the headers of a form that begin here, if they are plain, and its length. */
  endOfForm(text: string, from: number): { end: number; bodyBytes: number } | undefined {
    const known = this.#form && formLength(this.#form, text, from)
    if (known !== undefined) return known
    const block = plainBlock(text, from, OF_FORM)
    const name = block === undefined ? null : LENGTH_NAME.exec(block)
    if (block === undefined || name === null) return undefined
    const digitsAt = name.index + name[0].length
    const parts = [block.slice(0, digitsAt), block.slice(block.indexOf('\r\n', digitsAt))] as const
    const found = formLength(parts, text, from)
    if (found !== undefined) this.#form = parts
    return found
  }
}

/** The end and the length that a block says which is this one but for its length. */
function formLength(
  [before, after]: readonly [string, string],
  text: string,
  from: number,
): { end: number; bodyBytes: number } | undefined {
  if (!text.startsWith(before, from)) return undefined
  const digitsAt = from + before.length
  let at = digitsAt
  let bodyBytes = 0
  for (; at - digitsAt < LENGTH_DIGITS_MAX; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (!(digit >= 0 && digit <= 9)) break
    bodyBytes = 10 * bodyBytes + digit
  }
  // `after` begins with the end of the line: there is nothing but digits.
  if (at === digitsAt || !text.startsWith(after, at)) return undefined
  return { end: at + after.length, bodyBytes }
}

/** The block that begins here, its blank line included, when it has what is needed and else nothing. */
function plainBlock(text: string, from: number, needed: Needed): string | undefined {
  const blank = text.indexOf(BLANK_LINE, from)
  if (blank === -1) return undefined
  const found = new Set<string>()
  for (const line of text.slice(from, blank).split('\r\n')) {
    const [, name = '', value = ''] = HEADER_LINE.exec(line) ?? []
    const lower = name.toLowerCase()
    const isFit = needed.get(lower)
    if (isFit !== undefined) {
      if (found.has(lower) || !isFit(value)) return undefined
      found.add(lower)
    } else if (!isIdle(lower, value)) return undefined
  }
  return found.size === needed.size ? text.slice(from, blank + BLANK_LINE.length) : undefined
}

/** Says nothing, or of the connection that it stays. */
function isIdle(name: string, value: string): boolean {
  return IDLE_HEADERS.has(name) || (name === 'connection' && value.toLowerCase() === 'keep-alive')
}
