// Walks a msgpack body without building anything and says whether it is safe to build.
// Why: msgpackr also understands records, references, regular expressions and bundles. Those can
// loop, multiply the input or compile code, and no message of ours needs any of them.
import { MESSAGE_DEPTH_MAX, MESSAGE_FIELDS_MAX } from './limits.ts'
import { decodeUtf8 } from './utf8.ts'

/** A real message has at most one list or map in so many bytes; a few for the small ones. */
const BYTES_PER_CONTAINER = 8
const CONTAINERS_FREE = 64

/** Bytes after the tokens 0xca to 0xd3: floats, unsigned and signed numbers. */
const NUMBER_BYTES: readonly number[] = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8]

const ENDS_EARLY = 'it ends early'

/**
 * Undefined when the body is exactly one complete value made of nil, booleans, numbers, UTF-8
 * texts, bytes, lists and maps with text keys, nested at most MESSAGE_DEPTH_MAX deep, at most
 * MESSAGE_FIELDS_MAX fields a map, and with no more lists and maps than a real message of that
 * length has. Otherwise a few words on what is wrong. Linear; allocates nothing of note.
 */
export function scanMsgpack(body: Uint8Array): string | undefined {
  return new Scan(body).run()
}

/** A list or map whose values are not all scanned yet. */
interface Level {
  readonly isMap: boolean
  /** Values to come; a map has a key and a value for each field. */
  left: number
}

class Scan {
  readonly #body: Uint8Array
  readonly #view: DataView
  readonly #open: Level[] = []
  #containersLeft: number
  #at = 0
  #trouble: string | undefined

  constructor(body: Uint8Array) {
    this.#body = body
    this.#view = new DataView(body.buffer, body.byteOffset, body.byteLength)
    this.#containersLeft = CONTAINERS_FREE + Math.floor(body.length / BYTES_PER_CONTAINER)
  }

  run(): string | undefined {
    do {
      const level = this.#open.at(-1)
      const isKey = level !== undefined && level.isMap && level.left % 2 === 0
      if (level !== undefined) level.left--
      this.#value(isKey)
      while (this.#open.at(-1)?.left === 0) this.#open.pop()
    } while (this.#open.length > 0 && this.#trouble === undefined)
    if (this.#trouble === undefined && this.#at < this.#body.length)
      return 'it goes on after its end'
    return this.#trouble
  }

  #value(isKey: boolean): void {
    const token = this.#length(1)
    const isText = (token >= 0xa0 && token < 0xc0) || (token >= 0xd9 && token <= 0xdb)
    if (isKey && !isText) this.#refuse('a field name is no text')
    else if (token < 0x80 || token >= 0xe0) return
    else if (token < 0x90) this.#container(true, token & 0x0f)
    else if (token < 0xa0) this.#container(false, token & 0x0f)
    else if (token < 0xc0) this.#text(token & 0x1f)
    else this.#longValue(token)
  }

  /** Tokens 0xc0 to 0xdf. */
  #longValue(token: number): void {
    if (token === 0xc0 || token === 0xc2 || token === 0xc3) return
    if (token >= 0xc4 && token <= 0xc6) this.#skip(this.#length(2 ** (token - 0xc4)))
    else if (token >= 0xca && token <= 0xd3) this.#skip(NUMBER_BYTES[token - 0xca] ?? 0)
    else if (token >= 0xd9 && token <= 0xdb) this.#text(this.#length(2 ** (token - 0xd9)))
    else if (token === 0xdc || token === 0xdd)
      this.#container(false, this.#length(2 * (token - 0xdb)))
    else if (token === 0xde || token === 0xdf)
      this.#container(true, this.#length(2 * (token - 0xdd)))
    else this.#refuse('it uses an extension')
  }

  #container(isMap: boolean, count: number): void {
    const left = isMap ? 2 * count : count
    if (left > this.#body.length - this.#at) return this.#refuse(ENDS_EARLY)
    if (isMap && count > MESSAGE_FIELDS_MAX) return this.#refuse('a map has too many fields')
    if (this.#open.length >= MESSAGE_DEPTH_MAX) return this.#refuse('it is nested too deep')
    if (--this.#containersLeft < 0) return this.#refuse('it has too many lists and maps')
    this.#open.push({ isMap, left })
  }

  #text(length: number): void {
    const start = this.#at
    this.#skip(length)
    if (this.#trouble !== undefined) return
    for (let i = start; i < this.#at; i++) {
      if ((this.#body[i] ?? 0) < 0x80) continue
      if (decodeUtf8(this.#body.subarray(i, this.#at)) === undefined)
        this.#refuse('a text is not UTF-8')
      return
    }
  }

  /** A big endian number of 1, 2 or 4 bytes. */
  #length(bytes: number): number {
    const at = this.#at
    this.#skip(bytes)
    if (this.#trouble !== undefined) return 0
    if (bytes === 1) return this.#view.getUint8(at)
    return bytes === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at)
  }

  #skip(bytes: number): void {
    if (bytes > this.#body.length - this.#at) this.#refuse(ENDS_EARLY)
    else this.#at += bytes
  }

  #refuse(trouble: string): void {
    this.#trouble ??= trouble
  }
}
