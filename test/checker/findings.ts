// What the checks found: a broken promise about one key.

export interface Finding {
  /** The promise: `lost`, `inverted`, `stale`, ... */
  readonly rule: string
  readonly key: string
  readonly text: string
}

/** What a history is judged by beside itself. */
export interface Judgement {
  /** No read may be older than a write acknowledged this long before it. Unit: ms. */
  readonly staleMsMax: number
  /** Moments at which a node lost its memory. Two within one write excuse its double. */
  readonly memoryLostAt: readonly number[]
}
