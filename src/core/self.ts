// Who this node is, and its clocks: the wall clock as of the last tick, and the version clock.
import { FORMER_ADDRESSES_MAX } from './reach-limits.ts'
import { VersionClock, versionMs } from './version.ts'
import type { Sender } from './messages.ts'
import type { Identity } from './settings.ts'
import type { Address, NodeId, NodePhase, Version } from './types.ts'

export class Self {
  readonly id: NodeId
  readonly incarnation: number
  readonly isWitness: boolean
  phase: NodePhase = 'joining'
  readonly #clock: VersionClock
  #wallOffsetMs = 0
  #address: Address
  #former: readonly Address[] = []

  constructor(identity: Identity, highestVersion: Version) {
    this.id = identity.id
    this.incarnation = identity.incarnation
    this.#address = identity.address
    this.isWitness = identity.isWitness
    this.#clock = new VersionClock(identity.id)
    this.#clock.resume(highestVersion)
  }

  /** Where other nodes reach this one. */
  get address(): Address {
    return this.#address
  }

  /** From now on it is reached there; what it said until now still comes back from the network. */
  moveTo(address: Address): void {
    if (address === this.#address) return
    this.#former = [...this.#former, this.#address].slice(-FORMER_ADDRESSES_MAX)
    this.#address = address
  }

  /** Whether this node is there, or was in this life. */
  hasBeenAt(address: Address): boolean {
    return address === this.#address || this.#former.includes(address)
  }

  /** Takes the wall clock from a tick; between ticks it moves with the monotonic clock. */
  setWall(wallMs: number, nowMs: number): void {
    this.#wallOffsetMs = wallMs - nowMs
  }

  wallMs(nowMs: number): number {
    return nowMs + this.#wallOffsetMs
  }

  nextVersion(nowMs: number): Version {
    return this.#clock.next(this.wallMs(nowMs))
  }

  /** False: the version is too far ahead of our wall clock and was not followed. */
  follow(version: Version, nowMs: number): boolean {
    return this.#clock.follow(version, this.wallMs(nowMs))
  }

  /** Moves past a version that this node stores, however far ahead its writer's clock was. */
  stored(version: Version): void {
    this.#clock.resume(version)
  }

  /** Age of a version by this node's wall clock. Unit: ms. */
  versionAgeMs(version: Version, nowMs: number): number {
    return this.wallMs(nowMs) - versionMs(version)
  }

  sender(): Sender {
    return { id: this.id, incarnation: this.incarnation, clock: this.#clock.now() }
  }
}
