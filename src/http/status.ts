// What a node says about itself: the cluster as it sees it, and whether it lives and serves.
import type { Ballot } from '../core/types.ts'
import type { NodeStatusReport, PublicNode } from './node-access.ts'
import { jsonReply, problemReply, type Reply } from './reply.ts'

/** GET /cluster. */
export function cluster(node: Pick<PublicNode, 'status'>): Reply {
  return jsonReply(clusterJson(node.status()))
}

/** GET /health/live: the process runs and its loop turns. */
export function live(): Reply {
  return jsonReply({ status: 'live' })
}

/** GET /health/ready: this node serves the cluster's keys. Never looks at other nodes. */
export function ready(node: Pick<PublicNode, 'isReady' | 'status'>): Reply {
  if (node.isReady()) return jsonReply({ status: 'ready' })
  const { state, role } = node.status().node
  const detail = `This node (${state}, ${role}) is not part of an active view, or still syncing: wait, or look at /cluster.`
  return problemReply('unavailable', detail)
}

/** The report as JSON: a ballot is a text, and what is not there yet is null. */
export function clusterJson(report: NodeStatusReport): object {
  const { node, view, nodes, keys, copies, stream, proofAgeMs, audit, mode, warnings } = report
  return {
    node,
    view: view === undefined ? null : { ...view, ballot: formatBallot(view.ballot) },
    nodes,
    keys,
    copies,
    stream,
    proofAgeMs: proofAgeMs ?? null,
    audit: { lastMs: audit.lastMs ?? null, differences: audit.differences },
    mode,
    warnings,
  }
}

function formatBallot({ epoch, proposer }: Ballot): string {
  return `${epoch}.${proposer}`
}
