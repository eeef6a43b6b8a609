// Every decoder that reads bytes of strangers, with examples to start from and what must hold for
// any bytes at all: it never throws, what it builds is bounded by what it read, and what it
// understood it would write the same way again.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { Unpackr } from 'msgpackr'
import { readSecrets } from '../../src/config/secret-file.ts'
import { isGenuine, parseClaim, provenStamp } from '../../src/wire/call-auth.ts'
import {
  parseCondition,
  parseIdempotencyKey,
  parseIfNoneMatch,
  parseTtl,
} from '../../src/wire/command.ts'
import { createKeyring, decodeDatagram, encodeDatagram } from '../../src/wire/datagram.ts'
import type { Decoded } from '../../src/wire/decoded.ts'
import { type FormField, parseForm, parseQuery } from '../../src/wire/form.ts'
import { encodeKey, parseKeyPath } from '../../src/wire/key.ts'
import { CONDITION_VERSIONS_MAX, FORM_FIELDS_MAX, TTL_MS_MAX } from '../../src/wire/limits.ts'
import { scanMsgpack } from '../../src/wire/msgpack-scan.ts'
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../src/wire/node-message.ts'
import { hostileSeeds, messageSeeds, packetSeeds, textSeeds } from './seeds.ts'

export interface Target {
  readonly about: string
  readonly seeds: () => readonly Uint8Array[]
  /** Throws when something does not hold. Gives back how it ended: new ends are worth a look. */
  readonly run: (bytes: Uint8Array) => string
}

const KEYRING = createKeyring('default', [Buffer.alloc(32, 7)])
const HEADER_BYTES = 40
const TAG_BYTES = 16

/** What a decoder may build: this much, and so many units for each byte that it read. */
const WEIGHT_FREE = 4096
const WEIGHT_PER_BYTE = 16

/** What an empty list or map costs, in bytes of text. */
const CONTAINER_WEIGHT = 32

export const TARGETS: Readonly<Record<string, Target>> = {
  packet: {
    about: 'a datagram as it comes from the network',
    seeds: packetSeeds,
    run: (bytes) => endOf(bytes, decodeDatagram(bytes, KEYRING)),
  },
  body: {
    about:
      'a datagram whose tag is right, whatever is in it: all that a node with the secret sends',
    seeds: packetSeeds,
    run: runBody,
  },
  request: {
    about: 'the body of a call between nodes',
    seeds: () => messageSeeds('request'),
    run: (bytes) =>
      runMessage(bytes, decodeRequest, ({ sender, request }) => encodeRequest(sender, request)),
  },
  response: {
    about: 'the body of an answer between nodes',
    seeds: () => messageSeeds('response'),
    run: (bytes) =>
      runMessage(bytes, decodeResponse, ({ sender, response }) => encodeResponse(sender, response)),
  },
  msgpack: {
    about: 'what the scan lets through to msgpackr',
    seeds: () => [...messageSeeds('request'), ...messageSeeds('response'), ...hostileSeeds()],
    run: runMsgpack,
  },
  form: { about: 'an urlencoded form or query', seeds: () => textSeeds('form'), run: runForm },
  key: { about: 'a key in a path', seeds: () => textSeeds('key'), run: runKey },
  command: {
    about: 'ttl, conditions and Idempotency-Key, a line each',
    seeds: () => textSeeds('command'),
    run: runCommand,
  },
  signature: {
    about: 'the headers that sign calls and answers',
    seeds: () => textSeeds('signature'),
    run: runSignature,
  },
  secrets: { about: 'a secret file', seeds: () => textSeeds('secrets'), run: runSecrets },
}

/** The kind of what came out, or why nothing did. */
function endOf(bytes: Uint8Array, decoded: Decoded<unknown>): string {
  if (decoded.kind === 'refused') return wordsOnly(decoded.reason)
  const weight = weightOf(decoded.value)
  assert(
    weight <= WEIGHT_FREE + WEIGHT_PER_BYTE * bytes.length,
    `${bytes.length} bytes became something of weight ${weight}`,
  )
  return 'ok'
}

function runBody(bytes: Uint8Array): string {
  if (bytes.length < HEADER_BYTES + TAG_BYTES) return 'short'
  const packet = Buffer.from(bytes)
  encodeDatagram(SENT, { kind: 'goodbye', reason: '' }, KEYRING)
    .slice(0, 12)
    .forEach((byte, at) => {
      // Type and flags stay as they are; the counter may be anything.
      if (at !== 3) packet[at] = byte
    })
  packet.writeUInt16BE(Math.min(0xffff, packet.length - HEADER_BYTES - TAG_BYTES), 6)
  const signed = packet.subarray(0, -TAG_BYTES)
  const { key } = KEYRING.signer
  createHmac('sha256', key).update(signed).digest().copy(packet, signed.length, 0, TAG_BYTES)
  const decoded = decodeDatagram(packet, KEYRING)
  if (decoded.kind === 'refused') return endOf(packet, decoded)
  const again = encodeDatagram(decoded.value, decoded.value.datagram, KEYRING)
  const reread = decodeDatagram(again, KEYRING)
  assert(reread.kind === 'ok', 'what was written cannot be read')
  const twice = encodeDatagram(reread.value, reread.value.datagram, KEYRING)
  assert.deepEqual(twice, again, 'the form is not canonical')
  return `${endOf(packet, decoded)} ${decoded.value.datagram.kind}`
}

