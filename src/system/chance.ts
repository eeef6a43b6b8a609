// Chance. Whoever needs some takes these functions as arguments, so that a test can hand in a seed.
import { randomBytes } from 'node:crypto'

/** A number from 0 up to, not including, 1. Good for spreading things, not for secrets. */
export function random(): number {
  return Math.random()
}

/** Two hex digits a byte, from the system's source for secrets: good for ids too. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}
