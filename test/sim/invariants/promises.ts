// I1 and I4: promises only grow, stand on disk before they are given, and are kept over restarts.
// One ballot is one view with one primary.
import type { Effect, Event } from '../../../src/core/step.ts'
import type { Ballot, DurableState, NodeId, View } from '../../../src/core/types.ts'
import { BALLOT_ZERO, ballotOf, compareBallots, formatBallot } from '../../../src/core/view.ts'
import type { NodeRequest, NodeResponse } from '../../../src/core/messages.ts'
import type { Life } from '../life.ts'
import type { Witness, World } from '../world.ts'

export class Promises implements Witness {
  readonly #world: World
  /** The highest ballot that each node ever promised to another, in all its lives. */
  readonly #given = new Map<NodeId, Ballot>()
  readonly #views = new Map<string, View>()
  readonly #actives = new Map<string, string>()

  constructor(world: World) {
    this.#world = world
  }

  stepped(life: Life, _event: Event, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'respond') {
        const request = life.requestOf(effect.ticket)
        if (request !== undefined) this.#responded(life, request, effect.response)
      } else if (effect.kind === 'call' && effect.request.kind === 'prepare') {
        this.#promised(life, effect.request.ballot)
      } else if (effect.kind === 'store') {
        for (const change of effect.changes) {
          if (change.kind === 'state') this.#stored(life, change.state)
        }
      } else if (effect.kind === 'send' && effect.datagram.kind === 'beat') {
        if (effect.datagram.isActive) this.#acts(life, effect.datagram.ballot)
      }
    }
  }

  #responded(life: Life, request: NodeRequest, response: NodeResponse): void {
    if (request.kind === 'prepare' && response.kind === 'promise') {
      this.#keeps(life, request.ballot, 'promise')
      this.#promised(life, request.ballot)
    } else if (request.kind === 'accept' && response.kind === 'accepted') {
      this.#keeps(life, request.view.ballot, 'accept')
      this.#promised(life, request.view.ballot)
    } else if (request.kind === 'replicate' && response.kind === 'replicated') {
      this.#keeps(life, request.ballot, 'take a record of')
    } else if (request.kind === 'barrier' && response.kind === 'holds') {
      this.#keeps(life, request.ballot, 'vouch for')
    }
  }

  /** Nothing below what was promised is served any more. */
  #keeps(life: Life, ballot: Ballot, verb: string): void {
    const given = this.#given.get(life.machine.id) ?? BALLOT_ZERO
    if (compareBallots(ballot, given) >= 0) return
    const names = `${formatBallot(ballot)} after promising ${formatBallot(given)}`
    this.#breach('I4', life, `must not ${verb} ${names}`)
  }

  #promised(life: Life, ballot: Ballot): void {
    const given = this.#given.get(life.machine.id) ?? BALLOT_ZERO
    if (compareBallots(ballot, given) > 0) this.#given.set(life.machine.id, ballot)
    const onDisk = life.machine.disk.durableState?.promised ?? BALLOT_ZERO
    if (compareBallots(onDisk, ballot) >= 0) return
    this.#breach('I1', life, `promised ${formatBallot(ballot)} before it was on disk`)
  }

  #stored(life: Life, state: DurableState): void {
    const before = life.machine.disk.store.state
    if (compareBallots(state.promised, before?.promised ?? BALLOT_ZERO) < 0) {
      this.#breach('I1', life, `its promise went back to ${formatBallot(state.promised)}`)
    }
    if (compareBallots(ballotOf(state.view), ballotOf(before?.view)) < 0) {
      this.#breach('I1', life, `its view went back to ${formatBallot(ballotOf(state.view))}`)
    }
    if (state.view !== undefined) this.#isOne(life, state.view)
  }

  /** A ballot names one view, wherever it is accepted. */
  #isOne(life: Life, view: View): void {
    const name = formatBallot(view.ballot)
    const known = this.#views.get(name)
    if (known === undefined) this.#views.set(name, view)
    else if (known !== view && JSON.stringify(known) !== JSON.stringify(view)) {
      this.#breach('I1', life, `accepted another view ${name} than others did`)
    }
  }

  /** A ballot's proposer is its only primary, in one life. */
  #acts(life: Life, ballot: Ballot): void {
    const name = formatBallot(ballot)
    const me = `${life.machine.name}${life.incarnation}`
    const first = this.#actives.get(name)
    if (first === undefined) this.#actives.set(name, me)
    if (ballot.proposer !== life.machine.id || (first ?? me) !== me) {
      this.#breach('I1', life, `acts as primary of ${name}, which belongs to ${first}`)
    }
  }

  #breach(rule: string, life: Life, what: string): void {
    this.#world.breach(rule, `${life.machine.name}${life.incarnation} ${what}`)
  }
}
