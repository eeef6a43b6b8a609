// GET /metrics of one node: reads everything once and writes it down. Changes nothing.
import type { NodeCore } from '../../core/node.ts'
import type { NodeStatusReport } from '../../http/node-access.ts'
import type { Copies } from '../../storage/copies.ts'
import type { Store } from '../../storage/store.ts'
import type { ProcessMetrics } from '../../system/metrics/process.ts'
import { type Metric, metricsText } from '../../system/metrics/text.ts'
import type { RefusalCounts } from '../security.ts'
import type { NodeCounts } from './counts.ts'
import type { Snapshot } from './snapshot.ts'
import { STATE_METRICS } from './state.ts'
import { TRAFFIC_METRICS } from './traffic.ts'

/** All metrics of a node beside those of its process, in the order in which they are shown. */
export const NODE_METRICS: readonly Metric<Snapshot>[] = [...STATE_METRICS, ...TRAFFIC_METRICS]

export interface NodeMetricsParts {
  readonly node: { status(): NodeStatusReport; isReady(): boolean }
  readonly core: Pick<NodeCore, 'progress' | 'load'>
  readonly store: Store
  readonly copies: Copies
  readonly counts: NodeCounts
  readonly refusals: () => RefusalCounts
  readonly datagramErrors: () => number
  readonly process: ProcessMetrics
}

export interface NodeMetricsLimits {
  readonly storeBytesMax: number | undefined
  readonly copyBytesMax: number
}

/** The whole text of GET /metrics. */
export async function nodeMetricsText(
  parts: NodeMetricsParts,
  limits: NodeMetricsLimits,
): Promise<string> {
  const { node, core, store, copies, counts } = parts
  const text = metricsText(NODE_METRICS, {
    counts,
    status: node.status(),
    isReady: node.isReady(),
    progress: core.progress(),
    load: core.load(),
    store: {
      bytes: store.bytes,
      bytesMax: limits.storeBytesMax,
      roomBytes: store.roomBytes,
      isFull: store.isFull,
    },
    copies: { bytes: copies.bytes, bytesMax: limits.copyBytesMax },
    datagramErrors: parts.datagramErrors(),
    refusals: parts.refusals(),
  })
  return text + (await parts.process.text())
}
