// Urlencoded forms, byte for byte: names are text, values are whatever bytes were sent.
// Gives no meaning to names: `a.b` and `x[y]` nest nothing, and a name may come twice.
import { type Decoded, ok, refused } from './decoded.ts'
import { FORM_FIELDS_MAX, FORM_NAME_BYTES_MAX } from './limits.ts'
import { firstOf, percentDecode, urlBytes } from './percent.ts'
import { decodeUtf8 } from './utf8.ts'

/** The content type that `parseForm` reads. */
export const FORM_CONTENT_TYPE = 'application/x-www-form-urlencoded'

export interface FormField {
  readonly name: string
  readonly value: Uint8Array
}

const AMPERSAND = 0x26
const EQUALS = 0x3d

/**
 * The fields in the order sent. `+` is a space and `%FF` the byte 255; a field without `=` has an
 * empty value; empty pieces between two `&` are skipped. A value without escapes is a view of
 * `body`. Refused with a sentence: a bad escape, a name that is not UTF-8 or too long, too many
 * fields.
 */
export function parseForm(body: Uint8Array): Decoded<readonly FormField[]> {
  // Never a Buffer, whose slices would make some values Buffers and others not.
  const bytes = new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  const fields: FormField[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = start + firstOf(bytes.subarray(start), [AMPERSAND])
    if (end > start) {
      if (fields.length >= FORM_FIELDS_MAX) {
        return refused(`The form has more than ${FORM_FIELDS_MAX} fields: leave the others out.`)
      }
      const field = parseField(bytes.subarray(start, end))
      if (field.kind === 'refused') return field
      fields.push(field.value)
    }
    start = end + 1
  }
  return ok(fields)
}

/**
 * The fields of a URL's query, without the `?`, by the same rules. The text is as node:http gives
 * it: one character a byte.
 */
export function parseQuery(query: string): Decoded<readonly FormField[]> {
  const bytes = urlBytes(query)
  if (bytes === undefined) return refused('The query must be percent-encoded.')
  return parseForm(bytes)
}

function parseField(piece: Uint8Array): Decoded<FormField> {
  const equals = firstOf(piece, [EQUALS])
  const rawName = piece.subarray(0, equals)
  if (rawName.length > FORM_NAME_BYTES_MAX) {
    return refused(`The name of a form field is longer than ${FORM_NAME_BYTES_MAX} bytes.`)
  }
  const nameBytes = percentDecode(rawName, { plusIsSpace: true })
  if (nameBytes === undefined) return refused(badEscape('the name of a form field'))
  const name = decodeUtf8(nameBytes)
  if (name === undefined) return refused('The name of a form field is not valid UTF-8.')
  const value = percentDecode(piece.subarray(equals + 1), { plusIsSpace: true })
  return value === undefined ? refused(badEscape(`the field "${name}"`)) : ok({ name, value })
}

function badEscape(where: string): string {
  return `A % in ${where} is not followed by two hex digits: write a literal % as %25.`
}
