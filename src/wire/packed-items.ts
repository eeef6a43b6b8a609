// The items of a page as one block of bytes: a mirror moves a million of them, and objects one by one cost
// several times as much on both sides. Refuses what is malformed, never throws; decides nothing.
import { assert } from '../core/assert.ts'
import { CONTENT_TYPE_BYTES_MAX, KEY_BYTES_MAX } from '../core/limits.ts'
import type { TravelEntry } from '../core/messages.ts'
import type { EntryHead, PageItem, TravelRecord } from '../core/pages.ts'
import type { Content } from '../core/types.ts'
import { writeHex } from './hex.ts'
import { decodeHead, isWholeValue, type RecordHead, typeIn } from './record.ts'
import { decodeUtf8, utf8Bytes } from './utf8.ts'

// An item: flags, length of the key, key, version; then for a head the bytes of its value, for an entry its
// request id, the time left if there is one, and of a value the type and the bytes. A record: flags, length of the
// key, key, the time left if there is one, length of the record, record (record.ts). Big endian but for the record.
const HEAD = 1
const TOMBSTONE = 2
const EXPIRES = 4
const RECORD = 8
const ALL_FLAGS = HEAD | TOMBSTONE | EXPIRES | RECORD

const ID_BYTES = 16
/** Of a value that does not come along. */
const LENGTH_BYTES = 6
const HALF_BYTES = 8
const HALF_DIGITS = 16

/** Flags, length of the key, version, request id, time left, lengths of type and value. Unit: bytes. */
const ITEM_BYTES_MAX = 1 + 2 + ID_BYTES + ID_BYTES + 8 + 1 + 4

/** The values are copied into the result. */
export function packItems(items: readonly PageItem[]): Uint8Array {
  return new ItemWriter(items.reduce((sum, item) => sum + bytesMax(item), 0)).write(items)
}

/** At most `itemsMax` items, or undefined when the block is no such thing. Values are views of it. */
export function unpackItems(block: Uint8Array, itemsMax: number): PageItem[] | undefined {
  return new ItemReader(block).read(itemsMax)
}

/** No character of UTF-16 takes more than three bytes. */
const CHARACTER_BYTES_MAX = 3

function bytesMax(item: PageItem): number {
  if (item.kind === 'head') return ITEM_BYTES_MAX + CHARACTER_BYTES_MAX * item.head.key.length
  if (item.kind === 'record') {
    const { key, bytes } = item.record
    return ITEM_BYTES_MAX + CHARACTER_BYTES_MAX * key.length + bytes.length
  }
  const { key, content } = item.entry
  const keyBytes = CHARACTER_BYTES_MAX * key.length
  if (content.kind === 'tombstone') return ITEM_BYTES_MAX + keyBytes
  return ITEM_BYTES_MAX + keyBytes + utf8Bytes(content.contentType) + content.bytes.length
}

class ItemWriter {
  readonly #block: Buffer
  #at = 0

  constructor(bytesMax: number) {
    this.#block = Buffer.allocUnsafeSlow(bytesMax)
  }

  write(items: readonly PageItem[]): Uint8Array {
    for (const item of items) {
      if (item.kind === 'record') this.#record(item.record)
      else if (item.kind === 'head') this.#head(item.head)
      else this.#entry(item.entry)
    }
    return this.#block.subarray(0, this.#at)
  }

