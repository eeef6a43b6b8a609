// The hash of a key (core/key-hash.ts) as two numbers, and back as text.
// Never hashes anything itself.

/** Unsigned, 32 bits each. `low` is of the last eight digits. */
export interface HashWords {
  readonly low: number
  readonly high: number
}

const WORD_DIGITS = 8
const DIGIT_ZERO = 0x30
const LETTER_A = 0x61
const TEN = 10

/** `hash` is one that `keyHash` gave. Any other text gives some words or other. */
export function hashWords(hash: string): HashWords {
  return { low: word(hash, WORD_DIGITS), high: word(hash, 0) }
}

/** What `hashWords` read. */
export function hashText({ low, high }: HashWords): string {
  return digits(high) + digits(low)
}

function word(hash: string, from: number): number {
  let word = 0
  for (let i = from; i < from + WORD_DIGITS; i++) {
    const code = hash.charCodeAt(i)
    word = (word << 4) | (code < LETTER_A ? code - DIGIT_ZERO : code - LETTER_A + TEN)
  }
  return word >>> 0
}

function digits(word: number): string {
  return word.toString(16).padStart(WORD_DIGITS, '0')
}
