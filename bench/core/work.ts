// Writes and values of a fixed shape, for the cores.
import { Buffer } from 'node:buffer'
import type { WriteCommand } from '../../src/core/types.ts'

const VALUE = Buffer.alloc(100, 'x')

/** `key-` and 16 digits: 20 bytes. */
export function keyAt(index: number): string {
  return `key-${String(index).padStart(16, '0')}`
}

/** A put of 100 bytes. `number` makes it a write of its own. */
export function putOf(key: string, number: number): WriteCommand {
  return {
    requestId: number.toString(16).padStart(32, '0'),
    fingerprint: number.toString(16).padStart(16, '0'),
    key,
    change: {
      kind: 'put',
      bytes: VALUE,
      contentType: 'application/octet-stream',
      ttlMs: undefined,
    },
    condition: { kind: 'none' },
  }
}
