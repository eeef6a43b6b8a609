// Chance. Whoever needs some takes these functions as arguments, so that a test can hand in a seed.
import { randomBytes } from 'node:crypto'

/** A number from 0 up to, not including, 1. Good for spreading things, not for secrets. */
export function random(): number {
  return Math.random()
}

/** Drawn at once, because asking takes longer than drawing. Unit: bytes. Some hundred ids. */
const POOL_BYTES = 4096

let pool = Buffer.alloc(0)

/** Two hex digits a byte, from the system's source for secrets: good for ids too. */
export function randomHex(bytes: number): string {
  if (bytes > POOL_BYTES) return randomBytes(bytes).toString('hex')
  if (bytes > pool.length) pool = randomBytes(POOL_BYTES)
  const drawn = pool.subarray(0, bytes)
  pool = pool.subarray(bytes)
  return drawn.toString('hex')
}
