// Sizes of everything in one node that grows with load, for the bounds that tests check.
// Looks only.
import type { Parts } from './parts.ts'
import { onlyGroup } from './view.ts'

export function loadOf(parts: Parts): Readonly<Record<string, number>> {
  const { forwards, lookups, stream, follower, commits, coherence, merge } = parts
  const { members, candidates, leases, remembered, standing } = parts
  const { view, state } = standing
  return {
    forwards: forwards.count,
    lookups: lookups.count,
    stream: stream.pendingCount,
    merging: merge.underWayCount,
    uncommitted: follower.uncommittedCount,
    commits: commits.size,
    ...coherence.load,
    oldFromStream: follower.oldFromStreamCount,
    members: members.count,
    heldDown: candidates.heldDownCount,
    proofs: leases.count,
    remembered: remembered.size,
    history: view === undefined ? 0 : onlyGroup(view).history.length,
    owed: state.owed.length,
  }
}
