// The simulated LAN: datagrams that get lost, doubled and late; calls that end exactly once; cuts.
// Knows machines, not what they say to each other.
import type { CallAnswer, Datagram, NodeRequest, Sender } from '../../src/core/messages.ts'
import type { Effect } from '../../src/core/step.ts'
import type { Address, Way } from '../../src/core/types.ts'
import type { Agenda } from './agenda.ts'
import type { Chance, Range } from './chance.ts'
import type { CallTrouble, Life, Wires } from './life.ts'
import type { Machine } from './machine.ts'

export interface NetworkOptions {
  readonly delayMs: Range
  /** Share of packets that take `spikeMs` more. */
  readonly spikeShare: number
  readonly spikeMs: Range
  /** Shares of datagrams. */
  readonly lossShare: number
  /** Share of what goes to the group and does not get to one of its receivers; 1: no multicast. */
  readonly groupLossShare: number
  readonly doubleShare: number
  /** Share of calls of these kinds of which the request, or as often the response, is lost. */
  readonly callLoss: Partial<Record<NodeRequest['kind'], number>>
  /** Share of calls of these kinds whose request arrives a second time, this much later. */
  readonly callDouble: Partial<Record<NodeRequest['kind'], number>>
  readonly doubleAfterMs: Range
  /** Share of calls of these kinds whose request takes `lateMs` more. */
  readonly callLate: Partial<Record<NodeRequest['kind'], number>>
  readonly lateMs: Range
}

/** A request that the network keeps back, until it is let go. */
export interface Held {
  readonly isHolding: boolean
  letGo(): void
}

interface Hold {
  readonly from: Machine
  readonly to: Machine
  readonly kind: NodeRequest['kind']
  letGo: (() => void) | undefined
}

interface Packet {
  readonly from: Machine
  readonly sender: Sender
  readonly datagram: Datagram
  readonly way: Way
}

/** How a request is on its way. */
interface Try {
  readonly isAnswerLost: boolean
  /** It may still arrive when nobody waits for its answer any more. */
  readonly lingers: boolean
  readonly tries: number
}

type CallEffect = Extract<Effect, { kind: 'call' }>

/** The first wait of TCP before it sends again what was lost; it doubles. Unit: ms. */
const SEND_AGAIN_MS = 200

/** Share of requests that TCP goes on sending though the caller has given up, and for how long. */
const LINGER_SHARE = 0.3
const LINGER_MS = 10_000

/** Share of calls over a connection that is open already: they get through one-way cuts. */
const OPEN_CONNECTION_SHARE = 0.7

export class Network implements Wires {
  readonly #agenda: Agenda
  readonly #chance: Chance
  readonly #options: NetworkOptions
  readonly #machines: Machine[] = []
  readonly #byAddress = new Map<Address, Machine>()
  readonly #cuts = new Set<number>()
  readonly #deaf = new Set<Machine>()
  readonly #hung = new Set<Machine>()
  /** Until when a way is clogged. */
  readonly #clogs = new Map<number, number>()
  readonly #holds: Hold[] = []
  #isCalm = false

  constructor(
    world: { readonly agenda: Agenda; readonly chance: Chance },
    options: NetworkOptions,
  ) {
    this.#agenda = world.agenda
    this.#chance = world.chance
    this.#options = options
  }

  add(machine: Machine): void {
    this.#machines.push(machine)
    this.#byAddress.set(machine.address, machine)
  }

  /** From now on a machine is there, and what is sent to its old address gets nowhere. */
  move(machine: Machine, address: Address): void {
    this.#byAddress.delete(machine.address)
    machine.address = address
    this.#byAddress.set(address, machine)
  }

  /** From now on nothing gets from one machine to the other; the way back is another matter. */
  cut(from: Machine, to: Machine): void {
    if (from !== to) this.#cuts.add(wayOf(from, to))
  }

  /** Multicast no longer reaches this machine; unicast does. */
  deafen(machine: Machine): void {
    this.#deaf.add(machine)
  }

  /** Calls to this machine are never answered, though it takes part in everything else. */
  hang(machine: Machine): void {
    this.#hung.add(machine)
  }

  /** What is sent on this way arrives when the clog ends, not before. Nothing is lost. */
  clog(from: Machine, to: Machine, forMs: number): void {
    if (from !== to) this.#clogs.set(wayOf(from, to), this.#agenda.nowMs + forMs)
  }

