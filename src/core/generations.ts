// What was noted last, by key, in two generations: the young one takes the place of the old one, which is
// forgotten whole. Whoever deletes the first key of a Map again and again walks over the holes this leaves.
// Knows nothing of when it is time for that.

export class Generations<Value> {
  #young = new Map<string, Value>()
  #old: ReadonlyMap<string, Value> = new Map()

  /** Notes in both: a key that was noted again counts twice. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  get youngSize(): number {
    return this.#young.size
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  set(key: string, value: Value): void {
    this.#young.set(key, value)
  }

  /** Forgets the old ones; the young ones are the old ones now. */
  age(): void {
    this.#old = this.#young
    this.#young = new Map()
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
  }
}
