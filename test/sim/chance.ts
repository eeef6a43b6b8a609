// Chance from a seed: the same numbers for the same seed, on every machine.
// Never asks the system for anything.

/** A stream of numbers. `fork` starts another one, so that one user of chance cannot shift another. */
export class Chance {
  #state: number

  constructor(seed: number) {
    // Neighbouring seeds must not give similar streams: spread the bits first.
    let mixed = Math.imul(seed ^ (seed >>> 16) ^ 0x9e3779b9, 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    this.#state = (mixed ^ (mixed >>> 16)) >>> 0 || 1
    for (let i = 0; i < 4; i++) this.next()
  }

  /** A number in [0, 1). Xorshift, 32 bits. */
  next(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x >>> 0
    return this.#state / 2 ** 32
  }

  between(range: Range): number {
    return range.from + this.next() * (range.to - range.from)
  }

  /** A whole number from `from` to `to`, both included. */
  whole(range: Range): number {
    return Math.floor(range.from + this.next() * (range.to - range.from + 1))
  }

  happens(share: number): boolean {
    return share > 0 && this.next() < share
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.next() * items.length)]
    if (item === undefined) throw new Error('bug: picked from nothing')
    return item
  }

  /** One of the names, as often as its weight says. */
  weighed<Name extends string>(weights: Readonly<Partial<Record<Name, number>>>): Name {
    const entries = Object.entries(weights) as [Name, number][]
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      left -= weight
      if (left < 0) return name
    }
    throw new Error('bug: nothing has any weight')
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items]
    const order: T[] = []
    while (left.length > 0) {
      order.push(...left.splice(Math.floor(this.next() * left.length), 1))
    }
    return order
  }

  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += Math.floor(this.next() * 16).toString(16)
    return text
  }

  fork(): Chance {
    return new Chance(Math.floor(this.next() * 2 ** 32))
  }
}

/** From..to, of whatever unit the name says. */
export interface Range {
  readonly from: number
  readonly to: number
}
