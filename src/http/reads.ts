// Reads: from the cluster, and from this node alone.
import type { IncomingMessage } from 'node:http'
import type { ReadOutcome } from '../core/types.ts'
import { unreachable } from '../core/assert.ts'
import type { NamedVersions } from '../wire/command.ts'
import { absentReply, entryReply, namedVersions } from './entry-reply.ts'
import { parseFreshness } from './freshness.ts'
import type { Freshness, PublicNode } from './node-access.ts'
import { problemReply, type Reply } from './reply.ts'
import { keyOf, parseTarget, queryFields } from './target.ts'

/** GET /get/{key} and GET /v1/{key}: what the cluster holds. */
export async function read(
  node: Pick<PublicNode, 'read' | 'copiesOf'>,
  req: IncomingMessage,
): Promise<Reply> {
  const asked = parseRead(req)
  if (asked.kind === 'refused') return asked.reply
  const { key, known } = asked
  const freshness = parseFreshness(req.headers['cache-control'])
  const outcome = await node.read(key, freshness)
  return outcomeReply(outcome, { known, freshness, copies: node.copiesOf(key) })
}

/** GET /getlocal/{key}: what this node holds, whatever the cluster says. */
export function readLocal(
  node: Pick<PublicNode, 'getLocal' | 'wallMs'>,
  req: IncomingMessage,
): Reply {
  const asked = parseRead(req)
  if (asked.kind === 'refused') return asked.reply
  const held = node.getLocal(asked.key)
  if (held === undefined) return absentReply({ source: 'local', ageMs: 0, copies: undefined })
  const { entry, ageMs, source } = held
  const provenance = { source, ageMs, copies: undefined }
  const hasExpired = entry.expiresAtMs !== undefined && entry.expiresAtMs <= node.wallMs()
  return hasExpired ? absentReply(provenance) : entryReply(entry, provenance, asked.known)
}

type AskedRead =
  | { readonly kind: 'ok'; readonly key: string; readonly known: NamedVersions | undefined }
  | { readonly kind: 'refused'; readonly reply: Reply }

function parseRead(req: IncomingMessage): AskedRead {
  const target = parseTarget(req.url ?? '')
  const query = queryFields(target, ['key'])
  if (query.kind === 'refused') return { kind: 'refused', reply: query.reason }
  const key = keyOf(target, query.value)
  if (key.kind === 'refused') return { kind: 'refused', reply: key.reason }
  const known = namedVersions(req.headers['if-none-match'])
  if (known.kind === 'refused') return { kind: 'refused', reply: known.reason }
  return { kind: 'ok', key: key.value, known: known.value }
}

function outcomeReply(
  outcome: ReadOutcome,
  asked: { known: NamedVersions | undefined; freshness: Freshness; copies: number },
): Reply {
  const { copies, known, freshness } = asked
  switch (outcome.kind) {
    case 'found':
      return entryReply(outcome.entry, { ...outcome, copies }, known)
    case 'absent':
      return absentReply({ ...outcome, copies })
    case 'unreachable':
      if (freshness.kind !== 'onlyHere') return problemReply('unavailable', outcome.reason)
      return problemReply(
        'not-held-here',
        `${outcome.reason} Leave out only-if-cached to look further.`,
      )
    default:
      return unreachable(outcome)
  }
}
