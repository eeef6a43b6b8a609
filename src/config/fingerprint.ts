// One number that tells whether two nodes agree on the cluster settings. Decides nothing about it.
import type { ClusterSettings } from '../core/settings.ts'

/** Raised with every change after which nodes could not understand each other. */
export const PROTOCOL_VERSION = 1

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/**
 * 32 bits over everything that every node of a cluster must have alike. Equal settings give equal
 * numbers on every machine and in every release with the same protocol version.
 */
export function fingerprintOf(settings: ClusterSettings): number {
  const agreed = {
    protocol: PROTOCOL_VERSION,
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
