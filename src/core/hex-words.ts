// Hex digits as 32-bit words and back: what is kept of many writes is kept as numbers, in a fraction
// of the memory that text takes. Never checks the digits: what comes from outside was checked.

/** Hex digits that make a word. */
export const WORD_DIGITS = 8

const DIGIT_ZERO = 0x30
const LETTER_A = 0x61
const TEN = 10

/** The two digits of every byte. */
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The word whose eight lower-case digits begin at `from`. Unsigned. Any other text gives some word or other. */
export function wordAt(text: string, from: number): number {
  let word = 0
  for (let i = from; i < from + WORD_DIGITS; i++) {
    const code = text.charCodeAt(i)
    word = (word << 4) | (code < LETTER_A ? code - DIGIT_ZERO : code - LETTER_A + TEN)
  }
  return word >>> 0
}

/** The eight digits of a word. */
export function wordText(word: number): string {
  return byteOf(word, 24) + byteOf(word, 16) + byteOf(word, 8) + byteOf(word, 0)
}

/** Puts as many words as there are digits for, from index `at` on. Returns the index behind them. */
export function putWords(text: string, target: Uint32Array, at: number): number {
  let next = at
  for (let i = 0; i < text.length; i += WORD_DIGITS) target[next++] = wordAt(text, i)
  return next
}

/** What `putWords` put: so many words, as text. */
export function wordsText(words: Uint32Array, at: number, count: number): string {
  let text = ''
  for (let i = at; i < at + count; i++) text += wordText(words[i] ?? 0)
  return text
}

function byteOf(word: number, shift: number): string {
  return BYTES[(word >>> shift) & 0xff] ?? ''
}
