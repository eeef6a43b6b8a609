// What goes wrong: crashes, power cuts, pauses, cut cables, clocks that jump. One at a time, or heaped.
import { onlyGroup } from '../../src/core/view.ts'
import type { Chance, Range } from './chance.ts'
import { ailment, opinions } from './health.ts'
import type { Machine } from './machine.ts'
import type { Ending, World } from './world.ts'

export type FaultKind =
  | 'kill'
  | 'unplug'
  | 'leave'
  | 'pause'
  | 'split'
  | 'splitOneWay'
  | 'shatter'
  | 'mend'
  | 'deafen'
  | 'setClock'
  | 'clog'
  | 'swizzle'
  | 'slowDisk'
  | 'diskError'
  | 'damage'
  | 'blackout'

export interface FaultsOptions {
  /** The next one only once the cluster is whole again; or whenever its time has come. */
  readonly rhythm: 'single' | 'heaped'
  readonly weights: Partial<Record<FaultKind, number>>
  readonly everyMs: Range
  readonly downMs: Range
  readonly pauseMs: Range
  /** Single faults of the network mend after this. */
  readonly cutMs: Range
  /** How long one flush takes on a slow disk. */
  readonly slowDiskMs: Range
  /** Nodes that may be down or paused at once. Infinity: all. */
  readonly downMax: number
}

/** After these every master is still the master it was; who leaves forgets at its end. */
const HARMLESS: ReadonlySet<FaultKind> = new Set([
  'mend',
  'deafen',
  'setClock',
  'clog',
  'slowDisk',
  'leave',
])

/** These end the process of their victim, and what it remembered. */
const ENDING: ReadonlySet<FaultKind> = new Set(['kill', 'unplug', 'diskError', 'damage'])

/** A single fault must be healed within this, whatever it was. Unit: ms. */
const HEAL_MS_MAX = 30_000

/** How often a whole cluster is looked for. Unit: ms. */
const LOOK_EVERY_MS = 100

/** Share of the entries that a damaged disk no longer gives back. */
const DAMAGED_SHARE = 0.3

/** A clock jumps by up to this. Unit: ms. */
const CLOCK_STEP_MS = 700

export class Faults {
  readonly #world: World
  readonly #options: FaultsOptions
  readonly #chance: Chance
  readonly #note: (what: string) => void
  readonly #memoryLostAt: number[] = []
  #isActive = false
  #count = 0

  /** `note` is told of every fault, for the trace. */
  constructor(world: World, options: FaultsOptions, note: (what: string) => void) {
    this.#world = world
    this.#options = options
    this.#chance = world.fork()
    this.#note = note
  }

  get count(): number {
    return this.#count
  }

  /** When nodes lost what they only remember, or others took their place; once for each memory. */
  get memoryLostAt(): readonly number[] {
    return this.#memoryLostAt
  }

  start(): void {
    this.#isActive = true
    this.#soon()
  }

  stop(): void {
    this.#isActive = false
  }

