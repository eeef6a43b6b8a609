// What an entry is without its value: for pages, and for the tally.
// Never looks at the value's bytes.
import type { EntryHead } from '../core/pages.ts'
import type { StoredRecord } from '../core/ports.ts'
import type { Entry } from '../core/types.ts'
import type { Known } from './tally.ts'

/** An entry without its value. */
export function headOf(entry: Entry): EntryHead {
  const { key, version, content } = entry
  const valueBytes = content.kind === 'value' ? content.bytes.length : 0
  return { key, version, isTombstone: content.kind === 'tombstone', valueBytes }
}

/** What an entry counts as in a tally, and when it ends. */
export function countedEntry(entry: Entry, keyBytes: Uint8Array): Known {
  const { version, isTombstone, valueBytes } = headOf(entry)
  return { keyBytes, version, isTombstone, valueBytes, expiresAtMs: entry.expiresAtMs }
}

/** What a store is given to keep under a key. */
export type Stored = Entry | StoredRecord

export function isRecord(stored: Stored): stored is StoredRecord {
  return 'valueBytes' in stored
}

/** As `countedEntry`; a record is not looked into. */
export function countedStored(stored: Stored, keyBytes: Uint8Array): Known {
  if (!isRecord(stored)) return countedEntry(stored, keyBytes)
  const { version, valueBytes, expiresAtMs } = stored
  return { keyBytes, version, isTombstone: false, valueBytes, expiresAtMs }
}
