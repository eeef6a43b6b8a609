// How a node is, in one line for people who look at a list of services. Learns nothing by itself.
import type { ClusterStatus, NodeStatus, Role } from '../core/status.ts'

const ROLES: Readonly<Record<Role, string>> = {
  primary: 'primary',
  master: 'master',
  syncing: 'syncing',
  node: 'no master',
  witness: 'witness',
}

/** "master; masters 10.1.2.1:8181 10.1.2.2:8181; 3 nodes; 1200 keys". No newline, no secret. */
export function summaryOf(status: ClusterStatus): string {
  const { node, view, nodes, keys, warnings } = status
  if (node.state === 'leaving') return 'leaving the cluster'
  if (view === undefined) return `looking for a cluster; ${counted(aliveAmong(nodes), 'node')} seen`
  const masters = view.masters.map(({ address, inSync }) =>
    inSync ? address : `${address} (syncing)`,
  )
  return [
    node.role === 'syncing' ? `syncing ${syncedPercent(status)} %` : ROLES[node.role],
    `masters ${masters.join(' ')}`,
    counted(aliveAmong(nodes), 'node'),
    counted(keys, 'key'),
    ...(warnings.length > 0 ? [counted(warnings.length, 'warning')] : []),
  ].join('; ')
}

/**
 * The share of the primary's keys that is here. Exact for a node that began empty; one that came
 * back with old entries checks them all, and only then is in sync, so it never says 100.
 */
function syncedPercent({ view, nodes, keys }: ClusterStatus): number {
  const primary = nodes.find(({ id }) => id === view?.masters[0]?.id)
  const all = primary?.keys ?? 0
  return all === 0 ? 0 : Math.min(99, Math.floor((100 * keys) / all))
}

function aliveAmong(nodes: readonly NodeStatus[]): number {
  return nodes.filter(({ state }) => state === 'alive').length
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
