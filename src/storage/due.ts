// Entries in order of time: which time an entry has, a page of those that are due, and an order of
// them in memory. Never decides what becomes of them.
import type { DueBounds, DueEntry, DueKind, DuePage, DuePlace } from '../core/ports.ts'
import { versionMs } from '../core/version.ts'
import { SortedKeys } from './key-order.ts'
import type { Known } from './tally.ts'

/** The latest time there is a place for: six bytes. Unit: ms since 1970. */
export const DUE_MS_MAX = 2 ** 48 - 1

const MS_DIGITS = 12

/** The order an entry has a place in, and where. */
export interface Due {
  readonly kind: DueKind
  readonly dueMs: number
}

/** Undefined: the entry has no end and is no tombstone. */
export function dueOf(
  entry: Pick<Known, 'version' | 'isTombstone' | 'expiresAtMs'>,
): Due | undefined {
  if (entry.isTombstone) return { kind: 'tombstone', dueMs: versionMs(entry.version) }
  if (entry.expiresAtMs === undefined) return undefined
  const dueMs = Math.min(DUE_MS_MAX, Math.max(0, Math.ceil(entry.expiresAtMs)))
  return { kind: 'expiring', dueMs }
}

/**
 * A page of places in order. Each is looked up: only what is stored just so is named, for a place
 * may be left over from a record that was damaged, or be ahead of a change that is on its way.
 */
export function fillDuePage(
  places: Iterable<DuePlace>,
  bounds: DueBounds,
  stored: (key: string) => Known | undefined,
): DuePage {
  const entries: DueEntry[] = []
  let looked = 0
  for (const place of places) {
    if (place.dueMs > bounds.upToMs) break
    const entry = stored(place.key)
    const due = entry && dueOf(entry)
    if (entry !== undefined && due?.kind === bounds.kind && due.dueMs === place.dueMs) {
      entries.push({ ...place, version: entry.version })
    }
    if (++looked >= bounds.entriesMax) return { entries, end: place }
  }
  return { entries, end: undefined }
}

/** Places in memory: twelve digits of time, then the key. */
export class DueKeys {
  readonly #orders: Readonly<Record<DueKind, SortedKeys>> = {
    expiring: new SortedKeys(),
    tombstone: new SortedKeys(),
  }

  add({ kind, dueMs }: Due, key: string): void {
    this.#orders[kind].add(placeText(dueMs, key))
  }

  remove({ kind, dueMs }: Due, key: string): void {
    this.#orders[kind].remove(placeText(dueMs, key))
  }

  *from(kind: DueKind, after: DuePlace | undefined): Iterable<DuePlace> {
    const start = after === undefined ? '' : placeText(after.dueMs, after.key)
    for (const text of this.#orders[kind].from(start, false)) {
      const dueMs = Number.parseInt(text.slice(0, MS_DIGITS), 16)
      yield { dueMs, key: text.slice(MS_DIGITS) }
    }
  }
}

function placeText(dueMs: number, key: string): string {
  return dueMs.toString(16).padStart(MS_DIGITS, '0') + key
}
