// Finds the name that somebody probably meant.

/** The name nearest to a misspelt one; undefined when none is within a slip or two. */
export function closestName(misspelt: string, names: readonly string[]): string | undefined {
  const slipsMax = Math.max(1, Math.floor(misspelt.length / 4))
  let closest: { name: string; slips: number } | undefined
  for (const name of names) {
    const slips = slipsBetween(misspelt, name)
    if (slips <= slipsMax && slips < (closest?.slips ?? Infinity)) closest = { name, slips }
  }
  return closest?.name
}

/** Letters added, left out, replaced or swapped with their neighbour (optimal string alignment). */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? at(beforeLast, j - 2) + 1 : Infinity
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced, swapped))
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity
}
