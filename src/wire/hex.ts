// Hexadecimal digits to bytes: ids and versions are sixteen bytes, and for so few a call out of JavaScript costs
// several times what the digits do.

const NO_DIGIT = 0xff
const CODES = 128

const VALUES = new Uint8Array(CODES).fill(NO_DIGIT)
for (let value = 0; value < 16; value++) {
  VALUES[value.toString(16).charCodeAt(0)] = value
  VALUES[value.toString(16).toUpperCase().charCodeAt(0)] = value
}

/**
 * Writes two digits a byte, from this place in the text on. False: they are no digits, or too few; then what
 * was written means nothing.
 */
export function writeHex(
  text: string,
  from: number,
  target: { readonly bytes: Uint8Array; readonly at: number; readonly count: number },
): boolean {
  const { bytes, at, count } = target
  let all = 0
  for (let i = 0; i < count; i++) {
    const high = VALUES[text.charCodeAt(from + 2 * i)] ?? NO_DIGIT
    const low = VALUES[text.charCodeAt(from + 2 * i + 1)] ?? NO_DIGIT
    all |= high | low
    bytes[at + i] = (high << 4) | low
  }
  return all < 16
}
