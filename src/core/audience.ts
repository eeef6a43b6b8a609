// Whom a proposer asks, and on how many it counts.
// Decides nothing about what they answer.
import type { Candidates } from './candidates.ts'
import { mustStayOut } from './leavers.ts'
import { SEASONED_MS } from './limits.ts'
import type { Member, Members } from './members.ts'
import type { Standing } from './standing.ts'

export interface AudienceParts {
  readonly members: Members
  readonly candidates: Candidates
  readonly standing: Standing
}

/** Everybody of this cluster who is not known to be gone, verified or not. */
export function audience({ members, candidates, standing }: AudienceParts): Member[] {
  const isOut = (m: Member) => mustStayOut(m.id, m.beat?.lineages ?? [], standing.view)
  return [...members.all()].filter(
    (m) => m.phase !== 'dead' && m.phase !== 'left' && !candidates.isForeign(m) && !isOut(m),
  )
}

/** Without those who were heard for a while but could never be reached: they answer nobody. */
export function countedOn(parts: AudienceParts, nowMs: number): number {
  return audience(parts).filter((m) => isCountedOn(m, nowMs)).length
}

export function isCountedOn(member: Member, nowMs: number): boolean {
  return member.phase !== 'unverified' || nowMs - member.aliveSinceMs < SEASONED_MS
}
