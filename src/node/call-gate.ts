// Which calls of other nodes are let in: signed with a secret of ours, for this very process, within
// the last minute by our own clock, and never twice. Looks at no wall clock and at no body.
import { FORGET_AFTER_MS } from '../core/limits.ts'
import type { Address } from '../core/types.ts'
import type { Admission, RequestGate, RequestHead, SignAnswer } from '../http/request-gate.ts'
import { OPEN_GATE } from '../http/request-gate.ts'
import type { Clock } from '../system/clock.ts'
import {
  type Claim,
  digestOf,
  isGenuine,
  NO_STAMP,
  parseClaim,
  signResponse,
} from '../wire/call-auth.ts'
import type { Keyring } from '../wire/keyring.ts'
import { CALL_WINDOW } from '../wire/limits.ts'
import { type Numbered, ReplayGuard } from '../wire/replay-guard.ts'
import { SENDER_KEEP_MS, SENDERS_MAX, STAMP_AGE_MAX_MS } from './limits.ts'
import type { Refusals } from './refusals.ts'

/**
 * Why a call was refused, in the order of the checks. `unsigned`: no signature; `malformed`: none of
 * ours; `target`: meant for another address; `key`, `mac`: another secret, or altered; `stamp`: for
 * another life of this process, or too old; `replay`: seen before; `crowded`: too many senders;
 * `digest`: another body than the one that was signed.
 */
export const CALL_REFUSALS = [
  'unsigned',
  'malformed',
  'target',
  'key',
  'mac',
  'stamp',
  'replay',
  'crowded',
  'digest',
] as const
export type CallRefusal = (typeof CALL_REFUSALS)[number]

export interface CallGateParts {
  readonly clock: Clock
  /** 32 hex digits that no other process has. */
  readonly session: string
  /** The address that this node tells others. */
  readonly address: Address
  readonly refusals: Pick<Refusals<CallRefusal>, 'count'>
}

export class CallGate implements RequestGate {
  readonly #parts: CallGateParts
  readonly #guard = new ReplayGuard({
    windowSize: CALL_WINDOW,
    sendersMax: SENDERS_MAX,
    keepMs: SENDER_KEEP_MS,
    forgetMs: FORGET_AFTER_MS,
  })
  #keyring: Keyring

  constructor(keyring: Keyring, parts: CallGateParts) {
    this.#keyring = keyring
    this.#parts = parts
  }

  /** From now on these keys are accepted and sign. What was learned about senders stays. */
  useKeyring(keyring: Keyring): void {
    this.#keyring = keyring
  }

  admit(head: RequestHead): Admission {
    if (!this.#keyring.isSecret) return OPEN_GATE.admit(head)
    const proven = this.#prove(head)
    if (typeof proven === 'string') {
      this.#parts.refusals.count(proven, head.from)
      return { kind: 'unknown' }
    }
    const sign = this.#signerOf(proven)
    const refusal = this.#freshness(proven)
    if (refusal !== undefined) {
      // A first call cannot have a stamp yet: nothing is wrong with it.
      if (proven.stamp !== NO_STAMP) this.#parts.refusals.count(refusal, head.from)
      return { kind: 'again', sign }
    }
    const isBody = (body: Uint8Array): boolean => {
      if (digestOf(body) === head.contentDigest) return true
      this.#parts.refusals.count('digest', head.from)
      return false
    }
    return { kind: 'admitted', isBody, sign }
  }

  /** Says who was here before: one of our nodes, and talking to us. */
  #prove(head: RequestHead): Claim | CallRefusal {
    const { path, host, arrivedAt, authorization, contentDigest: digest } = head
    if (authorization === undefined || digest === undefined) return 'unsigned'
    const claim = parseClaim(authorization)
    if (claim === undefined) return 'malformed'
    // The address we tell others, or another one of this host by which somebody heard us.
    if (host !== this.#parts.address && host !== arrivedAt) return 'target'
    if (this.#keyring.accepted(claim.keyId).length === 0) return 'key'
    return isGenuine(claim, { path, host, digest }, this.#keyring) ? claim : 'mac'
  }

  #freshness({ stamp, numbered }: Claim): CallRefusal | undefined {
    const nowMs = this.#parts.clock.monotonicMs()
    const [session, saidMs] = stamp.split('.')
    const ageMs = nowMs - Number(saidMs)
    if (session !== this.#parts.session || ageMs > STAMP_AGE_MAX_MS) return 'stamp'
    return this.#isFirst(numbered, nowMs)
  }

  #isFirst(numbered: Numbered, nowMs: number): CallRefusal | undefined {
    // No call from before this process has its stamp, so a new window needs no floor.
    if (!this.#guard.knows(numbered, nowMs) && !this.#guard.meet(numbered, 0, nowMs)) {
      return 'crowded'
    }
    return this.#guard.accept(numbered, nowMs) ? undefined : 'replay'
  }

  #signerOf({ mac: requestMac }: Claim): SignAnswer {
    return (status, body) => {
      const stamp = `${this.#parts.session}.${Math.floor(this.#parts.clock.monotonicMs())}`
      const proof = signResponse({ status, requestMac, stamp, body }, this.#keyring)
      return { 'Authentication-Info': proof }
    }
  }
}
