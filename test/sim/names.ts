// Short names for people: nodes are letters, times begin with the world.
import type { Address, NodeId, Version } from '../../src/core/types.ts'
import { versionMs } from '../../src/core/version.ts'
import { WORLD_EPOCH_MS } from './clock.ts'

export class Names {
  readonly #names = new Map<string, string>()

  add(id: NodeId, address: Address, name: string): void {
    this.#names.set(id, name)
    this.#names.set(address, name)
    // The end of an entry that this node wrote has a version of its own: see versionJustAbove.
    this.#names.set((BigInt(`0x${id}`) + 1n).toString(16).padStart(16, '0'), `${name}+`)
  }

  of(idOrAddress: string): string {
    return this.#names.get(idOrAddress) ?? idOrAddress
  }

  /** `1250.0a`: stamped 1,250 ms after the world began, first of that millisecond, by node a. */
  version(version: Version | '' | undefined): string {
    if (version === undefined || version === '') return 'nothing'
    const counter = Number.parseInt(version.slice(12, 16), 16)
    return `${versionMs(version) - WORLD_EPOCH_MS}.${counter}${this.of(version.slice(17))}`
  }

  /** A text with every node id, address and version in it made short. */
  shorten(text: string): string {
    return text
      .replaceAll(/\b[0-9a-f]{16}-[0-9a-f]{16}\b/g, (version) => this.version(version))
      .replaceAll(/\b[0-9a-f]{16}\b/g, (id) => this.of(id))
      .replaceAll(/\b\d+\.\d+\.\d+\.\d+:\d+\b/g, (address) => this.of(address))
  }
}

/** Letters for the first 26 nodes. */
export function letterOf(index: number): string {
  return String.fromCharCode('a'.charCodeAt(0) + index)
}
