// A whole cluster in one thread from one seed: machines, their network, virtual time, and witnesses.
// What goes wrong in it, and what clients do to it, is decided elsewhere.
import type { Rules } from '../../src/core/rules.ts'
import type { ClusterSettings } from '../../src/core/settings.ts'
import type { Effect, Event } from '../../src/core/step.ts'
import type { Address, NodeId } from '../../src/core/types.ts'
import { Agenda } from './agenda.ts'
import { Chance, type Range } from './chance.ts'
import { MachineClock } from './clock.ts'
import { Disk, type DiskOptions, type Unflushed } from './disk.ts'
import { Life, type Surroundings } from './life.ts'
import { Machine } from './machine.ts'
import { letterOf, Names } from './names.ts'
import { Network, type NetworkOptions } from './network.ts'
import type { Violation } from './violation.ts'

export interface WorldOptions {
  readonly nodes: number
  /** How many of them, from the last, are witnesses. */
  readonly witnesses: number
  readonly settings: ClusterSettings
  readonly rules: Rules
  readonly network: NetworkOptions
  readonly disk: DiskOptions
  /** The size of the disk of the third machine. Unit: bytes. Undefined: as large as the others. */
  readonly smallDiskBytes?: number
  /** Wall clocks are off by up to this. Unit: ms. */
  readonly wallErrorMs: number
  /** Clocks run fast or slow by up to this. Unit: share. */
  readonly drift: number
  readonly tickIsFirst: boolean
  /** In its first life every node but the last is told where the last one is. */
  readonly areTold?: boolean
  /** Undefined: as in production, and never reached. Unit: ms. */
  readonly tombstoneTtlMs?: number
  /** Undefined: as in production, and never reached. Unit: ms. */
  readonly auditEveryMs?: number
  /** Invariants that are not looked at, so that a run goes on to what else breaks. */
  readonly blindTo: readonly string[]
}

/** Looks on, and reports what must not be. */
export interface Witness {
  /** After a step, before its effects are carried out. */
  stepped?(life: Life, event: Event, effects: readonly Effect[]): void
  started?(life: Life): void
  /** The process is gone; its disk shows already what it left. */
  ended?(life: Life): void
}

/** How a life ends: by a signal, in order, with the power of the machine, or by a failed flush. */
export type Ending = 'killed' | 'stopped' | 'unplugged' | 'diskFailed'

const MONOTONIC_START: Range = { from: 0, to: 1e9 }

export class World {
  readonly agenda = new Agenda()
  readonly names = new Names()
  readonly machines: readonly Machine[]
  readonly network: Network
  readonly violations: Violation[] = []
  readonly #chance: Chance
  readonly #witnesses: Witness[] = []
  readonly #leavers = new Map<Life, () => void>()
  readonly #byId: ReadonlyMap<NodeId, Machine>
  readonly #around: Surroundings
  readonly #blindTo: ReadonlySet<string>
  readonly #areTold: boolean

