// The words of the store contract: places, keys, entries, and how they compare.
// Holds no rule.
import type { Test } from 'tap'
import type { PageBounds } from '../../src/core/ports.ts'
import { nameOf } from '../../src/core/travel.ts'
import type { StoreChange } from '../../src/core/step.ts'
import type { Entry } from '../../src/core/types.ts'
import { formatVersion } from '../../src/core/version.ts'
import type { Store } from '../../src/storage/store.ts'

/** One place for a store: opened, closed and opened again. */
export interface StoreLab {
  /** Opens the store, or opens it again; the one opened before is closed. */
  open(options?: { bytesMax: number }): Promise<Store>
  dispose(): Promise<void>
}

/** States one rule of the contract; `run` gets a new place. */
export type Rule = (title: string, run: (t: Test, lab: StoreLab) => Promise<void>) => void

export const WRITER = '00000000000000aa'
export const NODE = '0123456789abcdef'

/** Keys that have broken stores: in byte order of their UTF-8. */
export const ODD_KEYS = [
  '\u0000',
  '\u0000a',
  '%00',
  '.',
  '..',
  '__proto__',
  'a',
  'a\u0000',
  'a\u0000b',
  'aa',
  'constructor',
  'x'.repeat(511),
  '\u00e9',
  '\u20ac'.repeat(170),
  '\ufeffbom',
  '\uffff',
  '\u{10000}',
  '\u{1f600}',
]

export function version(n: number): string {
  return formatVersion(1_700_000_000_000 + n, n & 0xffff, WRITER)
}

export function value(key: string, n: number, text = `value ${n}`): Entry {
  const content = { kind: 'value' as const, bytes: Buffer.from(text), contentType: 'text/plain' }
  return { key, version: version(n), expiresAtMs: undefined, requestId: requestId(n), content }
}

export function tombstone(key: string, n: number): Entry {
  return { ...value(key, n), content: { kind: 'tombstone' } }
}

export function put(entry: Entry): StoreChange {
  return { kind: 'put', entry }
}

/** Applies and waits until it is flushed. */
export function applied(store: Store, changes: readonly StoreChange[]): Promise<void> {
  return new Promise((resolve) => store.apply(changes, resolve))
}

export const everything: PageBounds = {
  after: undefined,
  upTo: undefined,
  wanted: undefined,
  valueBytesMax: Number.MAX_SAFE_INTEGER,
  bytesMax: Number.MAX_SAFE_INTEGER,
  keysMax: Number.MAX_SAFE_INTEGER,
}

export function names(store: Store): string[] {
  return namesOf(store.page({ ...everything, valueBytesMax: -1 })).concat()
}

export function namesOf(page: ReturnType<Store['page']>): string[] {
  return page.items.map((item) => nameOf(item).key)
}

/** A value that compares by content, whichever kind of bytes it holds. */
export function plain(value: unknown): unknown {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Uint8Array) return Buffer.from(part).toString('latin1')
    return isBufferJson(part) ? Buffer.from(part.data).toString('latin1') : part
  })
  return text === undefined ? undefined : JSON.parse(text)
}

/** What Buffer's own toJSON makes of it before a replacer sees it. */
function isBufferJson(part: unknown): part is { data: number[] } {
  return typeof part === 'object' && part !== null && 'type' in part && part.type === 'Buffer'
}

function requestId(n: number): string {
  return n.toString(16).padStart(32, '0')
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
