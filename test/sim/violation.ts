// A broken promise: which rule, when, and what was seen.

export interface Violation {
  /** `I3`, `contract`, `lost`, ...: the first word of what went wrong. */
  readonly rule: string
  readonly atMs: number
  readonly text: string
}

export function formatViolation(violation: Violation): string {
  return `${violation.rule} at ${violation.atMs.toFixed(1)} ms: ${violation.text}`
}
