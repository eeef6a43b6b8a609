// Reads a backup as its bytes come, and refuses what is not just as it was written.
// Never throws; what it refuses it names by the place in the file.
import { createHash, type Hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { CONTENT_TYPE_BYTES_MAX, KEY_BYTES_MAX } from '../core/limits.ts'
import {
  BACKUP_FORMAT,
  BACKUP_MAGIC,
  type BackupEntry,
  type BackupHead,
  CRC_BYTES,
  DIGEST_BYTES,
  EXPIRES,
  FRAME,
  FRAME_BYTES_MAX,
  FRAME_HEAD_BYTES,
  PREFACE_BYTES,
} from './backup.ts'
import { decodeUtf8 } from './utf8.ts'

export type BackupPart =
  | { readonly kind: 'head'; readonly head: BackupHead }
  | { readonly kind: 'entries'; readonly entries: readonly BackupEntry[] }
  | { readonly kind: 'end'; readonly entries: number; readonly valueBytes: number }
  /** Nothing follows: the file is not used. */
  | { readonly kind: 'refused'; readonly reason: string }

export class BackupReader {
  readonly #hash: Hash = createHash('sha256')
  #chunks: Buffer[] = []
  #held = 0
  /** Bytes of the file that were taken so far. */
  #at = 0
  #state: 'preface' | 'head' | 'entries' | 'over' = 'preface'
  #entries = 0
  #valueBytes = 0

  /** The next bytes of the file, in pieces of any size. Entries are views of what was given. */
  push(bytes: Buffer): BackupPart[] {
    this.#chunks.push(bytes)
    this.#held += bytes.length
    const parts: BackupPart[] = []
    for (;;) {
      const part = this.#next()
      if (part === undefined) return parts
      if (part !== 'preface') parts.push(part)
      if (part !== 'preface' && part.kind === 'refused') {
        this.#state = 'over'
        this.#chunks = []
        this.#held = 0
        return parts
      }
    }
  }

  /** The file has ended here: undefined when it is whole. */
  end(): BackupPart | undefined {
    if (this.#state === 'over') return undefined
    const place = this.#at + this.#held
    return refuse(
      `it ends at byte ${place}, in the middle: the backup was not finished, or cut off`,
    )
  }

  #next(): BackupPart | 'preface' | undefined {
    if (this.#state === 'over') {
      if (this.#held === 0) return undefined
      return this.#damaged('more bytes follow the end')
    }
    if (this.#state === 'preface') return this.#preface()
    const head = this.#peek(FRAME_HEAD_BYTES)
    if (head === undefined) return undefined
    const kind = head.readUInt8(0)
    const length = head.readUInt32BE(1)
    if (length > FRAME_BYTES_MAX) return this.#damaged('a frame has an impossible length')
    const frame = this.#peek(FRAME_HEAD_BYTES + length + CRC_BYTES)
    if (frame === undefined) return undefined
    const body = frame.subarray(0, frame.length - CRC_BYTES)
    if (crc32(body) !== frame.readUInt32BE(body.length)) {
      return this.#damaged('a frame does not match its checksum')
    }
    const part = this.#part(kind, body.subarray(FRAME_HEAD_BYTES))
    if (part.kind === 'head' || part.kind === 'entries') this.#hash.update(frame)
    this.#drop(frame.length)
    return part
  }

  #preface(): BackupPart | 'preface' | undefined {
    const preface = this.#peek(PREFACE_BYTES)
    const start = preface ?? this.#peek(Math.min(this.#held, PREFACE_BYTES))
    const magic = BACKUP_MAGIC.subarray(0, start?.length)
    if (start === undefined || !start.subarray(0, BACKUP_MAGIC.length).equals(magic)) {
      return refuse('it is no backup of diststore')
    }
    if (preface === undefined) return undefined
    const format = preface.readUInt16BE(BACKUP_MAGIC.length)
    if (format > BACKUP_FORMAT) {
      const sentence = `it has format ${format}, and this diststore reads up to ${BACKUP_FORMAT}: restore it with the diststore that wrote it, or a newer one`
      return refuse(sentence)
    }
    this.#hash.update(preface)
    this.#drop(PREFACE_BYTES)
    this.#state = 'head'
    return 'preface'
  }

  #part(kind: number, payload: Buffer): BackupPart {
    if (kind === FRAME.failed) return refuse(decodeUtf8(payload) ?? 'the node gave it up')
    if (this.#state === 'head') {
      const head = kind === FRAME.head ? parseHead(payload) : undefined
      if (head === undefined) return this.#damaged('it does not say what it is of')
      this.#state = 'entries'
      return { kind: 'head', head }
    }
    if (kind === FRAME.entries) return this.#entriesOf(payload)
    if (kind === FRAME.end) return this.#endOf(payload)
    return this.#damaged(`a frame of the unknown kind ${kind}`)
  }

  #entriesOf(payload: Buffer): BackupPart {
    const entries: BackupEntry[] = []
    let at = 0
    while (at < payload.length) {
      const read = readEntry(payload, at)
      if (read === undefined) return this.#damaged('an entry cannot be read')
      entries.push(read.entry)
      this.#valueBytes += read.entry.bytes.length
      at = read.end
    }
    this.#entries += entries.length
    return { kind: 'entries', entries }
  }

  #endOf(payload: Buffer): BackupPart {
    if (payload.length !== 16 + DIGEST_BYTES) return this.#damaged('its end cannot be read')
    const entries = Number(payload.readBigUInt64BE(0))
    const valueBytes = Number(payload.readBigUInt64BE(8))
    if (entries !== this.#entries || valueBytes !== this.#valueBytes) {
      return this.#damaged(`it has ${this.#entries} entries, and says ${entries}`)
    }
    if (!payload.subarray(16).equals(this.#hash.digest())) {
      return this.#damaged('it does not match its digest')
    }
    this.#state = 'over'
    return { kind: 'end', entries, valueBytes }
  }

  #damaged(what: string): BackupPart {
    return refuse(`it is damaged at byte ${this.#at}: ${what}`)
  }

  /** So many bytes from here, if they have come. */
  #peek(bytes: number): Buffer | undefined {
    if (this.#held < bytes) return undefined
    if ((this.#chunks[0]?.length ?? 0) < bytes) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]?.subarray(0, bytes)
  }

  #drop(bytes: number): void {
    const [first, ...rest] = this.#chunks
    const left = first?.subarray(bytes)
    this.#chunks = left === undefined || left.length === 0 ? rest : [left, ...rest]
    this.#held -= bytes
    this.#at += bytes
  }
}