  constructor(seed: number, options: WorldOptions) {
    this.#chance = new Chance(seed)
    this.#blindTo = new Set(options.blindTo)
    this.#areTold = options.areTold ?? false
    this.network = new Network({ agenda: this.agenda, chance: this.fork() }, options.network)
    this.machines = Array.from({ length: options.nodes }, (_, i) => this.#build(i, options))
    this.#byId = new Map(this.machines.map((machine) => [machine.id, machine]))
    const { settings, rules, tickIsFirst, tombstoneTtlMs, auditEveryMs } = options
    this.#around = {
      agenda: this.agenda,
      chance: this.fork(),
      network: this.network,
      setUp: { settings, rules, tickIsFirst, tombstoneTtlMs, auditEveryMs, fingerprint: 1 },
      stepped: (life, event, effects) => {
        for (const witness of this.#witnesses) witness.stepped?.(life, event, effects)
      },
      report: (violation) => this.report(violation),
      overflowed: ({ machine }) => {
        this.breach('overflow', `the disk of ${machine.name} has overflowed`)
        this.end(machine, 'diskFailed')
      },
      gone: (life) => {
        this.agenda.after(GOODBYE_MS, () => {
          if (life.machine.life !== life) return
          this.end(life.machine, 'stopped')
          this.#leavers.get(life)?.()
        })
      },
      died: (life) => this.end(life.machine, 'killed'),
    }
  }

  /** Chance for somebody else in this world. */
  fork(): Chance {
    return this.#chance.fork()
  }

  /** Adds somebody who looks on. */
  watch(witness: Witness): void {
    this.#witnesses.push(witness)
  }

  report(violation: Violation): void {
    if (!this.#blindTo.has(violation.rule)) this.violations.push(violation)
  }

  /** Reports what a witness saw at this moment. */
  breach(rule: string, text: string): void {
    this.report({ rule, atMs: this.agenda.nowMs, text })
  }

  machineOf(id: NodeId): Machine | undefined {
    return this.#byId.get(id)
  }

  get running(): Machine[] {
    return this.machines.filter((machine) => machine.isRunning)
  }

  /** Starts a node on a machine, or nothing if one runs there. */
  start(machine: Machine): void {
    if (machine.life !== undefined) return
    const isNew = !machine.wasStarted
    machine.hasPower = true
    machine.wasStarted = true
    machine.life = new Life(this.#around, machine)
    for (const witness of this.#witnesses) witness.started?.(machine.life)
    machine.life.begin()
    const last = this.machines.at(-1)
    if (this.#areTold && isNew && last !== undefined && machine !== last) {
      machine.life.lookFor([last.address])
    }
  }

  /** Gives a host another address; its node, if one runs, is told. */
  move(machine: Machine, address: Address): void {
    this.network.move(machine, address)
    this.names.add(machine.id, address, machine.name)
    machine.life?.moved()
  }

  /** Ends the life of a machine's node, or nothing if none runs there. */
  end(machine: Machine, ending: Ending): void {
    const { life } = machine
    if (life === undefined) return
    machine.life = undefined
    machine.hasPower = ending !== 'unplugged'
    life.end(ending === 'unplugged')
    machine.disk.crash(this.#unflushed(ending))
    for (const witness of this.#witnesses) witness.ended?.(life)
  }

  /** Stops a node in order: it hands over, says goodbye, and is gone; `then` follows. */
  leave(machine: Machine, then: () => void = () => {}): void {
    const { life } = machine
    if (life === undefined) return
    this.#leavers.set(life, then)
    life.arrive('timer', () => ({ kind: 'leave', reason: 'asked to stop' }))
  }

  /** Everything that was broken on purpose works again. */
  repair(): void {
    this.network.mend()
    this.network.calm()
    for (const machine of this.machines) {
      machine.disk.slowDown(undefined)
      machine.life?.wake()
      if (machine.wasStarted) this.start(machine)
    }
  }

  #unflushed(ending: Ending): Unflushed {
    if (ending === 'stopped') return 'kept'
    return ending === 'killed' && this.#chance.happens(0.5) ? 'kept' : 'lost'
  }

  #build(index: number, options: WorldOptions): Machine {
    const chance = this.fork()
    const within = (most: number): number => chance.between({ from: -most, to: most })
    const id = chance.hex(16)
    const address = `10.1.2.${chance.whole({ from: 1, to: 9 })}${index}:8181`
    const name = letterOf(index)
    const isWitness = index >= options.nodes - options.witnesses
    const clock = new MachineClock(this.agenda, {
      wallOffsetMs: Math.round(within(options.wallErrorMs)),
      monotonicStartMs: Math.round(chance.between(MONOTONIC_START)),
      drift: within(options.drift),
    })
    const disk = new Disk(
      { agenda: this.agenda, chance: chance.fork() },
      {
        ...options.disk,
        nodeId: id,
        ...(index === SMALL && { sizeBytes: options.smallDiskBytes }),
      },
    )
    const machine = new Machine({ index, name, id, address, clock, disk, isWitness })
    this.names.add(id, address, name)
    this.network.add(machine)
    return machine
  }
}

/** Prefilled disks are the first two: the third is the first that has to mirror. */
const SMALL = 2

/** Between a goodbye and the end of the process. Unit: ms. */
const GOODBYE_MS = 20
