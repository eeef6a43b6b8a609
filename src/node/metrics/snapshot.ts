// Everything that the metrics of one node are read from, at one moment.
import type { Progress } from '../../core/progress.ts'
import type { NodeStatusReport } from '../../http/node-access.ts'
import type { Labels, Sample } from '../../system/metrics/counts.ts'
import type { RefusalCounts } from '../security.ts'
import type { NodeCounts } from './counts.ts'

export interface Snapshot {
  readonly counts: NodeCounts
  readonly status: NodeStatusReport
  readonly isReady: boolean
  readonly progress: Progress
  /** Sizes of what waits in the core, by its own names. */
  readonly load: Readonly<Record<string, number>>
  /** Unit: bytes. `bytesMax` undefined: what the disk holds. */
  readonly store: {
    readonly bytes: number
    readonly bytesMax: number | undefined
    readonly roomBytes: number
    readonly isFull: boolean
  }
  readonly copies: { readonly bytes: number; readonly bytesMax: number }
  readonly datagramErrors: number
  readonly refusals: RefusalCounts
}

/** One number without labels; none where it is not known. */
export function single(value: number | boolean | undefined): Sample[] {
  return value === undefined ? [] : [{ labels: {}, value: Number(value) }]
}

/** One number for each value of one label. */
export function byLabel(name: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([text, value]) => ({ labels: labelled(name, text), value }))
}

function labelled(name: string, text: string): Labels {
  return { [name]: text }
}

/** How many there are of each kind, those without any included. */
export function tally(kinds: readonly string[], found: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    kinds.map((kind) => [kind, found.filter((each) => each === kind).length]),
  )
}

/** Unit: s. */
export function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}
