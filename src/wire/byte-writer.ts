// Writes numbers and texts, big endian, into one block of a fixed size.
// What does not fit a field is a bug of the caller, never cut or wrapped.
import { assert } from '../core/assert.ts'

/** The highest number of 48 bits. */
export const UINT48_MAX = 2 ** 48 - 1

/** The highest number of 32 bits. */
export const UINT32_MAX = 2 ** 32 - 1

export class ByteWriter {
  readonly #block: Buffer
  #at = 0

  constructor(bytesMax: number) {
    this.#block = Buffer.allocUnsafe(bytesMax)
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at
  }

  /** What was written so far, not copied. */
  written(): Buffer {
    return this.#block.subarray(0, this.#at)
  }

  uint8(value: number): void {
    this.#uint(value, 1)
  }

  uint16(value: number): void {
    this.#uint(value, 2)
  }

  uint32(value: number): void {
    this.#uint(value, 4)
  }

  uint48(value: number): void {
    this.#uint(value, 6)
  }

  /** A whole number below 2^53 in eight bytes. */
  uint64(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, `${value} is no whole number below 2^53`)
    this.#uint(Math.floor(value / 2 ** 32), 4)
    this.#uint(value % 2 ** 32, 4)
  }

  /** A text of hex digits, two a byte, that must be `bytes` long. */
  hex(digits: string, bytes: number): void {
    this.#room(bytes)
    const written = this.#block.write(digits, this.#at, 'hex')
    assert(written === bytes && digits.length === 2 * bytes, `${digits} is not ${bytes} bytes`)
    this.#at += bytes
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#block.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** UTF-8 after a length of one byte. */
  text8(text: string): void {
    const bytes = Buffer.from(text, 'utf8')
    this.uint8(bytes.length)
    this.raw(bytes)
  }

  /** Bytes after a length of two bytes. */
  block16(bytes: Uint8Array): void {
    this.uint16(bytes.length)
    this.raw(bytes)
  }

  /** Overwrites two bytes written earlier. */
  putUint16(value: number, at: number): void {
    this.#block.writeUInt16BE(value, at)
  }

  #uint(value: number, bytes: number): void {
    const isFitting = Number.isInteger(value) && value >= 0 && value < 2 ** (8 * bytes)
    assert(isFitting, `${value} does not fit ${bytes} bytes`)
    this.#room(bytes)
    this.#at = this.#block.writeUIntBE(value, this.#at, bytes)
  }

  #room(bytes: number): void {
    assert(this.#at + bytes <= this.#block.length, 'the block is full')
  }
}
