// What this node says about itself and the others: GET /cluster, and reasons in words for clients.
// Looks only; changes nothing.
import type { Audit } from './audit.ts'
import type { Candidates } from './candidates.ts'
import type { Coherence } from './coherence.ts'
import { CLOCK_SKEW_MAX_MS, NODES_MAX } from './limits.ts'
import type { Leases } from './leases.ts'
import type { Member, Members } from './members.ts'
import type { EntryReader } from './ports.ts'
import { includes } from './lineages.ts'
import { multicastWarnings } from './multicast-warnings.ts'
import type { Merge } from './merge.ts'
import type { Proposer } from './proposer.ts'
import { NO_ROOM, type Room } from './room.ts'
import type { Self } from './self.ts'
import type { Serving } from './serving.ts'
import type { ClusterSettings } from './settings.ts'
import type { Standing } from './standing.ts'
import type { ClusterStatus, NodeStatus, Role } from './status.ts'
import type { NodeId, View } from './types.ts'
import { formatBallot, inRoster, onlyGroup, primaryOf } from './view.ts'
import type { WallTrust } from './wall-trust.ts'

export interface ReportParts {
  readonly self: Self
  readonly audit: Audit
  readonly wallTrust: WallTrust
  readonly standing: Standing
  readonly members: Members
  readonly candidates: Candidates
  readonly leases: Leases
  readonly serving: Serving
  readonly coherence: Coherence
  readonly proposer: Proposer
  readonly merge: Merge
  readonly store: EntryReader
  readonly room: Room
  readonly settings: ClusterSettings
  readonly fingerprint: number
}

/** Why a write or a read finds no primary, and what to do about it. */
export function whyNoPrimary(
  parts: Pick<ReportParts, 'members' | 'standing' | 'proposer'>,
): string {
  const { members, standing, proposer } = parts
  if (proposer.trouble !== undefined) return proposer.trouble
  const alive = members.alive().length + 1
  const view = standing.route
  if (view === undefined) {
    return `no masters have been elected yet; ${alive} node${alive === 1 ? '' : 's'} in sight`
  }
  return `no primary acts now; ${alive} of ${view.roster.length} known nodes are reachable: try again`
}

/** Why this node may take no part; undefined when it may. */
export function whyOutside(parts: Pick<ReportParts, 'self' | 'standing'>): string | undefined {
  const view = parts.standing.route
  if (view === undefined || view.roster.length < NODES_MAX) return undefined
  if (inRoster(view, parts.self.id)) return undefined
  return `this cluster has its ${NODES_MAX} nodes and this one stays outside: use another node`
}

export function reportStatus(parts: ReportParts, nowMs: number): ClusterStatus {
  const { self, standing, store, serving, settings, merge } = parts
  const view = standing.route
  const { stream, seq } = serving.position()
  return {
    node: {
      id: self.id,
      address: self.address,
      incarnation: self.incarnation,
      state: self.phase,
      role: roleOf(view, self),
    },
    view: view === undefined ? undefined : reportView(parts, view),
    nodes: reportNodes(parts, view, nowMs),
    keys: store.keyCount,
    stream: { id: formatBallot(stream), committed: seq },
    proofAgeMs: proofAgeMs(parts, nowMs),
    audit: parts.audit.report(nowMs),
    mode: settings.mode,
    merge: { due: merge.due, merged: merge.mergedTotal, conflicts: merge.conflicts.total },
    warnings: reportWarnings(parts, nowMs),
  }
}

function reportView(parts: ReportParts, view: View): ClusterStatus['view'] {
  const address = (id: NodeId): string =>
    (id === parts.self.id ? parts.self.address : parts.members.get(id)?.address) ??
    view.roster.find((node) => node.id === id)?.address ??
    ''
  return {
    ballot: view.ballot,
    masters: onlyGroup(view).masters.map(({ id, inSync }) => ({
      id,
      address: address(id),
      inSync,
    })),
    roster: view.roster.map(({ id }) => ({ id, address: address(id) })),
    voters: view.voters.map((id) => ({ id, address: address(id) })),
    isUnclean: view.isUnclean,
  }
}

