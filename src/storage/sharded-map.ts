// A map by key that may grow past what one Map can hold, without long pauses while it grows.
// Order of iteration is no order at all.

const SHARDS = 256

/** 256 maps: V8 allows 2^24 entries in one, and stalls for long when a large one grows. */
export class ShardedMap<V> {
  readonly #shards: (Map<string, V> | undefined)[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: string): V | undefined {
    return this.#shards[shardOf(key)]?.get(key)
  }

  set(key: string, value: V): void {
    const index = shardOf(key)
    const shard = (this.#shards[index] ??= new Map())
    if (!shard.has(key)) this.#size++
    shard.set(key, value)
  }

  delete(key: string): void {
    if (this.#shards[shardOf(key)]?.delete(key) === true) this.#size--
  }

  *values(): Iterable<V> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard.values()
  }
}

/** FNV-1a over the code units. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (SHARDS - 1)
}
