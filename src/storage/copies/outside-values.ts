// Values too large for slabs, each in memory of its own, which is never written to again.
// Whoever reads one may hold on to it; it is freed when nobody does.
import { ownedBytes } from '../owned.ts'
import { OUTSIDE_OVERHEAD_BYTES } from './limits.ts'

export class OutsideValues {
  readonly #values: (Uint8Array | undefined)[] = []
  readonly #free: number[] = []
  #bytes = 0

  /** Unit: bytes. */
  get bytes(): number {
    return this.#bytes
  }

  /** Keeps a value, and says under which number. */
  add(value: Uint8Array): number {
    const owned = ownedBytes(value)
    const number = this.#free.pop() ?? this.#values.length
    this.#values[number] = owned
    this.#bytes += bytesOf(owned)
    return number
  }

  /** `number` is of a value that was added and not removed. */
  get(number: number): Uint8Array {
    const value = this.#values[number]
    if (value === undefined) throw new Error('bug: there is no such value')
    return value
  }

  remove(number: number): void {
    this.#bytes -= bytesOf(this.get(number))
    this.#values[number] = undefined
    this.#free.push(number)
  }

  clear(): void {
    this.#values.length = 0
    this.#free.length = 0
    this.#bytes = 0
  }
}

function bytesOf(value: Uint8Array): number {
  return value.buffer.byteLength + OUTSIDE_OVERHEAD_BYTES
}
