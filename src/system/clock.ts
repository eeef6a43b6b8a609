// The two clocks. Everything that needs the time takes a Clock as an argument.

export interface Clock {
  /** Never steps back; its zero means nothing. Unit: ms, with fractions. */
  monotonicMs(): number
  /** Time of day as this machine believes it. Unit: ms since 1970. */
  wallMs(): number
}

export const realClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
}
