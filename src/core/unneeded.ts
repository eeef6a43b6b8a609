// Why nothing has to be forced: a primary acts, or somebody in sight holds what the cluster can go on
// with. As far as this node knows; looks only.
import type { Members } from './members.ts'
import { whyNoQuorum } from './quorum.ts'
import type { Self } from './self.ts'
import type { ClusterSettings } from './settings.ts'
import type { Standing } from './standing.ts'
import type { Triggers } from './triggers.ts'
import type { NodeId } from './types.ts'
import { isHolder, primaryOf } from './view.ts'
import type { Wanting } from './wanting.ts'

export interface UnneededParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly triggers: Pick<Triggers, 'hearsPrimary'>
  readonly proposer: { readonly wanting: Pick<Wanting, 'isStuck'> }
  readonly settings: ClusterSettings
}

/** The sentence that an operator is told; undefined: this node knows of no reason. */
export function whyUnneeded(parts: UnneededParts): string | undefined {
  const { self, standing, members, triggers, settings } = parts
  const { route } = standing
  const nameOf = (id: NodeId) => (id === self.id ? self.address : members.get(id)?.address) ?? id
  if (standing.isActive) return acts(self.address)
  if (route !== undefined && triggers.hearsPrimary()) return acts(nameOf(primaryOf(route).id))
  if (isShortOfVoters(parts) || parts.proposer.wanting.isStuck) return undefined
  const canLead =
    settings.mode === 'available'
      ? standing.wholeLineages().length > 0
      : route !== undefined && isHolder(route, self.id)
  if (canLead) return holds([self.address])
  const here = [...members.all()].filter((m) => m.phase !== 'dead' && m.phase !== 'left')
  const holders = here.filter((m) => route !== undefined && isHolder(route, m.id))
  return holders.length === 0 ? undefined : holds(holders.map((m) => m.address))
}

/** Majority mode: no holder can go on, whatever it has, until voters are back or replaced. */
function isShortOfVoters({ self, standing, members, settings }: UnneededParts): boolean {
  const about = { settings, view: standing.route, hereCount: members.alive().length + 1 }
  return whyNoQuorum(about, (id) => id === self.id || members.isAlive(id)) !== undefined
}

/** Nothing is forced while these nodes are in sight. */
export function holds(addresses: readonly string[]): string {
  const [has, it] = addresses.length === 1 ? ['has', 'it'] : ['have', 'one of them']
  return (
    `${addresses.join(' and ')} ${has} data that the cluster can go on with by itself: wait for ${it}, ` +
    'or stop it if it is not to be used, and look at /cluster for what else is missing'
  )
}

/** The order is for one of these: it has what the cluster goes on with, and is kept from that. */
export function orderThere(addresses: readonly string[]): string {
  return `give the order to ${addresses.join(' or ')}, which has the newest data in sight`
}

function acts(address: string): string {
  return `there is nothing to force: ${address} is primary`
}
