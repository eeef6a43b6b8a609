// Who could know what while the cluster was split: in which view each write was acknowledged, which
// views contain which, by which view every node sent its requests. Judges nothing itself.
import type { Effect, Event } from '../../../src/core/step.ts'
import type { Entry, Version, View } from '../../../src/core/types.ts'
import { formatBallot, onlyGroup } from '../../../src/core/view.ts'
import type { Sides as Judged } from '../../checker/findings.ts'
import type { ReadRecord } from '../../checker/history.ts'
import type { Life } from '../life.ts'
import type { Witness, World } from '../world.ts'

interface Since<T> {
  readonly fromMs: number
  readonly value: T
}

export class Sides implements Witness, Judged {
  readonly #world: World
  readonly #isMergeKnown: boolean
  /** By ballot: the ballots in its view's history. */
  readonly #histories = new Map<string, ReadonlySet<string>>()
  /** By key and version: the view in which it was first acknowledged. */
  readonly #ackedIn = new Map<string, string>()
  /** By key and version: the view in which it was stamped, and its condition judged. */
  readonly #madeIn = new Map<string, string>()
  readonly #routeOf = new Map<string, View | undefined>()
  readonly #routes = new Map<string, Since<string>[]>()
  /** Active views that no other active view contains. */
  #tips: string[] = []
  readonly #splits: Since<boolean>[] = []

  /** `isMergeKnown`: what a view lists to be merged counts as known in it. */
  constructor(world: World, about: { isMergeKnown: boolean }) {
    this.#world = world
    this.#isMergeKnown = about.isMergeKnown
  }

  stepped(life: Life, _event: Event, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'store') continue
      for (const change of effect.changes) {
        if (change.kind === 'put') this.#stored(life, change.entry)
        if (change.kind === 'putRecord') this.#stored(life, change.record)
        if (change.kind === 'state' && change.state.view !== undefined) {
          this.#learn(change.state.view)
        }
      }
    }
    const { route } = life.core
    if (this.#routeOf.get(life.machine.name) === route) return
    this.#routeOf.set(life.machine.name, route)
    const name = route === undefined ? '' : formatBallot(route.ballot)
    if (route !== undefined) this.#learn(route)
    note(this.#routes, life.machine.name, { fromMs: this.#world.agenda.nowMs, value: name })
  }

  /** Whoever stores a version first has stamped it. */
  #stored(life: Life, entry: Pick<Entry, 'key' | 'version'>): void {
    const name = `${entry.key} ${entry.version}`
    const view = life.machine.disk.store.state?.view
    if (view === undefined || this.#madeIn.has(name)) return
    this.#madeIn.set(name, formatBallot(view.ballot))
  }

  acknowledged(key: string, version: Version, view: View): void {
    const name = `${key} ${version}`
    if (!this.#ackedIn.has(name)) this.#ackedIn.set(name, formatBallot(view.ballot))
  }

  /** A view acts for the first time. */
  acts(view: View): void {
    this.#learn(view)
    const name = formatBallot(view.ballot)
    this.#tips = [...this.#tips.filter((tip) => !this.#contains(name, tip)), name]
    this.#splits.push({ fromMs: this.#world.agenda.nowMs, value: this.#tips.length > 1 })
  }

  knows(key: string, later: Version, earlier: Version): boolean {
    const made = this.#madeIn.get(`${key} ${later}`)
    const acked = this.#ackedIn.get(`${key} ${earlier}`)
    return acked === undefined || (made !== undefined && this.#contains(made, acked))
  }

  mustKnow(read: ReadRecord, version: Version, sinceMs: number): boolean {
    const name = `${read.key} ${version}`
    const ackedIn = this.#ackedIn.get(name) ?? this.#madeIn.get(name)
    const routes = this.#routesOf(read.node, sinceMs, read.endedAt ?? Infinity)
    return routes.every((route) => ackedIn === undefined || this.#contains(route, ackedIn))
  }

  follows(later: ReadRecord, earlier: ReadRecord): boolean {
    const before = this.#routesOf(earlier.node, earlier.invokedAt, earlier.endedAt ?? Infinity)
    const after = this.#routesOf(later.node, later.invokedAt, later.endedAt ?? Infinity)
    return after.every((a) => before.every((b) => this.#contains(a, b)))
  }

  /** It was acknowledged on a side whose holders are all lost: this view knows nothing of it. */
  isGone(key: string, version: Version, view: View): boolean {
    const ackedIn = this.#ackedIn.get(`${key} ${version}`)
    return ackedIn !== undefined && !this.#contains(formatBallot(view.ballot), ackedIn)
  }

  wasSplit(fromMs: number, toMs: number): boolean {
    return between(this.#splits, fromMs, toMs).some((value) => value)
  }

  #routesOf(node: string, fromMs: number, toMs: number): string[] {
    return between(this.#routes.get(node) ?? [], fromMs, toMs)
  }

  #contains(view: string, ballot: string): boolean {
    return view === ballot || (this.#histories.get(view)?.has(ballot) ?? false)
  }

  #learn(view: View): void {
    const name = formatBallot(view.ballot)
    if (this.#histories.has(name)) return
    const { history, merge } = onlyGroup(view)
    const listed = this.#isMergeKnown ? merge.flatMap((lineage) => lineage.history) : []
    this.#histories.set(name, new Set([...history, ...listed].map(formatBallot)))
  }
}

/** Adds to a time line, if it is news. */
function note(lines: Map<string, Since<string>[]>, name: string, news: Since<string>): void {
  const line = lines.get(name)
  if (line === undefined) lines.set(name, [news])
  else if (line.at(-1)?.value !== news.value) line.push(news)
}

/** What held at some time of a span. */
function between<T>(line: readonly Since<T>[], fromMs: number, toMs: number): T[] {
  return line
    .filter(({ fromMs: since }, i) => since <= toMs && (line[i + 1]?.fromMs ?? Infinity) >= fromMs)
    .map(({ value }) => value)
}
