// The hash of a key (core/key-hash.ts) as two numbers, and back as text.
// Never hashes anything itself.
import { WORD_DIGITS, wordAt, wordText } from '../../core/hex-words.ts'

/** Unsigned, 32 bits each. `low` is of the last eight digits. */
export interface HashWords {
  readonly low: number
  readonly high: number
}

/** `hash` is one that `keyHash` gave. Any other text gives some words or other. */
export function hashWords(hash: string): HashWords {
  return { low: wordAt(hash, WORD_DIGITS), high: wordAt(hash, 0) }
}

/** What `hashWords` read. */
export function hashText({ low, high }: HashWords): string {
  return wordText(high) + wordText(low)
}
