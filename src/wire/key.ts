// Keys as clients write them: percent-encoded in a path or a form, and back.
// A key is valid UTF-8 of 1 to 511 bytes; no other character is special or forbidden.
import { KEY_BYTES_MAX } from '../core/limits.ts'
import { type Decoded, refused } from './decoded.ts'
import { percentDecode, urlBytes } from './percent.ts'
import { decodeUtf8 } from './utf8.ts'

/** Why a text is no key, for counting and for the answer's problem type. */
export type KeyTrouble = 'no-key' | 'key-too-long' | 'malformed-key'

export interface KeyRefusal {
  readonly trouble: KeyTrouble
  /** Says what to do. */
  readonly sentence: string
}

/**
 * The key in one percent-encoded path segment, as node:http gives it: one character a byte. `+` is
 * a plus. A segment holds no `/`: write it as %2F.
 */
export function parseKeyPath(segment: string): Decoded<string, KeyRefusal> {
  const encoded = urlBytes(segment)
  if (encoded === undefined) return refuse('malformed-key', 'The key must be percent-encoded.')
  const bytes = percentDecode(encoded, { plusIsSpace: false })
  if (bytes !== undefined) return parseKeyBytes(bytes)
  return refuse(
    'malformed-key',
    'A % in the key is not followed by two hex digits: write a literal % as %25.',
  )
}

/** The key in the decoded bytes of a form or query field. */
export function parseKeyBytes(bytes: Uint8Array): Decoded<string, KeyRefusal> {
  if (bytes.length === 0) {
    return refuse('no-key', `The key is empty: give 1 to ${KEY_BYTES_MAX} bytes of UTF-8.`)
  }
  if (bytes.length > KEY_BYTES_MAX) {
    const most = `may have ${KEY_BYTES_MAX}: shorten or hash it.`
    return refuse('key-too-long', `The key has ${bytes.length} bytes and ${most}`)
  }
  const value = decodeUtf8(bytes)
  if (value !== undefined) return { kind: 'ok', value }
  return refuse(
    'malformed-key',
    'The key is not valid UTF-8: encode it as UTF-8, then percent-encode the bytes.',
  )
}

/**
 * The key in a form that fits a line, a URL path segment and a query value; parseKeyPath and
 * parseQuery read it back. Only letters, digits and `-_.!~*'()` stay as they are.
 */
export function encodeKey(key: string): string {
  return encodeURIComponent(key)
}

/**
 * The URL path of a key under a prefix such as `/v1`. Keys that a URL path cannot hold, `.` and
 * `..`, go into the query.
 */
export function keyUrl(prefix: string, key: string): string {
  const isDots = key === '.' || key === '..'
  return isDots ? `${prefix}?key=${key}` : `${prefix}/${encodeKey(key)}`
}

function refuse(
  trouble: KeyTrouble,
  sentence: string,
): { readonly kind: 'refused'; readonly reason: KeyRefusal } {
  return refused({ trouble, sentence })
}
