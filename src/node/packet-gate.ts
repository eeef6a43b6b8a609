// What a packet must pass before the core hears of it: its tag, its number, and at the first meeting
// its age or a challenge. Never reads a body before all of that, except a first heartbeat's.
import type { Datagram, Sender } from '../core/messages.ts'
import { FORGET_AFTER_MS } from '../core/limits.ts'
import type { Address, NodeId } from '../core/types.ts'
import type { Clock } from '../system/clock.ts'
import {
  DATAGRAM_REFUSALS,
  isBeat,
  type Keyring,
  readDatagram,
  type VerifiedDatagram,
  verifyDatagram,
} from '../wire/datagram.ts'
import { PACKET_WINDOW } from '../wire/limits.ts'
import { ReplayGuard } from '../wire/replay-guard.ts'
import {
  CHALLENGE_PAUSE_MS,
  CHALLENGES_MAX,
  PACKET_AGE_MAX_MS,
  SENDER_KEEP_MS,
  SENDERS_MAX,
} from './limits.ts'
import type { Refusals } from './refusals.ts'

/**
 * Why a packet went no further, in the order of the checks. `replay`: its number was seen, or it is
 * from an earlier life of its sender; `stranger`: its sender has sent no heartbeat yet; `stale`: a
 * first heartbeat whose clock is far from ours; `crowded`: too many senders.
 */
export const PACKET_REFUSALS = [
  ...DATAGRAM_REFUSALS,
  'replay',
  'stranger',
  'stale',
  'crowded',
] as const
export type PacketRefusal = (typeof PACKET_REFUSALS)[number]

/** Somebody of another life, or with another clock, to be asked whether it lives. */
export interface Challenge {
  readonly id: NodeId
  readonly incarnation: number
  readonly address: Address
}

export interface PacketGateParts {
  readonly clock: Clock
  readonly selfId: () => NodeId
  readonly refusals: Pick<Refusals<PacketRefusal>, 'count'>
  /** Asks a node by HTTP, where no clock matters; true when just this life of it answers. */
  readonly challenge: (challenge: Challenge) => Promise<boolean>
  /** The wall clocks of this node and of a heartbeat are far apart. `aheadMs` is the heartbeat's. */
  readonly clockIsOff: (challenge: Challenge, aheadMs: number) => void
}

export class PacketGate {
  readonly #parts: PacketGateParts
  readonly #guard = new ReplayGuard({
    windowSize: PACKET_WINDOW,
    sendersMax: SENDERS_MAX,
    keepMs: SENDER_KEEP_MS,
    forgetMs: FORGET_AFTER_MS,
  })
  /** When each node was challenged last; at most CHALLENGES_MAX of the last second. */
  readonly #challengedMs = new Map<NodeId, number>()
  #keyring: Keyring

  constructor(keyring: Keyring, parts: PacketGateParts) {
    this.#keyring = keyring
    this.#parts = parts
  }

  /** From now on these keys are accepted. What was learned about senders stays. */
  useKeyring(keyring: Keyring): void {
    this.#keyring = keyring
  }

  /** The packet, if the core may hear of it; otherwise it is counted. */
  open(bytes: Uint8Array, from: Address): { sender: Sender; datagram: Datagram } | undefined {
    const verified = verifyDatagram(bytes, this.#keyring)
    if (verified.kind === 'refused') return this.#refuse(verified.reason, from)
    const isOwn = verified.value.sender.id === this.#parts.selfId()
    const refusal = isOwn ? undefined : this.#check(verified.value)
    if (refusal !== undefined) return this.#refuse(refusal, from)
    // Multicast brings our own packets back. The core looks at heartbeats under our id that come
    // from another address, and at nothing else; an old one of ours, repeated, is none of those.
    if (isOwn && !isBeat(verified.value)) return undefined
    if (isOwn && this.#aheadMs(verified.value) !== 0) return this.#refuse('stale', from)
    const read = readDatagram(verified.value)
    return read.kind === 'ok' ? read.value : this.#refuse(read.reason, from)
  }

  #refuse(reason: PacketRefusal, from: Address): undefined {
    this.#parts.refusals.count(reason, from)
  }

  /** Repetitions, and first meetings. */
  #check(verified: VerifiedDatagram): PacketRefusal | undefined {
    const { sender, counter } = verified
    const nowMs = this.#parts.clock.monotonicMs()
    if (!this.#guard.knows(sender, nowMs)) {
      const refusal = this.#meet(verified, nowMs)
      if (refusal !== undefined) return refusal
    }
    const isNew = this.#guard.accept({ ...sender, number: counter }, nowMs)
    return isNew ? undefined : 'replay'
  }

  #meet(verified: VerifiedDatagram, nowMs: number): PacketRefusal | undefined {
    // Without a secret anybody can make a packet of any age: looking at its clock protects nobody.
    if (this.#keyring.isSecret) {
      if (!isBeat(verified)) return 'stranger'
      const aheadMs = this.#aheadMs(verified)
      if (aheadMs === undefined) return 'body'
      if (aheadMs !== 0) {
        this.#challenge(verified, aheadMs, nowMs)
        return 'stale'
      }
    }
    // What it sent before was for others: repeated here, it would be old news taken for new.
    const floor = verified.counter - 1
    return this.#guard.meet(verified.sender, floor, nowMs) ? undefined : 'crowded'
  }

  /** How far a heartbeat's wall clock is ahead of ours; 0 when it is near. Undefined: no heartbeat. */
  #aheadMs(verified: VerifiedDatagram): number | undefined {
    if (!this.#keyring.isSecret) return 0
    const beat = beatOf(verified)
    if (beat === undefined) return undefined
    const aheadMs = beat.wallMs - this.#parts.clock.wallMs()
    return Math.abs(aheadMs) > PACKET_AGE_MAX_MS ? aheadMs : 0
  }

  /**
   * An old packet, repeated, or a node whose clock is off? Whoever answers at its address knows, and
   * needs no clock for it. Bounded: repeating old packets must not make this node call around.
   */
  #challenge(verified: VerifiedDatagram, aheadMs: number, nowMs: number): void {
    const { sender, counter } = verified
    const address = beatOf(verified)?.address
    for (const [id, atMs] of this.#challengedMs) {
      if (nowMs - atMs >= CHALLENGE_PAUSE_MS) this.#challengedMs.delete(id)
    }
    if (address === undefined || this.#challengedMs.has(sender.id)) return
    if (this.#challengedMs.size >= CHALLENGES_MAX) return
    this.#challengedMs.set(sender.id, nowMs)
    const { id, incarnation } = sender
    void this.#ask({ id, incarnation, address }, { counter, aheadMs })
  }

  async #ask(
    challenge: Challenge,
    heard: { readonly counter: number; readonly aheadMs: number },
  ): Promise<void> {
    if (!(await this.#parts.challenge(challenge))) return
    const isMet = this.#guard.meet(challenge, heard.counter, this.#parts.clock.monotonicMs())
    // Met already: its clock is right, and what we heard first was an old packet, repeated.
    if (isMet) this.#parts.clockIsOff(challenge, heard.aheadMs)
  }
}

function beatOf(verified: VerifiedDatagram): Extract<Datagram, { kind: 'beat' }> | undefined {
  const read = readDatagram(verified)
  if (read.kind === 'refused' || read.value.datagram.kind !== 'beat') return undefined
  return read.value.datagram
}