  /** Keeps back the next request of a kind on one way. */
  hold(from: Machine, to: Machine, kind: NodeRequest['kind']): Held {
    const hold: Hold = { from, to, kind, letGo: undefined }
    this.#holds.push(hold)
    return {
      get isHolding() {
        return hold.letGo !== undefined
      },
      letGo: () => hold.letGo?.(),
    }
  }

  /** The cables between two machines are back, both ways. */
  rejoin(a: Machine, b: Machine): void {
    this.#cuts.delete(wayOf(a, b))
    this.#cuts.delete(wayOf(b, a))
  }

  /** Every cable is back. */
  mend(): void {
    this.#hung.clear()
    this.#cuts.clear()
    this.#deaf.clear()
    this.#clogs.clear()
  }

  /** Calls are no longer lost on purpose. */
  calm(): void {
    this.#isCalm = true
  }

  get isWhole(): boolean {
    return this.#cuts.size + this.#deaf.size + this.#hung.size === 0
  }

  passes(from: Machine, to: Machine): boolean {
    return !this.#cuts.has(wayOf(from, to))
  }

  send(from: Life, to: 'everyone' | Address, datagram: Datagram): void {
    const sender = from.core.sender()
    if (to !== 'everyone') {
      const packet = { from: from.machine, sender, datagram, way: 'unicast' } as const
      const machine = this.#byAddress.get(to)
      if (machine !== undefined) this.#fling(packet, machine)
      return
    }
    const packet = { from: from.machine, sender, datagram, way: 'multicast' } as const
    for (const machine of this.#machines) {
      if (machine === from.machine || !this.#isLostTo(machine)) this.#fling(packet, machine)
    }
  }

  call(from: Life, effect: CallEffect): void {
    const target = this.#byAddress.get(effect.to)
    const deadlineMs = this.#agenda.nowMs + from.machine.clock.inWorldMs(effect.timeoutMs)
    const call = new Call(from, { effect, deadlineMs, target })
    this.#agenda.at(deadlineMs, () => call.end({ kind: 'late' }, 'timer'))
    if (target === undefined || this.#hung.has(target)) return
    const hold = this.#holds.find(
      ({ from: a, to, kind, letGo }) =>
        a === from.machine && to === target && kind === effect.request.kind && letGo === undefined,
    )
    if (hold !== undefined) {
      hold.letGo = () => this.#deliver(call, target, false)
      return
    }
    const loss = this.#happens('callLoss', effect.request.kind)
      ? this.#chance.pick(['request', 'response'] as const)
      : 'none'
    const lingers = this.#chance.happens(LINGER_SHARE)
    if (loss === 'request') return
    const how = { isAnswerLost: loss === 'response', lingers, tries: 0 }
    const { lateMs, doubleAfterMs } = this.#options
    const isLate = this.#happens('callLate', effect.request.kind)
    const delayMs = this.#delayMs() + (isLate ? this.#chance.between(lateMs) : 0)
    this.#agenda.after(delayMs, () =>
      this.#request(call, target, { ...how, lingers: lingers || isLate }),
    )
    if (!this.#happens('callDouble', effect.request.kind)) return
    this.#agenda.after(delayMs + this.#chance.between(doubleAfterMs), () =>
      this.#request(call, target, { isAnswerLost: true, lingers: true, tries: 0 }),
    )
  }

