// Whom this node hears: one opinion per node, from heartbeats, pings and refused connections.
// An opinion alone changes nothing; it only lets a node propose a view.
import { MISSED_BEAT_MS } from './calm-limits.ts'
import {
  BEAT_EVERY_MS,
  FORGET_AFTER_MS,
  NODES_MAX,
  PINGS_BEFORE_DEAD,
  PING_WAIT_MS,
  SEASONED_MS,
  SUSPECT_AFTER_MS,
  TICK_EVERY_MS,
} from './limits.ts'
import type { Beat, CallAnswer, Sender } from './messages.ts'
import type { Outbox } from './outbox.ts'
import {
  ASK_NEW_EVERY_MS,
  ASK_UNICAST_EVERY_MS,
  INTRODUCED_FOR_MS,
  UNICAST_FOR_MS,
} from './reach-limits.ts'
import { Reception } from './reception.ts'
import type { Self } from './self.ts'
import type { Address, NodeAt, NodeId, Way } from './types.ts'

export type MemberPhase = 'unverified' | 'alive' | 'suspect' | 'dead' | 'left'

/** What this node thinks of another one. */
export interface Member {
  readonly id: NodeId
  readonly incarnation: number
  readonly address: Address
  readonly phase: MemberPhase
  readonly lastHeardMs: number
  readonly aliveSinceMs: number
  /** Its last heartbeat; undefined for a node known only by name. */
  readonly beat: Beat | undefined
  /** What of its multicast arrives here. */
  readonly multicast: Reception
  /** Until then it counts as not reached by our multicast: it said so. */
  readonly isDeafUntilMs: number
  /** How long it has said so, again and again. Unit: ms. */
  readonly deafForMs: number
  /** Its wall clock minus ours. Unit: ms. */
  readonly wallSkewMs: number
}

type Entry = { -readonly [K in keyof Member]: Member[K] } & {
  isPinging: boolean
  /** Nothing is known against it but a missing heartbeat: of the ping only counts that nobody is there. */
  isPingEarly: boolean
  failedPings: number
  /** When it was last told how well it is heard. */
  toldMs: number
}

export class Members {
  readonly #out: Outbox
  readonly #self: Self
  readonly #isListed: (id: NodeId) => boolean
  readonly #members = new Map<NodeId, Entry>()
  /** Where others say that nodes are, and until when that is believed. */
  readonly #introduced = new Map<Address, number>()
  /** Whom the last view lists; undefined: this node has followed none yet. */
  #listed: ReadonlySet<NodeId> | undefined
  #lastNonce = 0
  #isFullSaid = false
  /** Grows whenever somebody's phase or incarnation changed. */
  changes = 0

  constructor(out: Outbox, self: Self, isListed: (id: NodeId) => boolean) {
    this.#out = out
    this.#self = self
    this.#isListed = isListed
  }

  get(id: NodeId): Member | undefined {
    return this.#members.get(id)
  }

  all(): Iterable<Member> {
    return this.#members.values()
  }

  get count(): number {
    return this.#members.size
  }

