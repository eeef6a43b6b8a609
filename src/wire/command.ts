// The parts of a write or read that come as header and query texts: time to live, conditions,
// ETags, request ids and fingerprints. Takes nothing from chance or the clock.
import { createHash, type Hash, hash } from 'node:crypto'
import type { Change, Condition, RequestId, Version } from '../core/types.ts'
import { isVersion } from '../core/version.ts'
import { type Decoded, ok, refused } from './decoded.ts'
import { CONDITION_VERSIONS_MAX, IDEMPOTENCY_KEY_MAX, TTL_MS_MAX } from './limits.ts'

const TTL_TEXT = /^[0-9]{1,12}(?:\.[0-9]{1,12})?$/
const MS_PER_SECOND = 1000

const FINGERPRINT_DIGITS = 16

type Put = Extract<Change, { kind: 'put' }>

/** A quoted tag, perhaps weak, or a bare one, with the commas and blanks around it. */
const TAG_IN_LIST =
  /[\t ,]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"|([0-9a-f-]+))[\t ]*(?:,[\t ,]*|$)/y

/** What If-None-Match names: any entry, or these versions. */
export type NamedVersions =
  | { readonly kind: 'any' }
  | { readonly kind: 'versions'; readonly versions: readonly Version[] }

/**
 * A time to live: decimal seconds above 0, at most ten years, as whole milliseconds, at least 1.
 * `0.0004` is one millisecond: a client that asked for a short life gets one.
 */
export function parseTtl(text: string): Decoded<number> {
  if (!TTL_TEXT.test(text)) {
    return refused(
      `The ttl must be decimal seconds such as 60 or 0.5, and is "${text.slice(0, 40)}".`,
    )
  }
  const ms = Number(text) * MS_PER_SECOND
  if (ms === 0) return refused('The ttl must be above 0: leave it out for an entry without an end.')
  if (ms > TTL_MS_MAX) {
    const seconds = TTL_MS_MAX / MS_PER_SECOND
    return refused(
      `The ttl must be at most ten years, ${seconds} seconds: leave it out for no end.`,
    )
  }
  return ok(Math.max(1, Math.round(ms)))
}

/** The ETag of a version. */
export function formatEtag(version: Version): string {
  return `"${version}"`
}

/**
 * The condition of a write. If-Match takes `*` or ETags, If-None-Match only `*`; not both. A
 * well-formed ETag that is no version of ours matches nothing; malformed ones are refused.
 */
export function parseCondition(headers: {
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
}): Decoded<Condition> {
  const { ifMatch, ifNoneMatch } = headers
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    return refused('If-Match and If-None-Match contradict each other: send one of them.')
  }
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === '*') return ok({ kind: 'absent' })
    return refused('If-None-Match on a write must be *: use If-Match to name versions.')
  }
  if (ifMatch === undefined) return ok({ kind: 'none' })
  const named = parseTags(ifMatch, { header: 'If-Match', allowWeak: false })
  if (named.kind === 'refused') return named
  if (named.value.kind === 'any') return ok({ kind: 'exists' })
  return ok({ kind: 'oneOf', versions: named.value.versions })
}

/** If-None-Match of a read: the versions for which 304 is the answer. Weak ETags count too. */
export function parseIfNoneMatch(text: string): Decoded<NamedVersions> {
  return parseTags(text, { header: 'If-None-Match', allowWeak: true })
}

/** Diststore-Min-Version of a read: one ETag as this store gave it, quoted or not. */
export function parseMinVersion(text: string): Decoded<Version> {
  const [, quoted, bare] = /^[\t ]*(?:"([0-9a-f-]*)"|([0-9a-f-]+))[\t ]*$/.exec(text) ?? []
  const version = quoted ?? bare ?? ''
  if (isVersion(version)) return ok(version)
  return refused('Diststore-Min-Version must be one ETag as this store gave it.')
}

/** The request id of an Idempotency-Key: every retry with the same key has the same id. */
export function parseIdempotencyKey(text: string): Decoded<RequestId> {
  if (text.length === 0 || text.length > IDEMPOTENCY_KEY_MAX) {
    return refused(`An Idempotency-Key must have 1 to ${IDEMPOTENCY_KEY_MAX} characters.`)
  }
  return ok(hash('sha256', text).slice(0, 32))
}

/** 16 hex digits that differ, for all practical purposes, for different writes. */
export function fingerprintOf(key: string, change: Change): string {
  if (change.kind === 'put') return new PutFingerprint(key, change).add(change.bytes).end()
  return hash('sha256', JSON.stringify([key])).slice(0, FINGERPRINT_DIGITS)
}

/** The fingerprint of a put whose value comes in pieces: all at once, a large one takes long. */
export class PutFingerprint {
  readonly #hash: Hash

  constructor(key: string, { contentType, ttlMs }: Pick<Put, 'contentType' | 'ttlMs'>) {
    this.#hash = createHash('sha256')
    this.#hash.update(JSON.stringify([key, contentType, ttlMs ?? null])).update('\0')
  }

  /** The next piece of the value. */
  add(piece: Uint8Array): this {
    this.#hash.update(piece)
    return this
  }

  /** What `fingerprintOf` gives for the whole. Called once. */
  end(): string {
    return this.#hash.digest('hex').slice(0, FINGERPRINT_DIGITS)
  }
}

function parseTags(
  text: string,
  rules: { readonly header: string; readonly allowWeak: boolean },
): Decoded<NamedVersions> {
  if (text.trim() === '*') return ok({ kind: 'any' })
  const versions: Version[] = []
  TAG_IN_LIST.lastIndex = 0
  let tags = 0
  while (TAG_IN_LIST.lastIndex < text.length || tags === 0) {
    const [, weak, quoted, bare] = TAG_IN_LIST.exec(text) ?? []
    const tag = quoted ?? bare
    if (tag === undefined || (bare !== undefined && !isVersion(bare))) {
      return refused(`${rules.header} must be * or a list of ETags as this store gave them.`)
    }
    if (weak !== undefined && !rules.allowWeak) {
      return refused(`${rules.header} needs strong ETags: leave out W/.`)
    }
    if (++tags > CONDITION_VERSIONS_MAX) {
      return refused(`${rules.header} may name ${CONDITION_VERSIONS_MAX} ETags.`)
    }
    if (isVersion(tag)) versions.push(tag)
  }
  return ok({ kind: 'versions', versions })
}
