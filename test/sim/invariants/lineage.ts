// I10: where no fork can be, there is one history: every active view contains the one before.
// Counts the views for I11.
import type { Effect, Event } from '../../../src/core/step.ts'
import type { View } from '../../../src/core/types.ts'
import { compareBallots, contains, formatBallot } from '../../../src/core/view.ts'
import type { Life } from '../life.ts'
import type { Forks } from './forks.ts'
import type { Witness, World } from '../world.ts'

export interface LineageOptions {
  readonly forks: Forks
  /** An operator has ordered a forced election: a view may be unclean from then on. */
  readonly isForced: () => boolean
  /** Told of every view when its primary first acts. */
  readonly onActive: (view: View) => void
}

export class Lineage implements Witness {
  readonly #world: World
  readonly #options: LineageOptions
  readonly #seen = new Set<string>()
  #newest: View | undefined
  #merges = 0

  constructor(world: World, options: LineageOptions) {
    this.#world = world
    this.#options = options
  }

  /** Views that listed something to merge. */
  get merges(): number {
    return this.#merges
  }

  /** Views that were active, ever. */
  get count(): number {
    return this.#seen.size
  }

  stepped(life: Life, _event: Event, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'send' || effect.datagram.kind !== 'beat') continue
      if (effect.datagram.isActive) this.#acts(life, formatBallot(effect.datagram.ballot))
    }
  }

  #acts(life: Life, name: string): void {
    if (this.#seen.has(name)) return
    this.#seen.add(name)
    const view = life.machine.disk.store.state?.view
    if (view === undefined || formatBallot(view.ballot) !== name) {
      this.#world.breach('I1', `${life.machine.name} acts in ${name}, which it has not accepted`)
      return
    }
    if (view.isUnclean && !this.#options.isForced())
      this.#world.breach('I10', `view ${name} is unclean, and nobody ordered it`)
    const lineages = view.groups.flatMap((group) => group.merge)
    if (lineages.length > 0) this.#merges++
    if (lineages.length > 0 && !this.#options.forks.isPossible) {
      this.#world.breach('I10', `view ${name} merges lineages`)
    }
    if (!this.#options.forks.isPossible) this.#continues(view)
    this.#options.onActive(view)
  }

  #continues(view: View): void {
    const before = this.#newest
    if (before === undefined) {
      this.#newest = view
      return
    }
    const isNewer = compareBallots(view.ballot, before.ballot) > 0
    const [older, newer] = isNewer ? [before, view] : [view, before]
    if (!contains(newer, older.ballot)) {
      const names = `${formatBallot(newer.ballot)} does not contain ${formatBallot(older.ballot)}`
      this.#world.breach('I10', `a fork: view ${names}`)
    }
    this.#newest = newer
  }
}
