// Stops the program where our own reasoning is wrong.
// Never used for what users, other nodes or the disk did: those get a value.

/** Throws when `holds` is false: a bug in this program, not in its input. */
export function assert(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(`bug: ${message}`)
}

/** Ends a switch over a union; the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new Error(`bug: unexpected ${JSON.stringify(value)}`)
}
