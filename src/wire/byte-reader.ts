// Reads what ByteWriter wrote. Past the end, or where a text is no text, it gives zeros and
// remembers: ask `isBroken` once at the end. Copies nothing but texts.
import { decodeUtf8 } from './utf8.ts'

export class ByteReader {
  readonly #bytes: Buffer
  #at = 0
  #isBroken = false

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Something read so far was not there, or was given up with `breakOff`. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  /** Everything was read, and all of it made sense. */
  get isAtEnd(): boolean {
    return !this.#isBroken && this.#at === this.#bytes.length
  }

  /** What was read makes no sense: everything from here on reads as zeros. */
  breakOff(): void {
    this.#isBroken = true
  }

  uint8(): number {
    return this.#uint(1)
  }

  uint16(): number {
    return this.#uint(2)
  }

  uint32(): number {
    return this.#uint(4)
  }

  uint48(): number {
    return this.#uint(6)
  }

  /** Eight bytes as a number; 2^53 and above breaks off. */
  uint64(): number {
    const value = this.#uint(4) * 2 ** 32 + this.#uint(4)
    if (Number.isSafeInteger(value)) return value
    this.breakOff()
    return 0
  }

  /** So many bytes as lower case hex digits. */
  hex(bytes: number): string {
    return this.#take(bytes)
      .toString('hex')
      .padEnd(2 * bytes, '0')
  }

  /** UTF-8 after a length of one byte. */
  text8(): string {
    return this.#text(this.uint8())
  }

  /** UTF-8 after a length of two bytes. */
  text16(): string {
    return this.#text(this.uint16())
  }

  /** Bytes after a length of two bytes: a view of the input. */
  block16(): Uint8Array {
    const block = this.#take(this.uint16())
    return new Uint8Array(block.buffer, block.byteOffset, block.byteLength)
  }

  #text(bytes: number): string {
    const text = decodeUtf8(this.#take(bytes))
    if (text === undefined) this.breakOff()
    return text ?? ''
  }

  #uint(bytes: number): number {
    return this.#has(bytes) ? this.#bytes.readUIntBE(this.#advance(bytes), bytes) : 0
  }

  #take(bytes: number): Buffer {
    if (!this.#has(bytes)) return this.#bytes.subarray(0, 0)
    const start = this.#advance(bytes)
    return this.#bytes.subarray(start, start + bytes)
  }

  #has(bytes: number): boolean {
    if (this.#at + bytes > this.#bytes.length) this.#isBroken = true
    return !this.#isBroken
  }

  #advance(bytes: number): number {
    const start = this.#at
    this.#at += bytes
    return start
  }
}
