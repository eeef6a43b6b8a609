// Counters by label values, for what happens less often than a read.
// Whoever counts gives only values from a fixed set; nothing here forgets one.

/** A count that its holder raises. */
export interface Count {
  value: number
}

export type Labels = Readonly<Record<string, string>>

/** One number as it is shown. */
export interface Sample {
  readonly labels: Labels
  readonly value: number
}

/** What is counted or timed, by the values of its labels. */
export class Counts<T> {
  readonly #names: readonly string[]
  readonly #create: () => T
  readonly #cells = new Map<string, { readonly labels: Labels; readonly cell: T }>()

  /** `names` of the labels, in the order in which `of` takes their values. */
  constructor(names: readonly string[], create: () => T) {
    this.#names = names
    this.#create = create
  }

  /** What is kept under these values; made at the first call. */
  of(...values: readonly string[]): T {
    const key = values.join(' ')
    const known = this.#cells.get(key)
    if (known !== undefined) return known.cell
    const labels = Object.fromEntries(this.#names.map((name, at) => [name, values[at] ?? '']))
    const cell = this.#create()
    this.#cells.set(key, { labels, cell })
    return cell
  }

  /** All of them, with their labels. */
  *all(): Iterable<{ readonly labels: Labels; readonly cell: T }> {
    yield* this.#cells.values()
  }
}

/** Counters, with those of `known` at 0 from the start: what never happened is to be seen as such. */
export function counters(
  names: readonly string[],
  known: readonly (readonly string[])[] = [],
): Counts<Count> {
  const counts = new Counts<Count>(names, () => ({ value: 0 }))
  for (const values of known) counts.of(...values)
  return counts
}

export function samplesOf(counts: Counts<Count>): Sample[] {
  return Array.from(counts.all(), ({ labels, cell }) => ({ labels, value: cell.value }))
}
