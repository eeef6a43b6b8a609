// I3 and I7: what was acknowledged is flushed on every master of its view, and stays on every in-sync
// master of every view after it.
import type { Effect, Event } from '../../../src/core/step.ts'
import type { Version, View, WriteOutcome } from '../../../src/core/types.ts'
import { partName } from '../../../src/core/syncing-part.ts'
import { formatBallot } from '../../../src/core/view.ts'
import type { ClusterSettings } from '../../../src/core/settings.ts'
import type { Life } from '../life.ts'
import type { Forks } from './forks.ts'
import type { Sides } from './sides.ts'
import type { Witness, World } from '../world.ts'
import type { Purges } from './purges.ts'

export class Acknowledged implements Witness {
  readonly #world: World
  readonly #settings: ClusterSettings
  readonly #purges: Purges
  readonly #forks: Forks
  readonly #sides: Sides
  /** The oracle: the highest version acknowledged of every key. */
  readonly #versions = new Map<string, Version>()
  /** The same by view, for histories that part. */
  readonly #byView = new Map<string, Map<string, Version>>()
  /** By ballot: under which names its syncing masters' parts are brought in. */
  readonly #partsOf = new Map<string, readonly string[]>()
  readonly #keysOf = new Map<string, string>()
  #count = 0

  constructor(
    world: World,
    about: { settings: ClusterSettings; purges: Purges; sides: Sides; forks: Forks },
  ) {
    this.#world = world
    this.#settings = about.settings
    this.#forks = about.forks
    this.#sides = about.sides
    this.#purges = about.purges
  }

  get count(): number {
    return this.#count
  }

  /** Something that counts as acknowledged though no client asked for it. */
  add(key: string, version: Version): void {
    if (version > (this.#versions.get(key) ?? '')) this.#versions.set(key, version)
  }

  stepped(life: Life, event: Event, effects: readonly Effect[]): void {
    if (event.kind === 'write') this.#keysOf.set(nameOf(life, event.ticket), event.command.key)
    for (const effect of effects) {
      if (effect.kind === 'respond' && effect.response.kind === 'written') {
        const request = life.requestOf(effect.ticket)
        if (request?.kind === 'write') {
          this.#acknowledged(life, request.command.key, effect.response.outcome)
        }
      } else if (effect.kind === 'finish') {
        const name = nameOf(life, effect.ticket)
        const key = this.#keysOf.get(name)
        this.#keysOf.delete(name)
        if (key !== undefined && !isPassedOn(event)) {
          this.#acknowledged(life, key, effect.outcome as WriteOutcome)
        }
      }
    }
  }

  /** A new view acts: its in-sync masters must hold everything acknowledged so far. */
  viewActs(view: View): void {
    const inSync = view.groups.flatMap((group) => group.masters).filter((m) => m.inSync)
    const history = new Set(view.groups.flatMap((group) => group.history.map(formatBallot)))
    for (const { id } of inSync) {
      const machine = this.#world.machineOf(id)
      if (machine?.isWitness === true)
        this.#world.breach('I8', `the witness ${machine.name} is a master`)
      for (const [key, version, ballot] of this.#acks()) {
        const held = machine?.disk.durableVersion(key) ?? ''
        if (held >= version || this.#purges.upTo(key) >= version) continue
        const names = [ballot, ...(this.#partsOf.get(ballot) ?? [])]
        if (this.#forks.isPossible && !names.some((name) => history.has(name))) continue
        const what = `${key}: has ${held || 'nothing'}, acknowledged was ${version}`
        const where = `in-sync master ${machine?.name} of view ${formatBallot(view.ballot)}`
        this.#world.breach('I7', `${where} lacks ${what}`)
        return
      }
    }
  }

  /** The highest version of every key, or where histories may differ, of every key in every view. */
  *#acks(): Iterable<readonly [key: string, version: Version, ballot: string]> {
    if (!this.#forks.isPossible)
      for (const [key, version] of this.#versions) yield [key, version, '']
    for (const [ballot, versions] of this.#byView) {
      if (this.#forks.isPossible)
        for (const [key, version] of versions) yield [key, version, ballot]
    }
  }

  #noteIn(view: View, key: string, version: Version): void {
    this.#sides.acknowledged(key, version, view)
    const name = formatBallot(view.ballot)
    if (!this.#partsOf.has(name)) {
      const syncing = view.groups.flatMap((group) => group.masters).filter((m) => !m.inSync)
      this.#partsOf.set(
        name,
        syncing.map(({ id }) => formatBallot(partName(view.ballot, id))),
      )
    }
    const versions = this.#byView.get(name) ?? new Map<string, Version>()
    this.#byView.set(name, versions)
    if (version > (versions.get(key) ?? '')) versions.set(key, version)
  }

  #acknowledged(life: Life, key: string, outcome: WriteOutcome): void {
    if (outcome.kind !== 'applied') return
    this.#count++
    this.add(key, outcome.version)
    const view = life.machine.disk.store.state?.view
    if (view === undefined) {
      this.#world.breach('I3', `${life.machine.name} acknowledged ${key} without a view`)
      return
    }
    this.#noteIn(view, key, outcome.version)
    const masters = view.groups.flatMap((group) => group.masters)
    for (const { id } of masters) {
      const machine = this.#world.machineOf(id)
      const held = machine?.disk.durableVersion(key) ?? ''
      if (held >= outcome.version || this.#purges.upTo(key) >= outcome.version) continue
      const where = `master ${machine?.name} of view ${formatBallot(view.ballot)}`
      this.#world.breach('I3', `${key} ${outcome.version} acknowledged, but not on ${where}`)
    }
    const needed = neededCopies(this.#settings, view)
    if (masters.length < needed || outcome.copies < needed) {
      const what = `${outcome.copies} copies, ${masters.length} masters, ${needed} needed`
      this.#world.breach('I3', `${key} acknowledged with ${what}`)
    }
  }
}

/** The client hears what another node decided. */
function isPassedOn(event: Event): boolean {
  return (
    event.kind === 'answer' &&
    event.answer.kind === 'response' &&
    event.answer.response.kind === 'written'
  )
}

/** Spelled out once more here: a check must not trust what it checks. */
function neededCopies(settings: ClusterSettings, view: View): number {
  if (settings.minCopies !== 'auto') return settings.minCopies
  return view.roster.filter((node) => !node.isWitness).length >= 3 ? 2 : 1
}

function nameOf(life: Life, ticket: number): string {
  return `${life.machine.name}${life.incarnation}#${ticket}`
}
