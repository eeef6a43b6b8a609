// The tables of docs/METRICS.md, made of what the metrics say about themselves. Writes no file.
import { NODE_METRICS } from '../src/node/metrics/node-metrics.ts'
import { STATE_METRICS } from '../src/node/metrics/state.ts'
import { TRAFFIC_METRICS } from '../src/node/metrics/traffic.ts'
import { createProcessMetrics } from '../src/system/metrics/process.ts'

/** A metric as the document lists it. */
export interface ListedMetric {
  readonly name: string
  readonly type: string
  readonly labels: readonly string[]
  readonly help: string
}

const process = createProcessMetrics().list()

/** The library does not tell the labels of its metrics before they are used. */
const PROCESS_LABELS: Readonly<Record<string, readonly string[]>> = {
  nodejs_version_info: ['version', 'major', 'minor', 'patch'],
  nodejs_gc_duration_seconds: ['kind'],
}

const PROCESS_METRICS: readonly ListedMetric[] = process.map((metric) => ({
  ...metric,
  labels: PROCESS_LABELS[metric.name] ?? [],
}))

/** Everything that GET /metrics may show. */
export const LISTED_METRICS: readonly ListedMetric[] = [...NODE_METRICS, ...PROCESS_METRICS]

const TABLES: Readonly<Record<string, readonly ListedMetric[]>> = {
  state: STATE_METRICS,
  traffic: TRAFFIC_METRICS,
  process: PROCESS_METRICS,
}

/** The document with its tables as they should be: what stands between two marks is replaced. */
export function withMetricTables(document: string): string {
  return document.replaceAll(
    /(<!-- table (\w+) -->\n)[^]*?(<!-- end -->)/g,
    (_, start: string, name: string, end: string) => `${start}${table(TABLES[name] ?? [])}${end}`,
  )
}

function table(metrics: readonly ListedMetric[]): string {
  const rows = metrics.map(({ name, type, labels, help }) => {
    const names = labels.map((label) => `\`${label}\``).join(', ')
    return `| \`${name}\` | ${type} | ${names} | ${help} |\n`
  })
  return `\n| name | type | labels | what it is |\n|---|---|---|---|\n${rows.join('')}\n`
}
