// Text in columns, for reading. Never cuts anything off.
import type { Style } from './styles.ts'

export interface Cell {
  readonly text: string
  /** Adds colour after the width was taken. */
  readonly style?: Style
}

export interface Column {
  readonly title: string
  /** Numbers stand at the right. */
  readonly isNumber?: boolean
}

const GAP = '  '

/** Lines without trailing spaces: the titles, then the rows. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): string[] {
  const titles: Cell[] = columns.map(({ title }) => ({ text: title }))
  const widths = columns.map((_, at) =>
    Math.max(...[titles, ...rows].map((cells) => cells[at]?.text.length ?? 0)),
  )
  return [titles, ...rows].map((cells) => {
    const padded = columns.map(({ isNumber }, at) => {
      const { text, style }: Cell = cells[at] ?? { text: '' }
      const isLast = at === columns.length - 1
      const gap = ' '.repeat((widths[at] ?? 0) - text.length)
      const styled = style === undefined || text === '' ? text : style(text)
      if (isNumber === true) return gap + styled
      return isLast ? styled : styled + gap
    })
    return padded.join(GAP).trimEnd()
  })
}
