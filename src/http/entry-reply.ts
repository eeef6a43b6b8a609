// An entry as an answer: its bytes, what they are, how old and from where; or why there is none.
import type { Entry, Source } from '../core/types.ts'
import { formatEtag, type NamedVersions, parseIfNoneMatch } from '../wire/command.ts'
import { type Decoded, ok, refused } from '../wire/decoded.ts'
import { contentTypeToSend } from './content-type.ts'
import { problemReply, type Reply } from './reply.ts'

/** How an answer came about. */
export interface Provenance {
  readonly source: Source
  /** Undefined: nobody has proven that it is the newest. */
  readonly ageMs: number | undefined
  /** Masters that hold the key; undefined where the cluster was not asked. */
  readonly copies: number | undefined
}

/** What If-None-Match says; undefined without the header. */
export function namedVersions(text: string | undefined): Decoded<NamedVersions | undefined, Reply> {
  if (text === undefined) return ok(undefined)
  const named = parseIfNoneMatch(text)
  if (named.kind === 'ok') return named
  return refused(problemReply('malformed-header', named.reason))
}

/** The value, 304 when the client has it already, or 404 for a tombstone. */
export function entryReply(
  entry: Entry,
  provenance: Provenance,
  known: NamedVersions | undefined,
): Reply {
  if (entry.content.kind === 'tombstone') return absentReply(provenance)
  const headers = { ETag: formatEtag(entry.version), ...provenanceHeaders(provenance) }
  if (isKnown(entry, known)) return { status: 304, headers, body: undefined }
  const { bytes, contentType } = entry.content
  const type = contentTypeToSend(contentType)
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { status: 200, headers: { ...headers, 'Content-Type': type }, body }
}

/** 404: a master says so, or this node was the only one asked. */
export function absentReply(provenance: Provenance): Reply {
  const detail =
    provenance.copies === undefined
      ? 'This node holds nothing under this key: ask with /get for what the cluster holds.'
      : 'The cluster holds nothing under this key: store something first.'
  return problemReply('not-found', detail, { headers: provenanceHeaders(provenance) })
}

function isKnown(entry: Entry, known: NamedVersions | undefined): boolean {
  if (known === undefined) return false
  return known.kind === 'any' || known.versions.includes(entry.version)
}

function provenanceHeaders({ source, ageMs, copies }: Provenance): Record<string, string> {
  const headers = {
    ...(ageMs === undefined ? {} : { Age: String(Math.floor(ageMs / 1000)) }),
    'Diststore-Source': source,
  }
  return copies === undefined ? headers : { ...headers, 'Diststore-Copies': String(copies) }
}
