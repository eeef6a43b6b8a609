// The report of a row as text, in columns.
import type { Result } from './contest.ts'
import type { RowReport } from './row.ts'

interface Column {
  readonly title: string
  readonly text: (result: Result) => string
}

const COLUMNS: readonly Column[] = [
  { title: '', text: ({ name }) => name },
  { title: 'requests/s', text: ({ perSecond }) => Math.round(perSecond).toLocaleString('en') },
  { title: 'p50 ms', text: ({ p50Ms }) => p50Ms.toFixed(2) },
  { title: 'p99 ms', text: ({ p99Ms }) => p99Ms.toFixed(2) },
  { title: 'busy', text: ({ busy }) => `${Math.round(busy * 100)} %` },
  { title: 'CPU us/request', text: ({ cpuUs }) => cpuUs.toFixed(1) },
  { title: 'ours is', text: ({ ratio }) => `${ratio.toFixed(2)} x` },
  { title: 'by CPU', text: ({ cpuRatio }) => `${cpuRatio.toFixed(2)} x` },
]

/** Of the names of figures. Unit: characters. */
const FIGURE_WIDTH = 60

/** More would only look exact. */
const DIGITS = 4

export function tableOf({ results = [], figures = {}, chart = [] }: RowReport): string {
  const lines = [
    ...Object.entries(figures).map(
      ([what, value]) => `  ${what.padEnd(FIGURE_WIDTH)} ${Number(value.toPrecision(DIGITS))}`,
    ),
    ...chart.map((line) => `  ${line}`),
  ]
  if (results.length === 0) return lines.join('\n')
  const cells = [
    COLUMNS.map(({ title }) => title),
    ...results.map((each) => COLUMNS.map(({ text }) => text(each))),
  ]
  const widths = COLUMNS.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)))
  const table = cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))),
  )
  return [...table.map((row) => `  ${row.join('  ')}`), ...lines].join('\n')
}