function refuse(reason: string): BackupPart {
  return { kind: 'refused', reason }
}

function parseHead(payload: Buffer): BackupHead | undefined {
  let value: { readonly [name in keyof BackupHead]?: unknown }
  try {
    value = Object(JSON.parse(decodeUtf8(payload) ?? ''))
  } catch {
    return undefined
  }
  const { cluster, node, stream, committed, at, keys } = value
  const areTexts =
    typeof cluster === 'string' &&
    typeof node === 'string' &&
    typeof stream === 'string' &&
    typeof at === 'string'
  if (!areTexts || typeof committed !== 'number' || typeof keys !== 'number') return undefined
  return { cluster, node, stream, committed, at, keys }
}

function readEntry(
  payload: Buffer,
  start: number,
): { entry: BackupEntry; end: number } | undefined {
  const fields = new Fields(payload, start)
  const key = decodeUtf8(fields.take(fields.uint(2)))
  const clock = fields.take(8).toString('hex')
  const version = `${clock}-${fields.take(8).toString('hex')}`
  const flags = fields.uint(1)
  const expiresAtMs =
    (flags & EXPIRES) === 0 ? undefined : fields.uint(4) * 2 ** 32 + fields.uint(4)
  const contentType = decodeUtf8(fields.take(fields.uint(1)))
  const bytes = fields.take(fields.uint(4))
  if (fields.isShort || key === undefined || contentType === undefined) return undefined
  const keyBytes = Buffer.byteLength(key)
  const isKey = keyBytes > 0 && keyBytes <= KEY_BYTES_MAX
  if (!isKey || contentType.length > CONTENT_TYPE_BYTES_MAX) return undefined
  return { entry: { key, version, expiresAtMs, contentType, bytes }, end: fields.at }
}

/** Reads on through a payload; past its end everything is empty. */
class Fields {
  readonly #payload: Buffer
  at: number
  isShort = false

  constructor(payload: Buffer, at: number) {
    this.#payload = payload
    this.at = at
  }

  uint(bytes: number): number {
    const field = this.take(bytes)
    return this.isShort ? 0 : field.readUIntBE(0, bytes)
  }

  take(bytes: number): Buffer {
    const field = this.#payload.subarray(this.at, this.at + bytes)
    if (field.length < bytes) this.isShort = true
    this.at += bytes
    return field
  }
}
