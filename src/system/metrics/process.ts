// What the process says about itself: processor time, memory, files, garbage collection, under the
// names that every program with this library uses. Counts nothing of the node's own.
import { collectDefaultMetrics, Registry } from 'prom-client'

/**
 * What is shown of it. Its measure of the event loop counts its own pauses in, and the node has a
 * better one; its lists of handles and heap spaces help nobody who runs a cache.
 */
const SHOWN = new Set([
  // The other two are raised only when this one is asked for.
  'process_cpu_user_seconds_total',
  'process_cpu_system_seconds_total',
  'process_cpu_seconds_total',
  'process_start_time_seconds',
  'process_resident_memory_bytes',
  'process_open_fds',
  'process_max_fds',
  'nodejs_heap_size_total_bytes',
  'nodejs_heap_size_used_bytes',
  'nodejs_external_memory_bytes',
  'nodejs_version_info',
  'nodejs_gc_duration_seconds',
])

/** That measure would wake the process 100 times a second; so it sleeps. Unit: ms. */
const LOOP_PROBE_EVERY_MS = 60_000

export interface ProcessMetrics {
  /** In the text form of Prometheus. */
  text(): Promise<string>
  /** What there is, for the documents. */
  list(): readonly { readonly name: string; readonly help: string; readonly type: string }[]
}

/** Begins to measure; there is one in a process. */
export function createProcessMetrics(): ProcessMetrics {
  const register = new Registry()
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: LOOP_PROBE_EVERY_MS })
  for (const { name } of register.getMetricsAsArray()) {
    if (!SHOWN.has(name)) register.removeSingleMetric(name)
  }
  return {
    text: () => register.metrics(),
    list: () =>
      register
        .getMetricsAsArray()
        .map(({ name, help, type }) => ({ name, help, type: String(type) })),
  }
}
