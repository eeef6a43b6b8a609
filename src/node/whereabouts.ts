// Where this node is, while interfaces come and go: which address it tells, which interface it uses.
// Decides from what it is shown; opens nothing and tells nobody.
import {
  type InterfaceAddress,
  isLan,
  LOOPBACK,
  type Place,
  placeOf,
  type PlaceWish,
  rankOf,
} from '../config/addresses.ts'
import { AWAY_FOR_MS, BETTER_FOR_MS } from './limits.ts'

/** What follows from a look at the interfaces. */
export type Change =
  | { readonly kind: 'none' }
  /** The interface was away and is back: its membership may be gone. */
  | { readonly kind: 'back' }
  | { readonly kind: 'moved'; readonly from: Place }

export class Whereabouts {
  readonly #wish: PlaceWish
  #place: Place
  /** Its name stays when its address changes. */
  #interfaceName: string | undefined
  #awaySinceMs: number | undefined
  #better: { readonly address: string; readonly sinceMs: number } | undefined

  constructor(wish: PlaceWish, place: Place) {
    this.#wish = wish
    this.#place = place
  }

  get place(): Place {
    return this.#place
  }

  /** For GET /cluster: sentences that say what to do. */
  warnings(): readonly string[] {
    const { announceHost, interfaceAddress } = this.#place
    if (this.#awaySinceMs !== undefined) {
      return [
        `no interface of this host has ${interfaceAddress} now: look for its cable or address`,
      ]
    }
    if (announceHost !== LOOPBACK || this.#isChosen) return []
    return [
      'this host has no network but loopback: other hosts cannot reach it; it is looked for again',
    ]
  }

  /** Looks at the interfaces as they are now. The place follows what the operator said, if anything. */
  look(interfaces: readonly InterfaceAddress[], nowMs: number): Change {
    const wasAway = this.#awaySinceMs !== undefined
    const here = this.#here(interfaces)
    if (here === undefined) return this.#lookAway(interfaces, nowMs)
    this.#awaySinceMs = undefined
    this.#interfaceName = here.name
    if (this.#isBetterDue(here, interfaces, nowMs)) return this.#move(interfaces)
    return { kind: wasAway ? 'back' : 'none' }
  }

  /** The interface that is used now, if the machine still has it with its address. */
  #here(interfaces: readonly InterfaceAddress[]): InterfaceAddress | undefined {
    const { interfaceAddress } = this.#place
    return interfaces.find(
      // Every address of loopback is there as long as loopback is.
      ({ address, isInternal }) =>
        address === interfaceAddress || (isInternal && interfaceAddress.startsWith('127.')),
    )
  }

  #lookAway(interfaces: readonly InterfaceAddress[], nowMs: number): Change {
    this.#awaySinceMs ??= nowMs
    this.#better = undefined
    const target = placeOf(this.#wish, interfaces)
    const other = interfaces.find(({ address }) => address === target?.interfaceAddress)
    if (other === undefined) return { kind: 'none' }
    // Another address of the same interface is news of this network, and at once.
    const isSame = other.name === this.#interfaceName || this.#isChosen
    if (isSame) return this.#move(interfaces)
    // Where no other host is there is nothing to gain, and the old address may come back.
    const isDue = nowMs - this.#awaySinceMs >= AWAY_FOR_MS
    return isDue && isLan(other) ? this.#move(interfaces) : { kind: 'none' }
  }

  /** A better interface has been there for a while. */
  #isBetterDue(
    here: InterfaceAddress,
    interfaces: readonly InterfaceAddress[],
    nowMs: number,
  ): boolean {
    const best = this.#isChosen ? undefined : placeOf(this.#wish, interfaces)?.interfaceAddress
    const other = interfaces.find(({ address }) => address === best)
    if (other === undefined || rankOf(other) >= rankOf(here)) {
      this.#better = undefined
      return false
    }
    if (this.#better?.address !== other.address) {
      this.#better = { address: other.address, sinceMs: nowMs }
    }
    return nowMs - this.#better.sinceMs >= BETTER_FOR_MS
  }

  /** The operator has chosen the network. */
  get #isChosen(): boolean {
    return this.#wish.host !== undefined || this.#wish.interface !== undefined
  }

  #move(interfaces: readonly InterfaceAddress[]): Change {
    const from = this.#place
    this.#place = placeOf(this.#wish, interfaces) ?? from
    this.#awaySinceMs = undefined
    this.#better = undefined
    this.#interfaceName = this.#here(interfaces)?.name
    return { kind: 'moved', from }
  }
}
