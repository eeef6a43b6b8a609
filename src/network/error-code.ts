// Names an error of the system in one word. Never throws.

/** The error's code, as `ECONNRESET`; without one, its text. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : String(error)
}
