// Signatures of the calls between nodes and of their answers, as header texts. Pure: what a stamp
// or a number is worth is decided by whoever keeps count of them. docs/PACKETS.md shows the form.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { NODE_NUMBER_MAX } from './limits.ts'
import type { Keyring } from './keyring.ts'
import type { Numbered } from './replay-guard.ts'

/** The target has not given us a stamp yet. */
export const NO_STAMP = 'none'

/** What a request's signature covers, as it travels. No part of it holds a line break. */
export interface SignedRequest {
  readonly path: string
  /** The address that was called, as the Host header gives it. */
  readonly host: string
  /** The target's own words, from its last answer: which process, and when it spoke. */
  readonly stamp: string
  readonly numbered: Numbered
  /** The Content-Digest header. */
  readonly digest: string
}

/** The Authorization header, taken apart; nothing in it is proven. */
export interface Claim {
  readonly keyId: number
  readonly stamp: string
  readonly numbered: Numbered
  readonly mac: string
}

/** What an answer's signature covers. */
export interface SignedResponse {
  readonly status: number
  /** Of the request: it names the asker, the question and the target. */
  readonly requestMac: string
  readonly stamp: string
  readonly body: Uint8Array
}

const CLAIM =
  /^DC1 (\d{1,3}),(none|[0-9a-f]{32}\.\d{1,15}),([0-9a-f]{16})-(\d{1,10})-(\d{1,16}),([0-9a-f]{64})$/
const PROOF = /^DC1 (\d{1,3}),([0-9a-f]{32}\.\d{1,15}),([0-9a-f]{64})$/

/** The Content-Digest header of a body (RFC 9530). */
export function digestOf(body: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
}

/** Signs a request: its Authorization header, and the mac in it, which the answer will name. */
export function signRequest(
  request: SignedRequest,
  { signer }: Pick<Keyring, 'signer'>,
): { readonly authorization: string; readonly mac: string } {
  const mac = macOf(requestText(request), signer.callKey)
  const { id, incarnation, number } = request.numbered
  const authorization = `DC1 ${signer.keyId},${request.stamp},${id}-${incarnation}-${number},${mac}`
  return { authorization, mac }
}

/** Takes an Authorization header apart; undefined when it is none of ours. */
export function parseClaim(header: string): Claim | undefined {
  const found = CLAIM.exec(header)
  if (found === null) return undefined
  const [, keyId, stamp = '', id = '', incarnation, number, mac = ''] = found
  const numbered = { id, incarnation: Number(incarnation), number: Number(number) }
  if (numbered.number > NODE_NUMBER_MAX) return undefined
  return { keyId: Number(keyId), stamp, numbered, mac }
}

/** Whether a claim was signed with a key of the ring over this request. */
export function isGenuine(
  claim: Claim,
  request: Omit<SignedRequest, 'stamp' | 'numbered'>,
  keyring: Keyring,
): boolean {
  const text = requestText({ ...request, stamp: claim.stamp, numbered: claim.numbered })
  const keys = keyring.accepted(claim.keyId)
  return keys.some(({ callKey }) => isSame(macOf(text, callKey), claim.mac))
}

/** Signs an answer: its Authentication-Info header. */
export function signResponse(
  response: SignedResponse,
  { signer }: Pick<Keyring, 'signer'>,
): string {
  const mac = macOf(responseText(response), signer.callKey)
  return `DC1 ${signer.keyId},${response.stamp},${mac}`
}

/** The stamp in an Authentication-Info header whose signature is right; undefined otherwise. */
export function provenStamp(
  header: string,
  response: Omit<SignedResponse, 'stamp'>,
  keyring: Keyring,
): string | undefined {
  const found = PROOF.exec(header)
  if (found === null) return undefined
  const [, keyId, stamp = '', mac = ''] = found
  const text = responseText({ ...response, stamp })
  const keys = keyring.accepted(Number(keyId))
  return keys.some(({ callKey }) => isSame(macOf(text, callKey), mac)) ? stamp : undefined
}

function requestText({ path, host, stamp, numbered, digest }: SignedRequest): string {
  const { id, incarnation, number } = numbered
  const lines = ['diststore request', 'POST', path, host, stamp, `${id}-${incarnation}-${number}`]
  return [...lines, digest].join('\n')
}

function responseText({ status, requestMac, stamp, body }: SignedResponse): string {
  return ['diststore response', String(status), requestMac, stamp, digestOf(body)].join('\n')
}

function macOf(text: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(text).digest('hex')
}

/** Both are 64 hex digits. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(other, 'hex'))
}
