// The metrics of what a node is and holds: its view, store, copies, stream. Names are promises.
import type { NodeStatusReport } from '../../http/node-access.ts'
import { type Sample, samplesOf } from '../../system/metrics/counts.ts'
import type { Metric } from '../../system/metrics/text.ts'
import { byLabel, seconds, single, type Snapshot, tally } from './snapshot.ts'

const ROLES = ['primary', 'master', 'syncing', 'node', 'witness'] as const
const MEMBER_STATES = ['alive', 'suspect', 'dead', 'left'] as const

export const STATE_METRICS: readonly Metric<Snapshot>[] = [
  {
    name: 'diststore_node_info',
    help: 'Always 1; its labels say who this node is.',
    type: 'gauge',
    labels: ['id', 'address', 'mode'],
    read: ({ status: { node, mode } }) => [
      { labels: { id: node.id, address: node.address, mode }, value: 1 },
    ],
  },
  gauge('diststore_ready', '1 when /health/ready says 200, else 0.', ({ isReady }) => isReady),
  {
    name: 'diststore_role',
    help: '1 for the role that this node has now, 0 for the others.',
    type: 'gauge',
    labels: ['role'],
    read: ({ status }) => byLabel('role', tally(ROLES, [status.node.role])),
  },
  {
    name: 'diststore_nodes',
    help: 'Nodes as this one sees them, itself included, by state.',
    type: 'gauge',
    labels: ['state'],
    read: ({ status }) =>
      byLabel(
        'state',
        tally(
          MEMBER_STATES,
          status.nodes.map(({ state }) => state),
        ),
      ),
  },
  {
    name: 'diststore_masters',
    help: 'Masters of the view that this node follows, in sync or syncing.',
    type: 'gauge',
    labels: ['state'],
    read: ({ status }) => byLabel('state', mastersOf(status)),
  },
  gauge(
    'diststore_view_epoch',
    'Epoch of the view that this node follows; it grows with every view.',
    ({ status }) => status.view?.ballot.epoch,
  ),
  {
    name: 'diststore_view_changes_total',
    help: 'Views that became the one of this node, by why they were proposed.',
    type: 'counter',
    labels: ['cause'],
    read: ({ counts }) => samplesOf(counts.viewChanges),
  },
  gauge(
    'diststore_warnings',
    'Sentences under warnings in /cluster.',
    ({ status }) => status.warnings.length,
  ),
  gauge(
    'diststore_proof_age_seconds',
    'Age of the proof under which this node answers reads; missing when it has none.',
    ({ status }) => seconds(status.proofAgeMs),
  ),
  gauge(
    'diststore_store_keys',
    'Live keys in the store of this node.',
    ({ status }) => status.keys,
  ),
  gauge(
    'diststore_store_bytes',
    'Keys, values and overhead of all entries in the store, deleted ones too.',
    ({ store }) => store.bytes,
  ),
  gauge(
    'diststore_store_bytes_max',
    'The setting store-bytes-max; missing when the disk is the limit.',
    ({ store }) => store.bytesMax,
  ),
  gauge(
    'diststore_store_room_bytes',
    'Values that the disk surely still takes; missing where nobody counts.',
    ({ store }) => (Number.isFinite(store.roomBytes) ? store.roomBytes : undefined),
  ),
  gauge(
    'diststore_store_full',
    '1 when new values are refused with 507, else 0.',
    ({ store }) => store.isFull,
  ),
  gauge('diststore_copies', 'Copies that this node keeps.', ({ status }) => status.copies),
  gauge('diststore_copies_bytes', 'What the copies take.', ({ copies }) => copies.bytes),
  gauge('diststore_copies_bytes_max', 'What they may take.', ({ copies }) => copies.bytesMax),
  gauge(
    'diststore_stream_committed',
    'Number of the last write in the stream that this node knows to be committed.',
    ({ status }) => status.stream.committed,
  ),
  gauge(
    'diststore_stream_pending_records',
    'On the primary: writes that not all masters have flushed.',
    ({ progress }) => progress.primary?.pending,
  ),
  gauge(
    'diststore_stream_pending_bytes',
    'On the primary: the values of these writes.',
    ({ progress }) => progress.primary?.pendingBytes,
  ),
  {
    name: 'diststore_stream_lag_records',
    help: 'On the primary: records of the stream that another master has not flushed, by its address.',
    type: 'gauge',
    labels: ['master'],
    read: lags,
  },
  gauge(
    'diststore_writes_waiting',
    'Writes of clients of this node that have no outcome yet.',
    ({ load }) => load['forwards'],
  ),
  gauge(
    'diststore_lookups_waiting',
    'Keys that this node is looking up elsewhere.',
    ({ load }) => load['lookups'],
  ),
  counter(
    'diststore_mirror_entries_total',
    'Entries that this node took or removed to catch up as a new master.',
    ({ progress }) => progress.mirrored,
  ),
  gauge(
    'diststore_mirror_progress_ratio',
    'While this node is a syncing master: its live keys over those of the primary, at most 1.',
    mirrorRatio,
  ),
  gauge(
    'diststore_merge_lineages_due',
    'Sides of a split that the present view still has to merge.',
    ({ status }) => status.merge.due,
  ),
  counter(
    'diststore_merge_lineages_total',
    'Sides of a split that this node merged as primary.',
    ({ status }) => status.merge.merged,
  ),
  counter(
    'diststore_merge_entries_total',
    'Entries that it took over from them.',
    ({ progress }) => progress.merged,
  ),
  counter(
    'diststore_merge_conflicts_total',
    'Keys that it found written on both sides: see /admin/conflicts.',
    ({ status }) => status.merge.conflicts,
  ),
  gauge(
    'diststore_owed_lineages',
    'Views with writes of this node that the cluster has not merged: it must not be removed.',
    ({ load }) => load['owed'],
  ),
  counter(
    'diststore_audit_differences_total',
    'Keys that differed between this master and the primary, and were mended.',
    ({ status }) => status.audit.differences,
  ),
  gauge(
    'diststore_audit_age_seconds',
    'Time since this master and the primary were last compared; missing before that.',
    ({ status }) => seconds(status.audit.lastMs),
  ),
]

type One = (from: Snapshot) => number | boolean | undefined

/** A number that goes up and down. */
function gauge(name: string, help: string, read: One): Metric<Snapshot> {
  return { name, help, type: 'gauge', labels: [], read: (from) => single(read(from)) }
}

/** A number that only grows while the node runs. */
function counter(name: string, help: string, read: One): Metric<Snapshot> {
  return { name, help, type: 'counter', labels: [], read: (from) => single(read(from)) }
}

function mastersOf({ view }: NodeStatusReport): Record<string, number> {
  const masters = view?.masters ?? []
  return {
    'in-sync': masters.filter(({ inSync }) => inSync).length,
    syncing: masters.filter(({ inSync }) => !inSync).length,
  }
}

function lags({ progress, status }: Snapshot): Sample[] {
  return (progress.primary?.lags ?? []).map(({ id, records }) => {
    const address = status.view?.masters.find((each) => each.id === id)?.address
    return { labels: { master: address ?? id }, value: records }
  })
}

function mirrorRatio({ status }: Snapshot): number | undefined {
  if (status.node.role !== 'syncing') return undefined
  const primary = status.nodes.find(({ role }) => role === 'primary')
  if (primary === undefined) return undefined
  return primary.keys === 0 ? 1 : Math.min(1, status.keys / primary.keys)
}
