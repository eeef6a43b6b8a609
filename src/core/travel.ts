// Entries leaving for and arriving from other nodes: the expiry travels as time left.
import { unreachable } from './assert.ts'
import { SLOWEST_BYTES_PER_MS } from './limits.ts'
import type { TravelEntry } from './messages.ts'
import type { EntryHead, PageItem, TravelRecord } from './pages.ts'
import type { StoredHead, StoredRecord, StoreItem } from './ports.ts'
import type { Entry } from './types.ts'

/** An entry as it is sent. An expired one travels with 0 ms left. */
export function toTravel(entry: Entry, wallMs: number): TravelEntry {
  const { key, version, requestId, content, expiresAtMs } = entry
  return { key, version, requestId, content, ttlLeftMs: leftMs(expiresAtMs, wallMs) }
}

/** A sent entry as it is stored here: its expiry is anchored on this node's wall clock. */
export function fromTravel(travel: TravelEntry, wallMs: number): Entry {
  const { key, version, requestId, content, ttlLeftMs } = travel
  return { key, version, requestId, content, expiresAtMs: expiresAt(ttlLeftMs, wallMs) }
}

/** One key of a store's page as it is sent. */
export function itemToTravel(item: StoreItem, wallMs: number): PageItem {
  switch (item.kind) {
    case 'head':
      return item
    case 'entry':
      return { kind: 'entry', entry: toTravel(item.entry, wallMs) }
    case 'record': {
      // Named one by one: what is left over by `...` costs ten times as much, a million times.
      const { key, version, expiresAtMs, valueBytes, bytes } = item.record
      const ttlLeftMs = leftMs(expiresAtMs, wallMs)
      return { kind: 'record', record: { key, version, ttlLeftMs, valueBytes, bytes } }
    }
    default:
      return unreachable(item)
  }
}

/** A sent record as it is stored here; see `fromTravel`. */
export function recordFromTravel(travel: TravelRecord, wallMs: number): StoredRecord {
  const { key, version, ttlLeftMs, valueBytes, bytes } = travel
  return { key, version, expiresAtMs: expiresAt(ttlLeftMs, wallMs), valueBytes, bytes }
}

function leftMs(expiresAtMs: number | undefined, wallMs: number): number | undefined {
  return expiresAtMs === undefined ? undefined : Math.max(0, Math.round(expiresAtMs - wallMs))
}

function expiresAt(ttlLeftMs: number | undefined, wallMs: number): number | undefined {
  return ttlLeftMs === undefined ? undefined : Math.round(wallMs + ttlLeftMs)
}

/** An entry as a store tells of it without its value. */
export function storedHead({ version, requestId, expiresAtMs, content }: Entry): StoredHead {
  return { version, requestId, expiresAtMs, isTombstone: content.kind === 'tombstone' }
}

/** Whether there is a value to give: not for a tombstone, an expired or a missing entry. */
export function isLive(head: StoredHead | undefined, wallMs: number): head is StoredHead {
  if (head === undefined || head.isTombstone) return false
  return head.expiresAtMs === undefined || head.expiresAtMs > wallMs
}

/** The entry if it has a value to give; undefined for a tombstone, an expired or a missing entry. */
export function liveEntry(entry: Entry | undefined, wallMs: number): Entry | undefined {
  if (entry === undefined || entry.content.kind === 'tombstone') return undefined
  return entry.expiresAtMs !== undefined && entry.expiresAtMs <= wallMs ? undefined : entry
}

type Name = Pick<EntryHead, 'key' | 'version'>

/** Which entry an item of a page is of, whether its value came along or not. */
export function nameOf(
  item:
    | { readonly kind: 'head'; readonly head: Name }
    | { readonly kind: 'entry'; readonly entry: Name }
    | { readonly kind: 'record'; readonly record: Name },
): Name {
  if (item.kind === 'record') return item.record
  return item.kind === 'head' ? item.head : item.entry
}

/** How long a value of this size may be under way on the slowest network. Unit: ms. */
export function transferMs(bytes: number): number {
  return Math.floor(bytes / SLOWEST_BYTES_PER_MS)
}

/** Bytes of an entry's value. */
export function valueBytes(entry: { readonly content: Entry['content'] }): number {
  return entry.content.kind === 'value' ? entry.content.bytes.length : 0
}