  #happens(what: 'callLoss' | 'callLate' | 'callDouble', kind: NodeRequest['kind']): boolean {
    return !this.#isCalm && this.#chance.happens(this.#options[what][kind] ?? 0)
  }

  #isLostTo(machine: Machine): boolean {
    const { groupLossShare } = this.#options
    return this.#deaf.has(machine) || (groupLossShare > 0 && this.#chance.happens(groupLossShare))
  }

  #fling(packet: Packet, to: Machine): void {
    if (this.#chance.happens(this.#options.lossShare)) return
    const times = this.#chance.happens(this.#options.doubleShare) ? 2 : 1
    for (let i = 0; i < times; i++) {
      this.#agenda.after(this.#delayMs(), () => this.#land(packet, to))
    }
  }

  #land(packet: Packet, to: Machine): void {
    const waitMs = this.#cloggedMs(packet.from, to)
    if (waitMs > 0) {
      this.#agenda.after(waitMs, () => this.#land(packet, to))
      return
    }
    if (!this.passes(packet.from, to)) return
    to.life?.arrive('datagram', () => ({
      kind: 'datagram',
      from: packet.from.address,
      way: packet.way,
      sender: packet.sender,
      datagram: packet.datagram,
    }))
  }

  /** How long a clog on this way still lasts. Unit: ms; 0: there is none. */
  #cloggedMs(from: Machine, to: Machine): number {
    if (this.#clogs.size === 0) return 0
    return Math.max(0, (this.#clogs.get(wayOf(from, to)) ?? 0) - this.#agenda.nowMs)
  }

  /** One try to get a request across. */
  #request(call: Call, to: Machine, how: Try): void {
    const lingerMs = how.lingers ? LINGER_MS : 0
    if (this.#agenda.nowMs > call.deadlineMs + lingerMs || call.caller.lostPower) return
    const from = call.caller.machine
    const waitMs = this.#cloggedMs(from, to)
    if (waitMs > 0) {
      this.#agenda.after(waitMs, () => this.#request(call, to, { ...how, lingers: true }))
      return
    }
    const hasConnection = this.#chance.happens(OPEN_CONNECTION_SHARE)
    const isThrough = this.passes(from, to) && (hasConnection || this.passes(to, from))
    if (!isThrough || !to.hasPower) {
      const againMs = SEND_AGAIN_MS * 2 ** how.tries
      this.#agenda.after(againMs, () => this.#request(call, to, { ...how, tries: how.tries + 1 }))
      return
    }
    this.#deliver(call, to, how.isAnswerLost)
  }

  #deliver(call: Call, to: Machine, isAnswerLost: boolean): void {
    if (to.life === undefined) {
      this.#trouble(call, to, 'refused')
    } else if (call.targetLife !== undefined && call.targetLife !== to.life) {
      this.#trouble(call, to, 'broken')
    } else {
      to.life.ask(call.sender, {
        request: call.request,
        sinceMs: this.#agenda.nowMs,
        respond: (response, sender) => {
          if (isAnswerLost) return
          this.#back(call, to, { kind: 'response', sender, response })
        },
        broke: () => this.#trouble(call, to, 'broken'),
      })
    }
  }

  #trouble(call: Call, at: Machine, kind: CallTrouble): void {
    this.#back(call, at, { kind })
  }

  #back(call: Call, from: Machine, answer: CallAnswer, tries = 0): void {
    const delayMs = tries === 0 ? this.#delayMs() : SEND_AGAIN_MS * 2 ** (tries - 1)
    this.#agenda.after(delayMs, () => {
      if (call.isOver(this.#agenda.nowMs)) return
      if (this.passes(from, call.caller.machine)) call.end(answer, 'socket')
      else this.#back(call, from, answer, tries + 1)
    })
  }

  #delayMs(): number {
    const { delayMs, spikeShare, spikeMs } = this.#options
    const spike = this.#chance.happens(spikeShare) ? this.#chance.between(spikeMs) : 0
    return this.#chance.between(delayMs) + spike
  }
}

/** One call, from its request to its only end. */
class Call {
  readonly caller: Life
  /** The life that was running at the address when the call began. */
  readonly targetLife: Life | undefined
  readonly sender: Sender
  readonly deadlineMs: number
  readonly #effect: CallEffect
  #hasEnded = false

  constructor(
    caller: Life,
    about: { effect: CallEffect; deadlineMs: number; target: Machine | undefined },
  ) {
    this.caller = caller
    this.targetLife = about.target?.life
    this.sender = caller.core.sender()
    this.#effect = about.effect
    this.deadlineMs = about.deadlineMs
  }

  get request(): NodeRequest {
    return this.#effect.request
  }

  /** Nothing that happens to it from now on can be seen by the caller. */
  isOver(nowMs: number): boolean {
    return this.#hasEnded || nowMs > this.deadlineMs || this.caller.isOver
  }

  /** The first end that the caller gets to see counts, the others are void. */
  end(answer: CallAnswer, lane: 'timer' | 'socket'): void {
    this.caller.arrive(lane, () => {
      if (this.#hasEnded) return undefined
      this.#hasEnded = true
      return { kind: 'answer', ticket: this.#effect.ticket, answer }
    })
  }
}

function wayOf(from: Machine, to: Machine): number {
  return from.index * 1024 + to.index
}
