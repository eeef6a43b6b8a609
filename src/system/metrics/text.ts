// Metrics in the text form that Prometheus reads, version 0.0.4. Measures nothing.
import type { Labels, Sample } from './counts.ts'
import { TIMING_BOUNDS_MS, type Timings } from './timings.ts'

/** What every metric says of itself. `name` is a promise; `labels` are all it may have. */
interface About {
  readonly name: string
  /** One sentence, unit included. */
  readonly help: string
  readonly labels: readonly string[]
}

/** A metric as the owner of its numbers describes it. `From` is what they are read from. */
export type Metric<From> =
  | (About & {
      readonly type: 'counter' | 'gauge'
      readonly read: (from: From) => readonly Sample[]
    })
  | (About & {
      readonly type: 'histogram'
      readonly read: (from: From) => Iterable<{ labels: Labels; cell: Timings }>
    })

/** All metrics with their present numbers. One without a number is described and has no line. */
export function metricsText<From>(metrics: readonly Metric<From>[], from: From): string {
  return metrics.map((metric) => `${linesOf(metric, from).join('\n')}\n`).join('')
}

function linesOf<From>(metric: Metric<From>, from: From): string[] {
  const { name, help, type } = metric
  const about = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
  if (metric.type !== 'histogram') {
    return [...about, ...metric.read(from).map(({ labels, value }) => line(name, labels, value))]
  }
  const timings = [...metric.read(from)]
  return [...about, ...timings.flatMap(({ labels, cell }) => timingLines(name, labels, cell))]
}

/** Prometheus counts time in seconds. */
function timingLines(name: string, labels: Labels, timings: Timings): string[] {
  const upTo = timings.upTo()
  const { count, sumMs } = timings
  return [
    ...TIMING_BOUNDS_MS.map((boundMs, at) =>
      line(`${name}_bucket`, { ...labels, le: String(boundMs / 1000) }, upTo[at] ?? 0),
    ),
    line(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
    line(`${name}_sum`, labels, sumMs / 1000),
    line(`${name}_count`, labels, count),
  ]
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberText(value)}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
