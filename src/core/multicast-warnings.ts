// What an operator should know about the multicast between this node and the others, in sentences.
// Looks only; what is done about it is reach.ts' business.
import { SUSPECT_AFTER_MS } from './limits.ts'
import type { Member } from './members.ts'
import { DEAF_WARNING_MS, NAMED_IN_WARNING_MAX } from './reach-limits.ts'

const ADVICE = 'look for a firewall, for IGMP snooping without a querier, and at interface'

/** At most three sentences, however many nodes there are. Only nodes that are there count. */
export function multicastWarnings(alive: readonly Member[], nowMs: number): string[] {
  const warnings: string[] = []
  const unheard = alive.filter((m) => m.multicast.silentMs(nowMs) > SUSPECT_AFTER_MS)
  if (unheard.length > 0) {
    warnings.push(
      `no multicast of ${named(unheard)} reaches this node; unicast is used instead: ${ADVICE}`,
    )
  }
  const lossy = alive.filter((m) => m.multicast.isLossy && !unheard.includes(m))
  if (lossy.length > 0) {
    const worst = Math.max(...lossy.map((m) => m.multicast.lostShare))
    warnings.push(
      `up to ${Math.round(100 * worst)} % of the multicast of ${named(lossy)} is lost on the way to ` +
        'this node; unicast is used besides: use a cable, or look for an overloaded switch',
    )
  }
  // Said once it may be the silence of a stall, which is over soon.
  const isDeaf = (m: Member) => nowMs < m.isDeafUntilMs && m.deafForMs >= DEAF_WARNING_MS
  const deaf = alive.filter(isDeaf)
  if (deaf.length > 0) {
    warnings.push(
      `the multicast of this node does not reach ${named(deaf)}, or badly; unicast is used: ${ADVICE}`,
    )
  }
  return warnings
}

/** "a, b, c and 4 more". */
function named(members: readonly Member[]): string {
  const addresses = members.map((m) => m.address).sort()
  const more = addresses.length - NAMED_IN_WARNING_MAX
  const some = addresses.slice(0, NAMED_IN_WARNING_MAX).join(', ')
  return more > 0 ? `${some} and ${more} more` : some
}
