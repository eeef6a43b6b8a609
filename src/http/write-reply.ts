// What became of a write, as an answer: 200 applied, 503 and its like not applied, 504 unknown.
import { unreachable } from '../core/assert.ts'
import type { WriteOutcome } from '../core/types.ts'
import { formatEtag } from '../wire/command.ts'
import { jsonReply, problemReply, type Reply } from './reply.ts'

const NOT_APPLIED = { applied: false }
const ONE_COPY = '199 diststore "stored on one node only"'

export interface Written {
  readonly key: string
  readonly outcome: WriteOutcome
  readonly idempotencyKey: string
  /** A write to this node alone promises one copy, so one is no warning. */
  readonly isLocal: boolean
}

export function writeReply({ key, outcome, idempotencyKey, isLocal }: Written): Reply {
  switch (outcome.kind) {
    case 'applied': {
      const { version, copies } = outcome
      const headers = { ETag: formatEtag(version) }
      if (isLocal || copies > 1) return jsonReply({ key, version, copies }, headers)
      const degraded = { key, version, copies, degraded: true }
      return jsonReply(degraded, { ...headers, Warning: ONE_COPY })
    }
    case 'conflict':
      return conflictReply(outcome.current)
    case 'reused': {
      const detail = 'This Idempotency-Key was used for another key or value: take a new one.'
      return problemReply('key-reused', detail, { extra: NOT_APPLIED })
    }
    case 'full': {
      const detail = 'The store is full: delete something, or raise store-bytes-max on the masters.'
      return problemReply('store-full', detail, { extra: NOT_APPLIED })
    }
    case 'refused':
      return problemReply('unavailable', outcome.reason, { extra: NOT_APPLIED })
    case 'unknown': {
      const detail = `${outcome.reason} Send it again with the Idempotency-Key given here: it is then applied once.`
      return problemReply('outcome-unknown', detail, {
        extra: { applied: 'unknown', idempotencyKey },
      })
    }
    default:
      return unreachable(outcome)
  }
}

function conflictReply(current: string | undefined): Reply {
  const extra = { ...NOT_APPLIED, current: current ?? null }
  if (current === undefined) {
    const detail = 'There is nothing under this key: store it without If-Match.'
    return problemReply('condition-failed', detail, { extra })
  }
  const detail = 'The entry has another version: read it again, then decide.'
  const headers = { ETag: formatEtag(current) }
  return problemReply('condition-failed', detail, { extra, headers })
}
