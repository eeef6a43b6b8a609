// Runs a property inside a tap test; a failure prints the seed that repeats it.
import fc from 'fast-check'
import type { Test } from 'tap'

/** Fails the test where a property does not hold. */
export function holds<T>(t: Test, property: fc.IProperty<T>, numRuns = 100): void {
  fc.assert(property, { numRuns })
  t.pass(`${numRuns} runs`)
}
