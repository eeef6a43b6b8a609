// GET /admin/conflicts: the writes that lost when two sides of a split were merged.
// Shows what this node keeps, and which other nodes may keep some; who may ask is admin.ts' business.
import type { Conflict } from '../core/conflicts.ts'
import { formatBallot } from '../core/view.ts'
import { entryReply } from './entry-reply.ts'
import type { PublicNode } from './node-access.ts'
import { jsonReply, problemReply, type Reply } from './reply.ts'
import { keyOf, parseTarget, queryFields } from './target.ts'

/**
 * All conflicts and the addresses of the other nodes that are here, each of which keeps those that it
 * found; or with `?key=` the value that lost under that key.
 */
export function conflicts(node: Pick<PublicNode, 'conflicts' | 'status'>, url: string): Reply {
  const target = parseTarget(url)
  const query = queryFields(target, ['key'])
  if (query.kind === 'refused') return query.reason
  const found = node.conflicts()
  if (!query.value.has('key')) {
    return jsonReply({ conflicts: found.map(conflictJson), others: othersOf(node) })
  }
  const key = keyOf({ ...target, path: '/conflicts' }, query.value)
  if (key.kind === 'refused') return key.reason
  const conflict = found.find((it) => it.key === key.value)
  if (conflict === undefined) {
    const others = othersOf(node).join(', ') || 'none is here'
    const detail = `This node keeps no lost write of that key: ask the node that merged, one of the others (${others}).`
    return problemReply('not-found', detail)
  }
  return entryReply(conflict.loser, { source: 'local', ageMs: 0, copies: undefined }, undefined)
}

/** Addresses of the other nodes that are here. */
function othersOf(node: Pick<PublicNode, 'status'>): string[] {
  const { node: self, nodes } = node.status()
  return nodes.flatMap(({ id, state, address }) =>
    id !== self.id && state === 'alive' ? [address] : [],
  )
}

function conflictJson({ key, winner, loser, lineage, atMs }: Conflict): object {
  const { content } = loser
  const isValue = content.kind === 'value'
  return {
    key,
    winner,
    loser: {
      version: loser.version,
      isDeleted: !isValue,
      contentType: isValue ? content.contentType : null,
      bytes: isValue ? content.bytes.length : 0,
    },
    lineage: formatBallot(lineage),
    at: new Date(Math.round(atMs)).toISOString(),
  }
}
