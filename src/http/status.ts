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

/** GET /metrics. */
export async function metricsReply(text: () => Promise<string>): Promise<Reply> {
  return { status: 200, headers: { 'Content-Type': METRICS_CONTENT_TYPE }, body: await text() }
}

/** The text form of Prometheus. */
const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** The report as JSON: a ballot is a text, and what is not there yet is null. */
export function clusterJson(report: NodeStatusReport): object {
  const { node, view, nodes, keys, copies, stream, proofAgeMs, audit, mode, merge, warnings } =
    report
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
    merge,
    warnings,
  }
}

function formatBallot({ epoch, proposer }: Ballot): string {
  return `${epoch}.${proposer}`
}