  #soon(): void {
    this.#world.agenda.after(this.#chance.between(this.#options.everyMs), () =>
      this.#next(this.#world.agenda.nowMs),
    )
  }

  #next(sinceMs: number): void {
    if (!this.#isActive) return
    const { agenda } = this.#world
    const reason = this.#options.rhythm === 'single' ? ailment(this.#world) : undefined
    if (reason === undefined && this.#isEnough) this.#soon()
    else if (reason === undefined) {
      this.#strike(this.#chance.weighed(this.#options.weights))
      this.#soon()
    } else if (agenda.nowMs - sinceMs > HEAL_MS_MAX) {
      this.#world.breach('I12', `not healed after one fault: ${reason}\n${opinions(this.#world)}`)
    } else agenda.after(LOOK_EVERY_MS, () => this.#next(sinceMs))
  }

  /** As many nodes as may be are away already. */
  get #isEnough(): boolean {
    const away = this.#world.machines.filter((m) => m.wasStarted && (!m.isRunning || m.isPaused))
    return away.length >= this.#options.downMax
  }

  #strike(kind: FaultKind): void {
    const { running } = this.#world
    const victim = running.length > 0 ? this.#chance.pick(running) : undefined
    this.#count++
    // What the only in-sync master remembers of retries is nowhere else for certain: it counts as both.
    const isLast = ENDING.has(kind) && victim !== undefined && isOnlyHolder(victim)
    this.#forgets(kind === 'blackout' ? running.length : HARMLESS.has(kind) ? 0 : isLast ? 2 : 1)
    this.#note(`FAULT ${kind} ${victim?.name ?? ''}`)
    if (victim !== undefined) this.#hit(victim, kind)
  }

  #forgets(memories: number): void {
    for (let i = 0; i < memories; i++) this.#memoryLostAt.push(this.#world.agenda.nowMs)
  }

  #hit(victim: Machine, kind: FaultKind): void {
    const { network } = this.#world
    switch (kind) {
      case 'kill':
        return this.#end(victim, 'killed')
      case 'unplug':
        return this.#end(victim, 'unplugged')
      case 'leave':
        return this.#world.leave(victim, () => {
          // Until its end it may have taken writes, and become the only one in sync.
          this.#forgets(isOnlyHolder(victim) ? 2 : 1)
          this.#restart(victim)
        })
      case 'pause':
        return victim.life?.pause(this.#chance.between(this.#options.pauseMs))
      case 'split':
      case 'splitOneWay':
        return this.#split({ isOneWay: kind === 'splitOneWay', sides: 2 })
      case 'shatter':
        return this.#split({ isOneWay: false, sides: 3 })
      case 'mend':
        return network.mend()
      case 'deafen':
        network.deafen(victim)
        return this.#mendLater()
      case 'setClock':
        return victim.clock.stepWall(
          Math.round(this.#chance.between({ from: -CLOCK_STEP_MS, to: CLOCK_STEP_MS })),
        )
      case 'clog':
        return this.#clog(victim)
      case 'swizzle':
        return this.#swizzle()
      case 'slowDisk':
        return this.#slowDisk(victim)
      case 'diskError':
        // A node whose flush fails ends itself: nothing that was not flushed is left.
        return this.#end(victim, 'diskFailed')
      case 'damage':
        this.#world.end(victim, 'unplugged')
        // Noticed at the next start: what was acknowledged until then was on this disk.
        return this.#restart(victim, () =>
          victim.disk.damage(() => this.#chance.happens(DAMAGED_SHARE)),
        )
      case 'blackout':
        for (const machine of this.#world.running) this.#end(machine, 'unplugged')
    }
  }

  #end(victim: Machine, ending: Ending): void {
    this.#world.end(victim, ending)
    this.#restart(victim)
  }

  #restart(victim: Machine, first: () => void = () => {}): void {
    this.#world.agenda.after(this.#chance.between(this.#options.downMs), () => {
      if (!victim.isRunning) first()
      this.#world.start(victim)
    })
  }

  /** Every machine goes to one of some sides; between them nothing passes, or nothing one way. */
  #split(how: { isOneWay: boolean; sides: number }): void {
    const { machines, network } = this.#world
    const sides = machines.map(() => Math.floor(this.#chance.next() * how.sides))
    network.mend()
    for (const from of machines) {
      for (const to of machines) {
        const isAcross = sides[from.index] !== sides[to.index]
        if (isAcross && (!how.isOneWay || sides[from.index] === 0)) network.cut(from, to)
      }
    }
    if (this.#options.rhythm === 'single') this.#mendLater()
  }

  /** Everything that one machine sends to another arrives late, all at once. */
  #clog(victim: Machine): void {
    const others = this.#world.machines.filter((machine) => machine !== victim)
    const other = this.#chance.pick(others)
    const [from, to] = this.#chance.happens(0.5) ? [victim, other] : [other, victim]
    this.#world.network.clog(from, to, this.#chance.between(this.#options.cutMs))
  }

  /** Some machines lose their links one by one, and get them back in another order. */
  #swizzle(): void {
    const { agenda, machines, network } = this.#world
    const some = this.#chance.shuffled(machines).slice(0, Math.ceil(machines.length / 2))
    const eachMs = this.#chance.between(this.#options.cutMs) / (2 * some.length)
    const others = (machine: Machine): Machine[] => machines.filter((other) => other !== machine)
    some.forEach((machine, i) =>
      agenda.after(i * eachMs, () => {
        for (const other of others(machine)) {
          network.cut(machine, other)
          network.cut(other, machine)
        }
      }),
    )
    this.#chance.shuffled(some).forEach((machine, i) =>
      agenda.after((some.length + i) * eachMs, () => {
        for (const other of others(machine)) network.rejoin(machine, other)
      }),
    )
  }

  #slowDisk(victim: Machine): void {
    victim.disk.slowDown(this.#options.slowDiskMs)
    this.#world.agenda.after(this.#chance.between(this.#options.cutMs), () =>
      victim.disk.slowDown(undefined),
    )
  }

  #mendLater(): void {
    this.#world.agenda.after(this.#chance.between(this.#options.cutMs), () =>
      this.#world.network.mend(),
    )
  }
}

/** By the view that it accepted last. */
function isOnlyHolder({ id, disk }: Machine): boolean {
  const view = disk.store.state?.view
  if (view === undefined) return false
  const holders = onlyGroup(view).masters.filter((master) => master.inSync)
  return holders.length === 1 && holders.some((master) => master.id === id)
}