  /** Nodes that may be counted on: verified, and not silent for long. */
  alive(): Member[] {
    return [...this.#members.values()].filter((m) => m.phase === 'alive' || m.phase === 'suspect')
  }

  isAlive(id: NodeId): boolean {
    if (id === this.#self.id) return true
    const phase = this.#members.get(id)?.phase
    return phase === 'alive' || phase === 'suspect'
  }

  /** Verified gone: its socket was refused, its pings failed, or it said goodbye. */
  isGone(id: NodeId): boolean {
    const phase = this.#members.get(id)?.phase
    return phase === 'dead' || phase === 'left'
  }

  /** Another node that is gone, or that nobody here has heard of: it is not to be waited for. */
  isAway(id: NodeId): boolean {
    return id !== this.#self.id && (!this.#members.has(id) || this.isGone(id))
  }

  /** A heartbeat. Returns false when it is of no use: an older life, or one node too many. */
  heard(sender: Sender, { beat, way }: { beat: Beat; way: Way }, nowMs: number): boolean {
    const known = this.#members.get(sender.id)
    if (known !== undefined && sender.incarnation < known.incarnation) return false
    if (known?.phase === 'left' && sender.incarnation === known.incarnation) return false
    if (known === undefined && this.#members.size >= NODES_MAX - 1 && !this.#makeRoom()) {
      this.#refuseOneTooMany(sender.id)
      return false
    }
    const member =
      known === undefined || sender.incarnation > known.incarnation
        ? this.#meet(sender, beat, nowMs)
        : known
    member.lastHeardMs = nowMs
    if (way === 'multicast') member.multicast.heard(beat.beat, nowMs)
    // One that was overtaken, or its copy by the other way, is no news: its address may be the old one.
    if (beat.beat >= (member.beat?.beat ?? 0)) {
      member.beat = beat
      member.address = beat.address
    }
    member.wallSkewMs = beat.wallMs - this.#self.wallMs(nowMs)
    if (member.phase === 'unverified') this.#ping(member, nowMs)
    else if (member.phase !== 'alive') this.#revive(member, nowMs)
    return true
  }

  /** It said goodbye. */
  left(id: NodeId, incarnation: number): void {
    const member = this.#members.get(id)
    if (member === undefined || member.incarnation !== incarnation) return
    this.#setPhase(member, 'left', 'said goodbye')
  }

  /**
   * The roster of a view that this node follows from now on. Whoever is new there, and has said goodbye, came
   * back out of sight: that goodbye says nothing about what it holds now.
   */
  list(roster: readonly NodeAt[]): void {
    const before = this.#listed
    this.#listed = new Set(roster.map(({ id }) => id))
    if (before === undefined) return
    for (const id of this.#listed) {
      const member = this.#members.get(id)
      if (member?.phase !== 'left' || before.has(id)) continue
      this.#setPhase(member, 'dead', 'it came back elsewhere since it left')
    }
  }

  /** A call to it was refused or broke, or another node suspects it: ask at once. */
  suspect(id: NodeId, nowMs: number): void {
    const member = this.#members.get(id)
    if (member === undefined || (member.phase !== 'alive' && member.phase !== 'suspect')) return
    this.#ping(member, nowMs)
  }

  /** We were stalled: nobody else's silence counts for that time. */
  forgive(lagMs: number, nowMs: number): void {
    for (const member of this.#members.values()) {
      member.lastHeardMs = Math.min(nowMs, member.lastHeardMs + lagMs)
      member.multicast.forgive(lagMs, nowMs)
      member.failedPings = 0
    }
  }

  /** Where nodes are that this one may not have heard: others have said so lately. */
  introduced(nowMs: number): Address[] {
    for (const [address, untilMs] of this.#introduced) {
      if (nowMs >= untilMs) this.#introduced.delete(address)
    }
    return [...this.#introduced.keys()]
  }

  /** It says that our multicast does not reach it, or badly. Believed for a while: it says so again. */
  isNotHeardBy(id: NodeId, nowMs: number): void {
    const member = this.#members.get(id)
    if (member === undefined) return
    const saidMs = member.isDeafUntilMs - UNICAST_FOR_MS
    member.deafForMs = nowMs < member.isDeafUntilMs ? member.deafForMs + nowMs - saidMs : 0
    member.isDeafUntilMs = nowMs + UNICAST_FOR_MS
  }

  /** `fellows`: the other masters, while this node is one. What it serves rests on them: they are watched closely. */
  tick(nowMs: number, fellows: readonly NodeId[]): void {
    for (const member of this.#members.values()) {
      const silentMs = nowMs - member.lastHeardMs
      if (member.phase === 'alive' && silentMs > SUSPECT_AFTER_MS) {
        this.#setPhase(member, 'suspect', `silent for ${Math.round(silentMs)} ms`)
        member.failedPings = 0
        this.#ping(member, nowMs)
      } else if (member.phase === 'alive' && mustBeTold(member, nowMs)) {
        this.#ping(member, nowMs)
      } else if (hasJustFallenSilent(member, nowMs) && fellows.includes(member.id)) {
        this.#ping(member, nowMs, { isEarly: true })
      } else if (silentMs > forgetAfterMs(member.phase)) {
        this.#members.delete(member.id)
        this.#isFullSaid = false
        this.changes++
      }
    }
  }

  /** Who is gone and in no roster gives way to a newcomer, the longest unheard first. */
  #makeRoom(): boolean {
    const gone = [...this.#members.values()].filter(
      (m) => this.isGone(m.id) && !this.#isListed(m.id),
    )
    const [first] = gone.sort((a, b) => a.lastHeardMs - b.lastHeardMs)
    return first !== undefined && this.#members.delete(first.id)
  }

  /** Said once, until somebody is forgotten: it is refused at every heartbeat. */
  #refuseOneTooMany(id: NodeId): void {
    if (this.#isFullSaid) return
    this.#isFullSaid = true
    this.#out.log('warn', 'cluster-full', { id, nodesMax: NODES_MAX })
  }

  #meet(sender: Sender, beat: Beat, nowMs: number): Entry {
    const member: Entry = {
      id: sender.id,
      incarnation: sender.incarnation,
      address: beat.address,
      phase: 'unverified',
      lastHeardMs: nowMs,
      aliveSinceMs: nowMs,
      beat,
      multicast: new Reception(-Infinity),
      isDeafUntilMs: -Infinity,
      deafForMs: 0,
      wallSkewMs: 0,
      isPinging: false,
      isPingEarly: false,
      failedPings: 0,
      toldMs: -Infinity,
    }
    this.#members.set(sender.id, member)
    this.changes++
    return member
  }

  #revive(member: Entry, nowMs: number): void {
    if (member.phase !== 'suspect') member.aliveSinceMs = nowMs
    member.failedPings = 0
    this.#setPhase(member, 'alive', 'heard again')
  }

