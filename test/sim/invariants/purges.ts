// I14: what was deleted stays deleted. A purge takes nothing but what its tombstone hides, and what
// was purged is on no master in the end.
import type { Effect, Event, StoreChange } from '../../../src/core/step.ts'
import type { Version } from '../../../src/core/types.ts'
import type { Life } from '../life.ts'
import type { Machine } from '../machine.ts'
import type { Witness, World } from '../world.ts'

export class Purges implements Witness {
  readonly #world: World
  /** Up to which version each key was purged, ever. */
  readonly #purged = new Map<string, Version>()
  /** Every version up to which each key was purged. */
  readonly #versions = new Map<string, Set<Version>>()

  constructor(world: World) {
    this.#world = world
  }

  /** Keys that were purged, ever. */
  get count(): number {
    return this.#purged.size
  }

  /** Up to which version a key was purged; empty: never. */
  upTo(key: string): Version {
    return this.#purged.get(key) ?? ''
  }

  /** Whether a tombstone with a version from the first up to below the second is gone. */
  wasPurged(key: string, from: Version, below: Version): boolean {
    return [...(this.#versions.get(key) ?? [])].some((it) => it >= from && it < below)
  }

  all(): ReadonlyMap<string, Version> {
    return this.#purged
  }

  stepped(life: Life, _event: Event, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'store') continue
      for (const change of effect.changes) if (change.kind === 'purge') this.#purges(life, change)
    }
  }

  /** Something older than a purge that a master holds in the end: a zombie. */
  judge(masters: readonly Machine[]): void {
    for (const machine of masters) {
      for (const [key, version] of machine.disk.durableVersions) {
        const isTombstone = machine.disk.store.get(key)?.content.kind === 'tombstone'
        // A purge may be lost with its masters; its tombstone then goes on hiding what it hid.
        if (version > this.upTo(key) || (version === this.upTo(key) && isTombstone)) continue
        const what = `${key} ${version}, purged up to ${this.upTo(key)}`
        this.#world.breach('I14', `${machine.name} holds ${what}`)
      }
    }
  }

  #purges(life: Life, change: Extract<StoreChange, { kind: 'purge' }>): void {
    const { key, version } = change
    if (version > this.upTo(key)) this.#purged.set(key, version)
    this.#versions.set(key, (this.#versions.get(key) ?? new Set()).add(version))
    const held = life.machine.disk.store.get(key)
    if (!life.isActing || held === undefined || held.version > version) return
    if (held.content.kind === 'tombstone') return
    this.#world.breach('I14', `${life.machine.name} purges ${key} ${held.version}, a value`)
  }
}
