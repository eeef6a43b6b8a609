// Reads: from the cluster, and from this node alone.
import type { IncomingMessage } from 'node:http'
import type { ReadOutcome, Version } from '../core/types.ts'
import { unreachable } from '../core/assert.ts'
import { type NamedVersions, parseMinVersion } from '../wire/command.ts'
import { type Decoded, ok, refused } from '../wire/decoded.ts'
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
  const { key, known, minVersion } = asked
  const freshness = parseFreshness(req.headers['cache-control'])
  const outcome = await node.read(key, freshness, minVersion)
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
  if (held === undefined) {
    if (asked.minVersion === undefined) return absentReply(NOTHING_HERE)
    const detail =
      'This node holds nothing under this key: ask with /get for what the cluster holds.'
    return problemReply('not-held-here', detail)
  }
  const { entry, ageMs, source } = held
  if (asked.minVersion !== undefined && entry.version < asked.minVersion) {
    const detail = 'This node holds an older version of the key: ask with /get for a newer one.'
    return problemReply('not-held-here', detail)
  }
  const provenance = { source, ageMs, copies: undefined }
  const hasExpired = entry.expiresAtMs !== undefined && entry.expiresAtMs <= node.wallMs()
  return hasExpired ? absentReply(provenance) : entryReply(entry, provenance, asked.known)
}

const NOTHING_HERE = { source: 'local', ageMs: 0, copies: undefined } as const

type AskedRead =
  | {
      readonly kind: 'ok'
      readonly key: string
      readonly known: NamedVersions | undefined
      readonly minVersion: Version | undefined
    }
  | { readonly kind: 'refused'; readonly reply: Reply }

function parseRead(req: IncomingMessage): AskedRead {
  const target = parseTarget(req.url ?? '')
  const query = queryFields(target, ['key'])
  if (query.kind === 'refused') return { kind: 'refused', reply: query.reason }
  const key = keyOf(target, query.value)
  if (key.kind === 'refused') return { kind: 'refused', reply: key.reason }
  const known = namedVersions(req.headers['if-none-match'])
  if (known.kind === 'refused') return { kind: 'refused', reply: known.reason }
  const minVersion = minVersionOf(req.headers['diststore-min-version'])
  if (minVersion.kind === 'refused') return { kind: 'refused', reply: minVersion.reason }
  return { kind: 'ok', key: key.value, known: known.value, minVersion: minVersion.value }
}

/** What Diststore-Min-Version says; undefined without the header. */
function minVersionOf(
  header: string | readonly string[] | undefined,
): Decoded<Version | undefined, Reply> {
  if (header === undefined) return ok(undefined)
  const version = parseMinVersion(String(header))
  return version.kind === 'ok' ? version : refused(problemReply('malformed-header', version.reason))
}

/** What became of a read, as an answer. */
export function outcomeReply(
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
