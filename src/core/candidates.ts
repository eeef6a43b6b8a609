// Who is better suited: the order in which nodes propose, and in which they fill a vacancy.
// Key counts decide only between newcomers; they never displace a live master.
import type { ChooseInput } from './choose.ts'
import { CLOCK_SKEW_MAX_MS, HOLD_DOWN_MS, SEASONED_MS } from './limits.ts'
import type { Member, Members } from './members.ts'
import type { EntryReader } from './ports.ts'
import {
  EVERY_VERSION,
  haveCommonVersion,
  PROTOCOL,
  type ProtocolRange,
} from './protocol-version.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { ClusterSettings } from './settings.ts'
import type { Standing } from './standing.ts'
import type { Address, Ballot, NodeId, View } from './types.ts'
import { BALLOT_ZERO, compareBallots, contains } from './view.ts'

interface Suit {
  readonly id: NodeId
  readonly held: Ballot
  readonly isEligible: boolean
  readonly keyCount: number
  readonly address: Address
}

export class Candidates {
  readonly #self: Self
  readonly #members: Members
  readonly #standing: Standing
  readonly #store: EntryReader
  readonly #settings: ClusterSettings
  readonly #fingerprint: number
  readonly #protocol: ProtocolRange
  readonly #heldDownUntilMs = new Map<NodeId, number>()

  constructor(
    parts: { self: Self; members: Members; standing: Standing; store: EntryReader },
    setUp: {
      settings: ClusterSettings
      fingerprint: number
      /** Undefined: what this build speaks. */
      protocol?: ProtocolRange | undefined
      rules: Rules
    },
  ) {
    this.#self = parts.self
    this.#members = parts.members
    this.#standing = parts.standing
    this.#store = parts.store
    this.#settings = setUp.settings
    this.#fingerprint = setUp.fingerprint
    const { protocol = PROTOCOL, rules } = setUp
    this.#protocol = rules.farReleasesStayOut ? protocol : EVERY_VERSION
  }

  /** It says that its disk has no room for all that a master must hold. */
  isTooSmall(id: NodeId): boolean {
    return this.#members.get(id)?.beat?.isTooSmall === true
  }

  /** A node of another mode, or of a release too far from ours, is refused altogether. */
  isForeign(member: Member): boolean {
    if (member.beat === undefined) return false
    return member.beat.mode !== this.#settings.mode || this.isTooFar(member)
  }

  /** It speaks no version of the protocol that this node speaks. */
  isTooFar({ beat }: Member): boolean {
    return beat !== undefined && !haveCommonVersion(beat.protocol, this.#protocol)
  }

  /** It may be a master: same cluster settings, a clock that agrees with ours, room for all keys. */
  isEligible(member: Member): boolean {
    return (
      member.phase === 'alive' &&
      member.beat?.phase !== 'leaving' &&
      member.beat?.isWitness === false &&
      !member.beat.isTooSmall &&
      member.beat?.fingerprint === this.#fingerprint &&
      Math.abs(this.clockErrorMs(member)) <= CLOCK_SKEW_MAX_MS
    )
  }

  /** A master dropped on suspicion waits before it is chosen again. */
  holdDown(id: NodeId, nowMs: number): void {
    for (const other of this.#heldDownUntilMs.keys()) {
      if (!this.#isHeldDown(other, nowMs)) this.#heldDownUntilMs.delete(other)
    }
    this.#heldDownUntilMs.set(id, nowMs + HOLD_DOWN_MS)
  }

  get heldDownCount(): number {
    return this.#heldDownUntilMs.size
  }

  /**
   * Those who may fill a vacancy, best first: seasoned before new, held down only when there is no
   * other; then most keys, then address.
   */
  forVacancy(nowMs: number, view: View | undefined): NodeId[] {
    const eligible = this.#members.alive().filter((m) => this.isEligible(m) && !owesData(m, view))
    const order = (m: Member): number =>
      this.#isHeldDown(m.id, nowMs) ? 2 : nowMs - m.aliveSinceMs >= SEASONED_MS ? 0 : 1
    return eligible
      .sort((a, b) => order(a) - order(b) || compareSuits(suitOf(a, true), suitOf(b, true)))
      .map((m) => m.id)
  }

  /** What choose.ts asks about them. */
  forChoice(nowMs: number): Pick<ChooseInput, 'candidates' | 'isTooSmall'> {
    return {
      candidates: this.forVacancy(nowMs, undefined),
      isTooSmall: (id) => this.isTooSmall(id),
    }
  }

  /** How many live nodes should propose before this one does. */
  rank(): number {
    const mine: Suit = {
      id: this.#self.id,
      held: highest(this.#standing.wholeLineages()),
      isEligible: true,
      keyCount: this.#store.keyCount,
      address: this.#self.address,
    }
    const others = this.#members.alive().map((m) => suitOf(m, this.isEligible(m)))
    return others.filter((suit) => compareHolders(suit, mine) < 0).length
  }

  #isHeldDown(id: NodeId, nowMs: number): boolean {
    return (this.#heldDownUntilMs.get(id) ?? -Infinity) > nowMs
  }

  /** How far a wall clock is off the median; of two clocks nobody knows which one is wrong. */
  clockErrorMs(member: Member): number {
    const skews = [0, ...this.#members.alive().map((m) => m.wallSkewMs)].sort((a, b) => a - b)
    return skews.length < 3 ? 0 : member.wallSkewMs - (skews[skews.length >> 1] ?? 0)
  }
}

/** It holds acknowledged data that the view does not contain: mirroring would destroy it. */
function owesData(member: Member, view: View | undefined): boolean {
  if (view === undefined) return false
  return member.beat?.lineages.some((ballot) => !contains(view, ballot)) ?? false
}

function suitOf(member: Member, isEligible: boolean): Suit {
  const beat = member.beat
  return {
    id: member.id,
    held: highest(beat?.lineages ?? []),
    isEligible,
    keyCount: beat?.keyCount ?? 0,
    address: member.address,
  }
}

function compareHolders(a: Suit, b: Suit): number {
  return (
    compareBallots(b.held, a.held) ||
    Number(b.isEligible) - Number(a.isEligible) ||
    compareSuits(a, b)
  )
}

/** Negative when a goes first: most keys, then the lower address. */
function compareSuits(a: Suit, b: Suit): number {
  if (a.keyCount !== b.keyCount) return b.keyCount - a.keyCount
  return a.address < b.address ? -1 : a.address > b.address ? 1 : a.id < b.id ? -1 : 1
}

function highest(ballots: readonly Ballot[]): Ballot {
  return ballots.reduce((a, b) => (compareBallots(a, b) >= 0 ? a : b), BALLOT_ZERO)
}