function reportNodes(parts: ReportParts, view: View | undefined, nowMs: number): NodeStatus[] {
  const { self, store, members } = parts
  const mine: NodeStatus = {
    id: self.id,
    address: self.address,
    state: 'alive',
    role: roleOf(view, self),
    keys: store.keyCount,
    lastHeardMs: 0,
  }
  const others = [...members.all()].map((member) => ({
    id: member.id,
    address: member.address,
    state: member.phase === 'unverified' ? ('suspect' as const) : member.phase,
    role: roleOf(view, { id: member.id, isWitness: member.beat?.isWitness ?? false }),
    keys: member.beat?.keyCount ?? 0,
    lastHeardMs: Math.round(nowMs - member.lastHeardMs),
  }))
  return [mine, ...others].sort((a, b) => (a.address < b.address ? -1 : 1))
}

function roleOf(
  view: View | undefined,
  { id, isWitness }: { readonly id: NodeId; readonly isWitness: boolean },
): Role {
  if (isWitness) return 'witness'
  if (view === undefined) return 'node'
  const master = onlyGroup(view).masters.find((m) => m.id === id)
  if (master === undefined) return 'node'
  if (primaryOf(view).id === id) return 'primary'
  return master.inSync ? 'master' : 'syncing'
}

function proofAgeMs(parts: ReportParts, nowMs: number): number | undefined {
  const { standing, leases, coherence } = parts
  const atMs = standing.isActive
    ? leases.primaryProvenAtMs()
    : standing.isServingMaster
      ? leases.masterProvenAtMs()
      : coherence.provenAtMs
  if (atMs === undefined || atMs === -Infinity) return undefined
  return atMs === Infinity ? 0 : Math.max(0, Math.round(nowMs - atMs))
}

function reportWarnings(parts: ReportParts, nowMs: number): string[] {
  const { standing, store, members, proposer } = parts
  const warnings: string[] = []
  if (proposer.trouble !== undefined) warnings.push(proposer.trouble)
  const outside = whyOutside(parts)
  if (outside !== undefined) warnings.push(outside)
  if (parts.merge.due > 0) {
    warnings.push(
      'writes from a time when the cluster was split are being merged; until then reads take longer',
    )
  }
  if (standing.route?.isUnclean === true) {
    warnings.push(
      'this cluster was forced to go on when every holder of its newest data was lost: writes may be ' +
        'missing, and deleted keys back',
    )
  }
  if (parts.room.isLacking(nowMs)) warnings.push(NO_ROOM)
  if (store.isFull) warnings.push('the store of this node is full: new values are refused')
  if (Math.abs(parts.wallTrust.errorMs()) > CLOCK_SKEW_MAX_MS) {
    warnings.push(
      'the clock of this node differs from those of the others: set the clocks; until then this node ' +
        'removes no expired entries as primary',
    )
  }
  for (const owed of standing.state.owed) {
    warnings.push(
      `this node holds writes of view ${formatBallot(owed.partOf.at(-1) ?? owed.ballot)} that the cluster has not merged ` +
        'yet: leave it running',
    )
  }
  warnings.push(...multicastWarnings(members.alive(), nowMs))
  for (const member of members.all()) {
    if (member.phase !== 'left') warnings.push(...memberWarnings(parts, member))
  }
  return warnings
}

function memberWarnings(parts: ReportParts, member: Member): string[] {
  const { standing, candidates, fingerprint } = parts
  const at = member.address
  const { beat } = member
  const warnings: string[] = []
  if (candidates.isTooFar(member)) {
    warnings.push(
      `${at} runs a release that is too far from the one of this node, and they cannot work together: ` +
        'upgrade in smaller steps, all nodes by one release at a time',
    )
  } else if (candidates.isForeign(member)) {
    warnings.push(`${at} runs in mode ${beat?.mode}, this node does not: give them the same mode`)
  } else if (beat !== undefined && beat.fingerprint !== fingerprint) {
    warnings.push(
      `${at} has other cluster settings (min-copies or value-bytes-max) and cannot become master: ` +
        'make them the same',
    )
  }
  if (beat?.isTooSmall === true) {
    warnings.push(
      `the disk of ${at} is too small for all keys and it cannot become master: give it more room`,
    )
  }
  if (Math.abs(candidates.clockErrorMs(member)) > CLOCK_SKEW_MAX_MS) {
    warnings.push(`the clock of ${at} is off and it cannot become master: set its clock`)
  }
  const view = standing.view
  const isOtherSide =
    view !== undefined &&
    standing.isActive &&
    (beat?.lineages.some((ballot) => !includes(view, ballot)) ?? false)
  if (isOtherSide) {
    warnings.push(
      `${at} holds writes from a time when the cluster was split; they are merged as soon as it can be reached`,
    )
  }
  return warnings
}
