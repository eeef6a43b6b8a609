// Whom multicast does not reach, and whom this node looks for: where its packets go by unicast.
// Judges nobody; what is said to them is others' business.
import { BEAT_EVERY_MS } from './limits.ts'
import type { Datagram } from './messages.ts'
import type { Member, Members } from './members.ts'
import type { Outbox } from './outbox.ts'
import {
  GREET_MS,
  INVALIDATED_BY_UNICAST_MAX,
  SEEDS_MAX,
  SEEK_EVERY_MS,
  UNICAST_AFTER_MS,
} from './reach-limits.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { Address } from './types.ts'
import { owners } from './view.ts'

export interface ReachParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
}

export class Reach {
  readonly #out: Outbox
  readonly #parts: ReachParts
  readonly #rules: Rules
  #seeds: readonly Address[] = []
  #byUnicast: readonly Address[] = []
  #nextSeekMs = 0

  constructor(out: Outbox, parts: ReachParts, rules: Rules) {
    this.#out = out
    this.#parts = parts
    this.#rules = rules
  }

  /** From now on these addresses are looked for, the first SEEDS_MAX of them. */
  lookFor(addresses: readonly Address[]): void {
    this.#seeds = addresses.slice(0, SEEDS_MAX)
    this.#nextSeekMs = 0
  }

  /** A heartbeat: to the group, to those whom that does not reach, and to those looked for. */
  sendBeat(beat: Datagram, nowMs: number): void {
    this.#byUnicast = [...this.#parts.members.all()]
      .filter((member) => this.#rules.unicastToDeaf && needsUnicast(member, nowMs))
      .map((member) => member.address)
    this.#out.send('everyone', beat)
    const sought = nowMs >= this.#nextSeekMs ? this.#sought(nowMs) : []
    // While a node joins it is in a hurry: two that do not find each other found two clusters.
    const everyMs = this.#parts.self.phase === 'joining' ? BEAT_EVERY_MS : SEEK_EVERY_MS
    if (nowMs >= this.#nextSeekMs) this.#nextSeekMs = nowMs + everyMs
    for (const address of new Set([...this.#byUnicast, ...sought])) this.#out.send(address, beat)
  }

  /** To the group, and to those whom that did not reach when the last heartbeat left. */
  sendToAll(datagram: Datagram): void {
    this.#out.send('everyone', datagram)
    for (const address of this.#byUnicast) this.#out.send(address, datagram)
  }

  /** As above, but to a few of them: the others ask for what they missed. */
  sendToMost(datagram: Datagram): void {
    this.#out.send('everyone', datagram)
    for (const address of this.#byUnicast.slice(0, INVALIDATED_BY_UNICAST_MAX)) {
      this.#out.send(address, datagram)
    }
  }

  /** To the group, and to the masters of the key if that does not reach them. */
  sendQuery(query: Extract<Datagram, { kind: 'query' }>): void {
    this.#out.send('everyone', query)
    const { standing, members } = this.#parts
    const masters = standing.route === undefined ? [] : owners(standing.route, query.key)
    for (const { id } of masters) {
      const address = members.get(id)?.address
      if (address !== undefined && this.#byUnicast.includes(address)) this.#out.send(address, query)
    }
  }

  /**
   * Where somebody of this cluster was, or is said to be, and nobody alive is known. The roster is
   * on disk with the view: after a restart it is how the others are found without multicast.
   */
  #sought(nowMs: number): Address[] {
    const { self, standing, members } = this.#parts
    const roster = this.#rules.rosterIsSought ? (standing.route?.roster ?? []) : []
    const isFound = (address: Address): boolean =>
      members.alive().some((member) => member.address === address)
    const listed = roster.filter(({ id }) => id !== self.id && !members.isAlive(id))
    const named = [...this.#seeds, ...members.introduced(nowMs)].filter((at) => !isFound(at))
    return [...named, ...listed.map(({ address }) => address)].filter((at) => at !== self.address)
  }
}

/** Its multicast does not come here, or it says that ours does not come there, or it was just met. */
function needsUnicast(member: Member, nowMs: number): boolean {
  if (member.phase === 'dead' || member.phase === 'left') return false
  return (
    member.multicast.silentMs(nowMs) > UNICAST_AFTER_MS ||
    nowMs < member.isDeafUntilMs ||
    nowMs - member.metMs < GREET_MS
  )
}