const SENT = {
  sender: { id: '0'.repeat(16), incarnation: 0, clock: `${'0'.repeat(16)}-${'0'.repeat(16)}` },
  counter: 1,
}

function runMessage<T>(
  bytes: Uint8Array,
  decode: (body: Uint8Array) => Decoded<T>,
  encode: (value: T) => Uint8Array,
): string {
  const decoded = decode(bytes)
  if (decoded.kind === 'ok') {
    const again = Uint8Array.from(encode(decoded.value))
    const reread = decode(again)
    assert(reread.kind === 'ok', 'what was written cannot be read')
    assert.deepEqual(Uint8Array.from(encode(reread.value)), again, 'the form is not canonical')
  }
  return endOf(bytes, decoded)
}

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' })

function runMsgpack(bytes: Uint8Array): string {
  const trouble = scanMsgpack(bytes)
  if (trouble !== undefined) return trouble
  const value: unknown = unpackr.unpack(Buffer.from(bytes))
  return endOf(bytes, { kind: 'ok', value })
}

function runForm(bytes: Uint8Array): string {
  const form = parseForm(bytes)
  const query = parseQuery(Buffer.from(bytes).toString('latin1'))
  if (form.kind === 'ok') {
    const size = form.value.reduce((sum, { name, value }) => sum + name.length + value.length, 0)
    assert(size <= bytes.length, 'a form grew')
    assert(form.value.length <= FORM_FIELDS_MAX, 'too many fields')
    const again = parseForm(Buffer.from(form.value.map(formText).join('&')))
    assert.deepEqual(again, { kind: 'ok', value: form.value })
  }
  // The rest of the sentence quotes the input.
  return `${endOf(bytes, form).slice(0, 20)}, ${query.kind}`
}

function formText({ name, value }: FormField): string {
  const escaped = [...value].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  return `${encodeURIComponent(name)}=${escaped}`
}

function runKey(bytes: Uint8Array): string {
  const key = parseKeyPath(Buffer.from(bytes).toString('latin1'))
  if (key.kind === 'refused') return key.reason.trouble
  assert(Buffer.byteLength(key.value) <= bytes.length, 'a key grew')
  assert.deepEqual(parseKeyPath(encodeKey(key.value)), key)
  return 'ok'
}

function runCommand(bytes: Uint8Array): string {
  const [ttl = '', ifMatch = '', ifNoneMatch = '', id = ''] = Buffer.from(bytes)
    .toString('latin1')
    .split('\n')
  const parsed = parseTtl(ttl)
  if (parsed.kind === 'ok') {
    const ms = parsed.value
    assert(Number.isInteger(ms) && ms >= 1 && ms <= TTL_MS_MAX, `a ttl of ${ms} ms`)
  }
  const condition = parseCondition({ ifMatch, ifNoneMatch: undefined })
  const other = parseCondition({ ifMatch: undefined, ifNoneMatch })
  const named = parseIfNoneMatch(ifNoneMatch)
  if (named.kind === 'ok' && named.value.kind === 'versions') {
    assert(named.value.versions.length <= CONDITION_VERSIONS_MAX, 'too many versions')
  }
  const request = parseIdempotencyKey(id)
  if (request.kind === 'ok') assert.match(request.value, /^[0-9a-f]{32}$/)
  return [parsed, condition, other, named, request].map(({ kind }) => kind).join(' ')
}

function runSignature(bytes: Uint8Array): string {
  const header = Buffer.from(bytes).toString('latin1')
  const response = { status: 200, requestMac: '0'.repeat(64), body: Buffer.alloc(0) }
  assert.equal(provenStamp(header, response, KEYRING), undefined, 'a forged proof')
  const claim = parseClaim(header)
  if (claim === undefined) return 'no claim'
  const { keyId, stamp, numbered, mac } = claim
  const { id, incarnation, number } = numbered
  const again = `DC1 ${keyId},${stamp},${id}-${incarnation}-${number},${mac}`
  assert.deepEqual(parseClaim(again), claim)
  const request = { path: '/_node/ping', host: '10.0.0.1:8181', digest: '' }
  assert(!isGenuine(claim, request, KEYRING), 'a forged claim')
  return 'claim'
}

function runSecrets(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8')
  const read = readSecrets('/s', () => ({ kind: 'text', text, mode: 0o600 }))
  if (read.kind === 'secrets') {
    for (const secret of read.secrets) assert(secret.length >= 32, 'a short secret')
    return 'secrets'
  }
  assert(read.sentence.length < 200 && !read.sentence.includes('\n'), 'a long sentence')
  return wordsOnly(read.sentence)
}

/** Numbers and quoted texts come from the input; the sentence around them says what happened. */
function wordsOnly(sentence: string): string {
  return sentence.replaceAll(/[0-9]+|"[^"]*"/g, '').slice(0, 60)
}

/** A unit for every plain value, character and byte. */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length
  if (value instanceof Uint8Array) return 1 + value.length
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((sum: number, each) => sum + weightOf(each), CONTAINER_WEIGHT)
}
