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
    const held = life.machine.disk.store.get(key)
    if (!life.isActing || held === undefined || held.version > version) return
    if (held.content.kind === 'tombstone') return
    this.#world.breach('I14', `${life.machine.name} purges ${key} ${held.version}, a value`)
  }
}
