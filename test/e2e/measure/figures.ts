// What a measurement gives: figures with a name and a unit, and the arithmetic for them.

/** A name with its unit, and its value. */
export type Figures = Readonly<Record<string, number>>

/** The value below which this part of the samples lies; `part` is from 0 to 1. */
export function percentile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const index = Math.min(sorted.length - 1, Math.floor(sorted.length * part))
  return rounded(sorted[index] ?? Number.NaN)
}

export function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
