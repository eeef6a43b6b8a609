// Percent-escapes and bytes: every byte can be written, every escape is checked.

const PERCENT = 0x25
const PLUS = 0x2b
const SPACE = 0x20

/** Up to here a loop is faster than asking memchr. Unit: bytes. Names, and most keys. */
const SHORT_BYTES = 32

/** The value of every byte that is a hex digit; NOT_HEX for the others. */
const NOT_HEX = 0x100
const HEX_VALUES = new Uint16Array(256).fill(NOT_HEX)
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16)
  HEX_VALUES[digit.charCodeAt(0)] = value
  HEX_VALUES[digit.toUpperCase().charCodeAt(0)] = value
}

/**
 * The bytes that percent-encoded bytes stand for; undefined when a `%` is not followed by two hex
 * digits. A view of the input where nothing was encoded, else one new array no longer than it.
 */
export function percentDecode(
  encoded: Uint8Array,
  options: { readonly plusIsSpace: boolean },
): Uint8Array | undefined {
  // With `+` as it stands, looking for a second % costs nothing.
  const plus = options.plusIsSpace ? PLUS : PERCENT
  const start = firstOf(encoded, [PERCENT, plus])
  if (start === encoded.length) return encoded
  const decoded = new Uint8Array(encoded.length)
  decoded.set(encoded.subarray(0, start))
  let length = start
  for (let i = start; i < encoded.length; i++) {
    let byte = encoded[i] ?? 0
    if (byte === PERCENT) {
      byte = hexValue(encoded[i + 1]) * 16 + hexValue(encoded[i + 2])
      if (byte >= NOT_HEX) return undefined
      i += 2
    } else if (byte === plus) {
      byte = SPACE
    }
    decoded[length++] = byte
  }
  return decoded.subarray(0, length)
}

/** Where the first of these bytes stands; the length when none does. */
export function firstOf(bytes: Uint8Array, wanted: readonly number[]): number {
  if (bytes.length <= SHORT_BYTES) {
    let at = 0
    while (at < bytes.length && !wanted.includes(bytes[at] ?? 0)) at++
    return at
  }
  // Buffer looks with memchr, ten times as fast as Uint8Array.
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let end = bytes.length
  for (const byte of wanted) {
    const at = buffer.subarray(0, end).indexOf(byte)
    if (at !== -1) end = at
  }
  return end
}

/**
 * The bytes of a URL's part as node:http gives it: one character a byte. Undefined when there are
 * other characters: somebody decoded it already.
 */
export function urlBytes(text: string): Uint8Array | undefined {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return undefined
  return Buffer.from(text, 'latin1')
}

function hexValue(code: number | undefined): number {
  return code === undefined ? NOT_HEX : (HEX_VALUES[code] ?? NOT_HEX)
}
