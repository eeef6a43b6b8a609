// The nodes of a cluster as lines of a table: for status and nodes.
import type { ClusterReport, ReportedNode } from './cluster-report.ts'
import type { Style, Styles } from './styles.ts'
import { type Cell, type Column, tableLines } from './table.ts'

const COLUMNS: readonly Column[] = [
  { title: 'NODE' },
  { title: 'ROLE' },
  { title: 'STATE' },
  { title: 'KEYS', isNumber: true },
  { title: 'HEARD', isNumber: true },
  { title: 'BY' },
]

/** One line a node, the titles first. `isLong` adds their ids. */
export function nodeLines(report: ClusterReport, styles: Styles, isLong: boolean): string[] {
  const columns = isLong ? [...COLUMNS, { title: 'ID' }] : COLUMNS
  const rows = report.nodes.map((node) => {
    const cells = nodeCells(node, node.id === report.node.id, styles)
    return isLong ? [...cells, { text: node.id }] : cells
  })
  return tableLines(columns, rows)
}

function nodeCells(node: ReportedNode, isAsked: boolean, styles: Styles): Cell[] {
  const { address, role, state, keys, lastHeardMs, heardBy } = node
  return [
    { text: address, ...(isAsked && { style: styles.strong }) },
    { text: role },
    { text: state, style: stateStyle(state, styles) },
    { text: String(keys) },
    { text: isAsked ? 'asked' : agoText(lastHeardMs), style: styles.faint },
    { text: isAsked ? '' : (heardBy ?? ['?']).join(' '), style: styles.faint },
  ]
}

function stateStyle(state: string, styles: Styles): Style {
  if (state === 'alive') return styles.good
  return state === 'dead' ? styles.bad : styles.doubtful
}

/** "0.2 s", "45 s", "3 min", "2 h". */
export function agoText(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  if (ms < 2 * 3_600_000) return `${Math.round(ms / 60_000)} min`
  return `${Math.round(ms / 3_600_000)} h`
}