  #head({ key, version, isTombstone, valueBytes }: EntryHead): void {
    this.#name(HEAD | (isTombstone ? TOMBSTONE : 0), key, version)
    this.#at = this.#block.writeUIntBE(valueBytes, this.#at, LENGTH_BYTES)
  }

  #entry({ key, version, requestId, ttlLeftMs, content }: TravelEntry): void {
    const isTombstone = content.kind === 'tombstone'
    const flags = (isTombstone ? TOMBSTONE : 0) | (ttlLeftMs === undefined ? 0 : EXPIRES)
    this.#name(flags, key, version)
    this.#digits(requestId, 0, ID_BYTES)
    if (ttlLeftMs !== undefined) this.#at = this.#block.writeDoubleBE(ttlLeftMs, this.#at)
    if (!isTombstone) this.#value(content)
  }

  #record({ key, ttlLeftMs, bytes }: TravelRecord): void {
    this.#key(RECORD | (ttlLeftMs === undefined ? 0 : EXPIRES), key)
    if (ttlLeftMs !== undefined) this.#at = this.#block.writeDoubleBE(ttlLeftMs, this.#at)
    this.#bytes(bytes)
  }

  #name(flags: number, key: string, version: string): void {
    this.#key(flags, key)
    this.#digits(version, 0, HALF_BYTES)
    this.#digits(version, HALF_DIGITS + 1, HALF_BYTES)
  }

  #key(flags: number, key: string): void {
    const block = this.#block
    block[this.#at] = flags
    const keyAt = this.#at + 3
    const keyBytes = block.write(key, keyAt)
    block.writeUInt16BE(keyBytes, this.#at + 1)
    this.#at = keyAt + keyBytes
  }

  #value({ contentType, bytes }: Extract<Content, { kind: 'value' }>): void {
    const block = this.#block
    const typeBytes = block.write(contentType, this.#at + 1)
    assert(typeBytes <= CONTENT_TYPE_BYTES_MAX, 'a content type has a length of one byte')
    block[this.#at] = typeBytes
    this.#at += 1 + typeBytes
    this.#bytes(bytes)
  }

  #bytes(bytes: Uint8Array): void {
    this.#at = this.#block.writeUInt32BE(bytes.length, this.#at)
    this.#block.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #digits(text: string, from: number, count: number): void {
    const isWhole = writeHex(text, from, { bytes: this.#block, at: this.#at, count })
    assert(isWhole, `${text} has not the digits of ${count} bytes`)
    this.#at += count
  }
}

const NOTHING = new Uint8Array(0)

class ItemReader {
  readonly #block: Buffer
  #at = 0
  #isBroken = false
  /** Mostly every value of a page has the same one. */
  #lastType: { readonly bytes: Uint8Array; readonly text: string } = { bytes: NOTHING, text: '' }

  constructor(block: Uint8Array) {
    this.#block = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
  }

  read(itemsMax: number): PageItem[] | undefined {
    const items: PageItem[] = []
    while (this.#at < this.#block.length) {
      items.push(this.#item())
      if (this.#isBroken || items.length > itemsMax) return undefined
    }
    return items
  }

  #item(): PageItem {
    const flags = this.#uint8()
    if ((flags & ~ALL_FLAGS) !== 0) this.#isBroken = true
    const key = this.#key()
    if ((flags & RECORD) !== 0) return { kind: 'record', record: this.#record(flags, key) }
    const version = this.#version()
    const isTombstone = (flags & TOMBSTONE) !== 0
    if ((flags & HEAD) !== 0) {
      if ((flags & EXPIRES) !== 0) this.#isBroken = true
      const valueBytes = this.#uint48()
      return { kind: 'head', head: { key, version, isTombstone, valueBytes } }
    }
    const requestId = this.#digits(ID_BYTES)
    const ttlLeftMs = (flags & EXPIRES) === 0 ? undefined : this.#duration()
    const content: Content = isTombstone ? { kind: 'tombstone' } : this.#value()
    return { kind: 'entry', entry: { key, version, ttlLeftMs, requestId, content } }
  }

  /** Checked to its last byte: it is stored as it is. */
  #record(flags: number, key: string): TravelRecord {
    if ((flags & ~(RECORD | EXPIRES)) !== 0) this.#isBroken = true
    const ttlLeftMs = (flags & EXPIRES) === 0 ? undefined : this.#duration()
    const length = this.#uint32()
    const start = this.#advance(length)
    const bytes = this.#block.subarray(start, start + length)
    const head = this.#isBroken ? undefined : decodeHead(bytes)
    if (head === undefined || !isWholeValue(bytes, head) || !this.#isType(bytes, head)) {
      this.#isBroken = true
      return { key, version: '', ttlLeftMs, valueBytes: 0, bytes: NOTHING }
    }
    const { version, valueBytes } = head
    return { key, version, ttlLeftMs, valueBytes, bytes }
  }

  /** The type within a record must be text. */
  #isType(record: Buffer, head: RecordHead): boolean {
    const { start, end } = typeIn(head)
    const { bytes } = this.#lastType
    if (end - start === bytes.length && record.compare(bytes, 0, bytes.length, start, end) === 0)
      return true
    const own = record.subarray(start, end)
    const text = decodeUtf8(own)
    if (text !== undefined) this.#lastType = { bytes: own, text }
    return text !== undefined
  }

  #key(): string {
    const bytes = this.#uint16()
    if (bytes === 0 || bytes > KEY_BYTES_MAX) this.#isBroken = true
    return this.#text(bytes)
  }

  #version(): string {
    const digits = this.#digits(ID_BYTES)
    return `${digits.slice(0, HALF_DIGITS)}-${digits.slice(HALF_DIGITS)}`
  }

  #duration(): number {
    const start = this.#advance(8)
    const ms = this.#isBroken ? 0 : this.#block.readDoubleBE(start)
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) this.#isBroken = true
    return ms
  }

  #value(): Content {
    const contentType = this.#type(this.#uint8())
    const length = this.#uint32()
    const start = this.#advance(length)
    const { buffer, byteOffset } = this.#block
    const bytes = new Uint8Array(buffer, byteOffset + start, this.#isBroken ? 0 : length)
    return { kind: 'value', bytes, contentType }
  }

  #type(length: number): string {
    const { bytes, text } = this.#lastType
    const start = this.#at
    const end = start + length
    if (length === bytes.length && this.#block.compare(bytes, 0, length, start, end) === 0) {
      this.#advance(length)
      return text
    }
    const found = this.#text(length)
    if (!this.#isBroken) this.#lastType = { bytes: this.#block.subarray(start, end), text: found }
    return found
  }

  #text(length: number): string {
    const start = this.#advance(length)
    if (this.#isBroken) return ''
    const end = start + length
    const block = this.#block
    let at = start
    while (at < end && (block[at] ?? 0) < 0x80) at++
    if (at === end) return block.toString('latin1', start, end)
    const text = decodeUtf8(block.subarray(start, end))
    if (text === undefined) this.#isBroken = true
    return text ?? ''
  }

  #digits(length: number): string {
    const start = this.#advance(length)
    return this.#isBroken ? '' : this.#block.toString('hex', start, start + length)
  }

  #uint8(): number {
    const start = this.#advance(1)
    return this.#isBroken ? 0 : (this.#block[start] ?? 0)
  }

  #uint16(): number {
    const start = this.#advance(2)
    return this.#isBroken ? 0 : this.#block.readUInt16BE(start)
  }

  #uint32(): number {
    const start = this.#advance(4)
    return this.#isBroken ? 0 : this.#block.readUInt32BE(start)
  }

  #uint48(): number {
    const start = this.#advance(LENGTH_BYTES)
    return this.#isBroken ? 0 : this.#block.readUIntBE(start, LENGTH_BYTES)
  }

  /** Where so many bytes begin; past the end everything is broken. */
  #advance(length: number): number {
    const start = this.#at
    if (length > this.#block.length - start) this.#isBroken = true
    else this.#at += length
    return start
  }
}
