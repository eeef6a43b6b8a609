// One number that tells whether two nodes agree on the cluster settings. Decides nothing about it.
import type { ClusterSettings } from '../core/settings.ts'

/**
 * The form of the text below, never raised: what nodes can speak is in their heartbeats, and a number
 * that grew with it would keep a newer node from becoming master beside an older one.
 */
const FORM = 1

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/**
 * 32 bits over everything that every node of a cluster must have alike. Equal settings give equal
 * numbers on every machine and in every release.
 */
export function fingerprintOf(settings: ClusterSettings): number {
  const agreed = {
    protocol: FORM,
    mode: settings.mode,
    voters: settings.voters === 0 ? 'none' : settings.voters,
    'min-copies': settings.minCopies,
    'value-bytes-max': settings.valueBytesMax,
  }
  return fnv1a(JSON.stringify(agreed))
}

/** FNV-1a over ASCII text: enough to notice a difference, no protection against malice. */
function fnv1a(text: string): number {
  let hash = FNV_OFFSET
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME)
  }
  return hash >>> 0
}
