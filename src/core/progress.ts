// How far the stream, a mirror and merges have come, as plain numbers for metrics. Looks only.
import type { Parts } from './parts.ts'
import type { NodeId } from './types.ts'
import { onlyGroup } from './view.ts'

/** Totals count from when this node started. */
export interface Progress {
  /** Undefined: another node is primary, or nobody. */
  readonly primary:
    | {
        /** Writes not committed yet. Unit: records; bytes of their values. */
        readonly pending: number
        readonly pendingBytes: number
        /** Of each other master: records in the stream that it has not flushed yet. */
        readonly lags: readonly { readonly id: NodeId; readonly records: number }[]
      }
    | undefined
  /** Entries that mirrors brought or removed. */
  readonly mirrored: number
  /** Entries brought in from other sides of a split. */
  readonly merged: number
}

export function progressOf(parts: Parts): Progress {
  const { standing, stream, mirror, merge } = parts
  const { view } = standing
  const acts = standing.isActive && view !== undefined
  return {
    primary: acts
      ? {
          pending: stream.pendingCount,
          pendingBytes: stream.pendingBytes,
          lags: onlyGroup(view).masters.flatMap(({ id }) => {
            const acked = stream.ackedBy(id)
            return acked === undefined ? [] : [{ id, records: stream.lastSeq - acked }]
          }),
        }
      : undefined,
    mirrored: mirror.takenTotal,
    merged: merge.broughtTotal,
  }
}
