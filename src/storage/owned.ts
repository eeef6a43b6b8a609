// Gives an entry that is kept in memory bytes of its own.
// A small value cut out of a large network buffer would otherwise keep all of that buffer alive.
import type { Entry } from '../core/types.ts'

/** Bytes a value may drag along before it is copied. Unit: bytes. */
const WASTE_MAX = 1024

/** The same entry, its value cut loose from a larger buffer. */
export function owned(entry: Entry): Entry {
  const { content } = entry
  if (content.kind === 'tombstone') return entry
  const bytes = ownedBytes(content.bytes)
  return bytes === content.bytes ? entry : { ...entry, content: { ...content, bytes } }
}

/** The same bytes, cut loose from a larger buffer. */
export function ownedBytes(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength - bytes.byteLength <= WASTE_MAX ? bytes : new Uint8Array(bytes)
}
