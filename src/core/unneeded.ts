// Why nothing has to be forced: a primary acts, or somebody in sight holds what the cluster can go on
// with. As far as this node knows; looks only.
import type { Members } from './members.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { Triggers } from './triggers.ts'
import type { NodeId } from './types.ts'
import { isHolder, primaryOf } from './view.ts'

export interface UnneededParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly triggers: Pick<Triggers, 'hearsPrimary'>
}

/** The sentence that an operator is told; undefined: this node knows of no reason. */
export function whyUnneeded(parts: UnneededParts): string | undefined {
  const { self, standing, members, triggers } = parts
  const { route } = standing
  const nameOf = (id: NodeId) => (id === self.id ? self.address : members.get(id)?.address) ?? id
  if (standing.isActive) return acts(self.address)
  if (route !== undefined && triggers.hearsPrimary()) return acts(nameOf(primaryOf(route).id))
  if (standing.wholeLineages().length > 0) return holds([self.address])
  const here = [...members.all()].filter((m) => m.phase !== 'dead' && m.phase !== 'left')
  const holders = here.filter((m) => route !== undefined && isHolder(route, m.id))
  return holders.length === 0 ? undefined : holds(holders.map((m) => m.address))
}

/** Nothing is forced while these nodes are in sight. */
export function holds(addresses: readonly string[]): string {
  const [has, it] = addresses.length === 1 ? ['has', 'it'] : ['have', 'one of them']
  return (
    `${addresses.join(' and ')} ${has} data that the cluster can go on with by itself: wait for ${it}, ` +
    'or stop it if it is not to be used, and look at /cluster for what else is missing'
  )
}

function acts(address: string): string {
  return `there is nothing to force: ${address} is primary`
}