  #ping(member: Entry, nowMs: number, { isEarly } = { isEarly: false }): void {
    member.isPingEarly = isEarly && (member.isPingEarly || !member.isPinging)
    if (member.isPinging) return
    member.isPinging = true
    const nonce = String(++this.#lastNonce)
    const hearsYou = isHeardWell(member, nowMs)
    const { address } = member
    member.toldMs = nowMs
    this.#out.call(
      address,
      { kind: 'ping', nonce, hearsYou },
      {
        timeoutMs: PING_WAIT_MS,
        onAnswer: (answer, thenMs) => this.#pinged(member, { nonce, answer, address }, thenMs),
      },
    )
  }

  #pinged(
    member: Entry,
    ping: { nonce: string; answer: CallAnswer; address: Address },
    nowMs: number,
  ): void {
    member.isPinging = false
    if (this.#members.get(member.id) !== member) return
    // It has moved meanwhile: what happens at its old address says nothing about it.
    if (ping.address !== member.address) {
      return this.#ping(member, nowMs, { isEarly: member.isPingEarly })
    }
    const { answer } = ping
    if (answer.kind === 'response' && answer.response.kind === 'pong') {
      const { id, incarnation, nonce } = answer.response
      if (nonce === ping.nonce && id === member.id && incarnation === member.incarnation) {
        for (const address of answer.response.others) {
          if (this.#introduced.size >= NODES_MAX && !this.#introduced.has(address)) break
          this.#introduced.set(address, nowMs + INTRODUCED_FOR_MS)
        }
        this.#pingPassed(member, nowMs)
        return
      }
    }
    this.#pingFailed(member, answer, nowMs)
  }

  #pingPassed(member: Entry, nowMs: number): void {
    if (member.phase === 'left' || member.phase === 'dead') return
    if (member.phase === 'unverified') {
      member.aliveSinceMs = nowMs
      this.#setPhase(member, 'alive', 'verified')
      return
    }
    const isSilent = nowMs - member.lastHeardMs > SUSPECT_AFTER_MS
    member.failedPings = 0
    if (isSilent) member.lastHeardMs = nowMs
    const reason = isSilent ? 'answers pings, though not heard by multicast' : 'answers pings'
    this.#setPhase(member, 'alive', reason)
  }

  #pingFailed(member: Entry, answer: CallAnswer, nowMs: number): void {
    if (member.phase === 'unverified' || member.phase === 'dead' || member.phase === 'left') return
    const isOtherLife = answer.kind === 'response' && answer.response.kind === 'pong'
    if (answer.kind === 'refused' || isOtherLife) {
      this.#setPhase(member, 'dead', 'nobody answers at its address')
      return
    }
    if (member.isPingEarly) return
    // Silence alone needs a second ping; so does a node that answers, but is too busy to.
    if (member.phase === 'alive') this.#setPhase(member, 'suspect', 'does not answer a ping')
    if (nowMs - member.lastHeardMs > SUSPECT_AFTER_MS) member.failedPings++
    if (member.failedPings >= PINGS_BEFORE_DEAD) {
      this.#setPhase(member, 'dead', 'silent, and does not answer pings')
      return
    }
    // A broken connection answers at once: the pause keeps that from becoming a storm.
    if (answer.kind === 'late') this.#ping(member, nowMs)
    else this.#out.wake(TICK_EVERY_MS, (thenMs) => this.#pingAgain(member, thenMs))
  }

  #pingAgain(member: Entry, nowMs: number): void {
    if (this.#members.get(member.id) === member && member.phase === 'suspect') {
      this.#ping(member, nowMs)
    }
  }

  #setPhase(member: Entry, phase: Exclude<MemberPhase, 'unverified'>, reason: string): void {
    if (member.phase === phase) return
    const was = member.phase
    member.phase = phase
    this.changes++
    // A verification that fails again and again is not news; a verdict is.
    const level = phase === 'suspect' || was === 'suspect' ? 'debug' : 'info'
    this.#out.log(phase === 'dead' ? 'warn' : level, `node-${phase}`, {
      id: member.id,
      address: member.address,
      reason,
    })
  }
}

/** It misses a heartbeat, and was not asked since the last one. */
function hasJustFallenSilent(member: Entry, nowMs: number): boolean {
  const { phase, lastHeardMs, toldMs } = member
  return phase === 'alive' && nowMs - lastHeardMs > MISSED_BEAT_MS && toldMs <= lastHeardMs
}

/** Its multicast arrives here, and most of it. */
function isHeardWell({ multicast }: Member, nowMs: number): boolean {
  return multicast.silentMs(nowMs) < 2 * BEAT_EVERY_MS && !multicast.isLossy
}

/** It is heard, by unicast or badly, and has to know that this must go on. */
function mustBeTold(member: Entry, nowMs: number): boolean {
  const isNew = nowMs - member.aliveSinceMs < SEASONED_MS
  if (nowMs - member.toldMs < (isNew ? ASK_NEW_EVERY_MS : ASK_UNICAST_EVERY_MS)) return false
  return member.multicast.silentMs(nowMs) > SUSPECT_AFTER_MS || member.multicast.isLossy
}

/** Somebody never verified leaves no trace; others stay in GET /cluster for a while. */
function forgetAfterMs(phase: MemberPhase): number {
  return phase === 'unverified' ? SUSPECT_AFTER_MS : FORGET_AFTER_MS
}
