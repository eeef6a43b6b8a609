// What Cache-Control asks of a read. Unknown directives are left to the caches they are for.
import type { Freshness } from './node-access.ts'

/**
 * `no-cache` asks for a strong read, `only-if-cached` for this node alone, `max-stale[=seconds]`
 * for an unproven copy rather than none. The strictest one counts when several are given.
 */
export function parseFreshness(cacheControl: string | undefined): Freshness {
  const directives = directivesOf(cacheControl ?? '')
  if (directives.has('no-cache')) return { kind: 'strong' }
  if (directives.has('only-if-cached')) return { kind: 'onlyHere' }
  const stale = directives.get('max-stale')
  if (stale === '') return { kind: 'stale', ageMsMax: Number.POSITIVE_INFINITY }
  if (stale !== undefined && /^\d+$/.test(stale)) {
    return { kind: 'stale', ageMsMax: Number(stale) * 1000 }
  }
  return { kind: 'proven' }
}

function directivesOf(header: string): Map<string, string> {
  const directives = new Map<string, string>()
  for (const directive of header.split(',')) {
    const [name = '', value = ''] = directive.split('=', 2)
    directives.set(name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1'))
  }
  return directives
}
