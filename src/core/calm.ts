// Whether there is nothing in this node that a tick would have to look after: every node of the roster is
// there and agrees, and nobody waits for anything. Looks only.
import { CALM_SILENCE_MS } from './calm-limits.ts'
import { isEverybodyHere } from './everybody-here.ts'
import type { Force } from './force.ts'
import type { Forwards } from './forwards.ts'
import type { Handoff } from './handoff.ts'
import { MASTERS_PER_GROUP } from './limits.ts'
import type { Lookups } from './lookups.ts'
import type { Member, Members } from './members.ts'
import type { Beat } from './messages.ts'
import type { Orders } from './orders.ts'
import type { Outbox } from './outbox.ts'
import type { Proposer } from './proposer.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { Stream } from './stream.ts'
import type { Triggers } from './triggers.ts'
import type { Ballot, View } from './types.ts'
import { onlyGroup, sameBallot } from './view.ts'
import type { Wishes } from './wishes.ts'

export interface CalmParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly triggers: Triggers
  readonly proposer: Proposer
  readonly stream: Stream
  readonly forwards: Forwards
  readonly lookups: Lookups
  readonly force: Force
  readonly handoff: Handoff
  readonly orders: Orders
  readonly wishes: Wishes
}

/** True only when this node could as well look at its clocks with its next heartbeat. */
export function isCalm(out: Outbox, parts: CalmParts, nowMs: number): boolean {
  const { self, standing } = parts
  const { view } = standing
  if (out.openCount > 0 || self.phase !== 'member' || view === undefined) return false
  if (standing.isFrozen || !(standing.isActive || parts.triggers.hearsPrimary())) return false
  return !isBusy(parts) && isComplete(parts, view, nowMs)
}

/** Whether a heartbeat says of its node what the one before it said, besides numbers and times. */
export function saysTheSame(before: Beat | undefined, now: Beat): boolean {
  return (
    before !== undefined &&
    now.phase === before.phase &&
    now.isActive === before.isActive &&
    now.address === before.address &&
    now.isTooSmall === before.isTooSmall &&
    sameBallot(now.ballot, before.ballot) &&
    sameBallot(now.promised, before.promised) &&
    areSame(now.lineages, before.lineages)
  )
}

function isBusy(parts: CalmParts): boolean {
  return (
    parts.stream.pendingCount > 0 ||
    parts.forwards.count > 0 ||
    parts.lookups.count > 0 ||
    parts.proposer.isBusy ||
    parts.triggers.isWaiting ||
    parts.handoff.isUnderWay ||
    parts.force.isUnderWay ||
    parts.orders.isUnderWay ||
    parts.wishes.current !== undefined
  )
}

/** There are two masters, or all there can be; all nodes are in the roster, heard, and mean to stay. */
function isComplete(parts: CalmParts, view: View, nowMs: number): boolean {
  const { members } = parts
  const { roster } = view
  if (onlyGroup(view).masters.length < Math.min(MASTERS_PER_GROUP, roster.length)) return false
  let here = 1
  for (const member of members.all()) {
    if (members.isGone(member.id)) continue
    if (!isSteady(member, nowMs)) return false
    here++
  }
  return here === roster.length && isEverybodyHere(parts, view)
}

function isSteady({ phase, beat, lastHeardMs }: Member, nowMs: number): boolean {
  return phase === 'alive' && beat?.phase === 'member' && nowMs - lastHeardMs <= CALM_SILENCE_MS
}

function areSame(some: readonly Ballot[], others: readonly Ballot[]): boolean {
  return (
    some.length === others.length &&
    some.every((ballot, i) => {
      const other = others[i]
      return other !== undefined && sameBallot(ballot, other)
    })
  )
}
