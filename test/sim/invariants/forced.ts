// What a forced election must bring back: everything that the nodes in sight had when it was ordered,
// in the highest version that any of them had, on disk or as a copy.
import type { Version } from '../../../src/core/types.ts'
import type { Machine } from '../machine.ts'
import type { World } from '../world.ts'
import type { Purges } from './purges.ts'

type Versions = ReadonlyMap<string, Version>

export class Forced {
  readonly #world: World
  readonly #purges: Purges
  readonly #due = new Map<string, Version>()
  #orders = 0

  constructor(world: World, purges: Purges) {
    this.#world = world
    this.#purges = purges
  }

  /** An operator has ordered it, ever. */
  get isOrdered(): boolean {
    return this.#orders > 0
  }

  /** What is in sight of a machine that gets the order now. To be given to `done`. */
  ordered(at: Machine): Versions {
    this.#orders++
    const { network, running } = this.#world
    const inSight = running.filter(
      (machine) => machine === at || (network.passes(at, machine) && network.passes(machine, at)),
    )
    const versions = new Map<string, Version>()
    for (const machine of inSight) {
      for (const [key, version] of machine.disk.durableVersions) raise(versions, key, version)
      const copies = machine.life?.copies
      for (const hash of copies?.hashes() ?? []) {
        const copy = copies?.byHash(hash)
        if (copy?.known.kind === 'entry') raise(versions, copy.key, copy.known.entry.version)
      }
    }
    return versions
  }

  /** It was carried out: all that was in sight must be there in the end. */
  done(versions: Versions): void {
    for (const [key, version] of versions) raise(this.#due, key, version)
  }

  judge(masters: readonly Machine[]): void {
    for (const machine of masters) {
      for (const [key, version] of this.#due) {
        const held = machine.disk.durableVersion(key)
        if (held >= version || this.#purges.upTo(key) >= version) continue
        const what = `${key} ${version}, which a node had that was forced to go on`
        this.#world.breach('forced', `${machine.name} lacks ${what}`)
        return
      }
    }
  }
}

function raise(versions: Map<string, Version>, key: string, version: Version): void {
  if (version > (versions.get(key) ?? '')) versions.set(key, version)
}
