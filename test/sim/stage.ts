// Where a script plays: names for the roles of the moment, and things to do at a time.
import { compareBallots, onlyGroup } from '../../src/core/view.ts'
import type { NodeRequest } from '../../src/core/messages.ts'
import type { Address, Order, OrderOutcome } from '../../src/core/types.ts'
import type { Clients } from './clients.ts'
import type { Forced } from './invariants/forced.ts'
import type { Machine } from './machine.ts'
import type { Held } from './network.ts'
import type { World } from './world.ts'

export class Stage {
  readonly world: World
  readonly clients: Clients
  readonly #endMs: number
  readonly #note: (what: string) => void
  readonly #forced: Forced
  readonly #faultsAt: number[] = []
  #orders = 0

  /** Nothing is done after `endMs`; `note` is told of what is. */
  constructor(
    world: World,
    about: { clients: Clients; forced: Forced; endMs: number; note: (what: string) => void },
  ) {
    this.world = world
    this.clients = about.clients
    this.#forced = about.forced
    this.#endMs = about.endMs
    this.#note = about.note
  }

  /** When something was broken. */
  get faultsAt(): readonly number[] {
    return this.#faultsAt
  }

  /** Orders given: each may cost views, as a fault may. */
  get orders(): number {
    return this.#orders
  }

  /** Does something at a moment of the world. */
  at(atMs: number, act: () => void): void {
    if (atMs < this.#endMs) this.world.agenda.at(atMs, act)
  }

  after(delayMs: number, act: () => void): void {
    this.at(this.world.agenda.nowMs + delayMs, act)
  }

  /** Ends a node, and starts it again later. */
  kill(machine: Machine, downMs: number): void {
    this.#broke(`kill ${machine.name}`)
    this.world.end(machine, 'killed')
    this.after(downMs, () => this.world.start(machine))
  }

  /** Orders a forced election at a node. What is in sight of it then must be there in the end. */
  force(machine: Machine, then: (outcome: OrderOutcome | undefined) => void): void {
    const versions = this.#forced.ordered(machine)
    this.order(machine, { kind: 'force' }, (outcome) => {
      if (outcome?.kind === 'done') this.#forced.done(versions)
      then(outcome)
    })
  }

  /** Ends a node for good: it is not even back when everything else is repaired. */
  lose(machine: Machine): void {
    this.kill(machine, Infinity)
    machine.wasStarted = false
  }

  /** Stops a node in order. `then` comes at its end, which may be when everything else is repaired. */
  leave(machine: Machine, then?: () => void): void {
    this.#broke(`leave ${machine.name}`)
    this.world.leave(machine, then)
  }

  /** Its host gets another address. */
  move(machine: Machine, address: Address): void {
    this.#broke(`move ${machine.name} to ${address}`)
    this.world.move(machine, address)
  }

  pause(machine: Machine, forMs: number): void {
    this.#broke(`pause ${machine.name}`)
    machine.life?.pause(forMs)
  }

  /** Gives an operator's order at a node; `then` gets its outcome, undefined if the node died. */
  order(
    machine: Machine,
    order: Order,
    then: (outcome: OrderOutcome | undefined) => void = () => {},
  ): void {
    this.#orders++
    this.#note(`ORDER ${order.kind} at ${machine.name}`)
    machine.life?.order(order, { sinceMs: this.world.agenda.nowMs, ended: then })
  }

  /** The next request of a kind on this way arrives only when it is let go. */
  hold(from: Machine, to: Machine, kind: NodeRequest['kind']): Held {
    this.#broke(`hold ${kind} from ${from.name} to ${to.name}`)
    return this.world.network.hold(from, to, kind)
  }

  /** It has promised a ballot of its own that no view has yet. */
  isProposing(machine: Machine): boolean {
    const state = machine.disk.store.state
    return (
      state?.view !== undefined &&
      state.promised.proposer === machine.id &&
      compareBallots(state.promised, state.view.ballot) > 0
    )
  }

  /** Looks again and again until something holds, then acts; never, if it never holds. */
  when(holds: () => boolean, act: () => void): void {
    if (holds()) act()
    else this.after(LOOK_EVERY_MS, () => this.when(holds, act))
  }

  /** The acting primary. */
  primary(): Machine | undefined {
    return this.world.machines.find((machine) => machine.life?.isActing)
  }

  /** The other masters of the acting primary's view. */
  otherMasters(): Machine[] {
    const primary = this.primary()
    const view = primary?.disk.store.state?.view
    if (view === undefined) return []
    return onlyGroup(view)
      .masters.flatMap(({ id }) => this.world.machineOf(id) ?? [])
      .filter((machine) => machine !== primary)
  }

  /** By the view that it accepted last. */
  hasNoOtherMaster(machine: Machine): boolean {
    const view = machine.disk.store.state?.view
    return view !== undefined && onlyGroup(view).masters.length === 1
  }

  /** Running nodes that are no masters. */
  bystanders(): Machine[] {
    const masters = [this.primary(), ...this.otherMasters()]
    return this.world.running.filter((machine) => !masters.includes(machine))
  }

  /** Somebody acts as primary, and has another master. */
  isWhole(): boolean {
    return this.primary() !== undefined && this.otherMasters().length > 0
  }

  /** Every master of the acting primary's view is in sync. */
  isSettled(): boolean {
    const view = this.primary()?.disk.store.state?.view
    return view !== undefined && onlyGroup(view).masters.every((master) => master.inSync)
  }

  /** Both ways. */
  cutOff(machine: Machine): void {
    this.#broke(`cut off ${machine.name}`)
    for (const other of this.world.machines) {
      this.world.network.cut(machine, other)
      this.world.network.cut(other, machine)
    }
  }

  /** It hears and is heard by datagrams, and answers no call. */
  hang(machine: Machine): void {
    this.#broke(`hang ${machine.name}`)
    this.world.network.hang(machine)
  }

  /** Both ways, between these and all others. */
  cutApart(side: readonly Machine[]): void {
    this.#broke(`cut apart ${side.map((machine) => machine.name).join(' ')}`)
    for (const one of side) {
      for (const other of this.world.machines) {
        if (side.includes(other)) continue
        this.world.network.cut(one, other)
        this.world.network.cut(other, one)
      }
    }
  }

  /** One way: nothing of the first gets to the second. */
  deafenTo(from: Machine, to: Machine): void {
    this.#broke(`cut ${from.name} to ${to.name}`)
    this.world.network.cut(from, to)
  }

  #broke(what: string): void {
    this.#faultsAt.push(this.world.agenda.nowMs)
    this.#note(`FAULT ${what}`)
  }
}

/** Unit: ms. */
const LOOK_EVERY_MS = 5
