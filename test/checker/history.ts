// What clients did and saw, as plain records: written by the simulator and by tests of real processes,
// judged by the same checks. Times are one observer's clock in ms.

/** One attempt at a write: a request to one node, until it answered or its connection broke. */
export interface WriteRecord {
  readonly op: 'put' | 'delete'
  /** The same for every attempt at the same write. */
  readonly requestId: string
  readonly key: string
  /** What a put stores: no two writes of a history store the same. Empty for a delete. */
  readonly value: string
  readonly ttlMs: number | undefined
  readonly condition: WriteCondition
  readonly node: string
  readonly invokedAt: number
  /** Undefined: no answer ever came. */
  readonly endedAt: number | undefined
  readonly outcome: 'applied' | 'conflict' | 'refused' | 'full' | 'reused' | 'unknown'
  /** Of an applied write. */
  readonly version: string | undefined
}

export type WriteCondition =
  | { readonly kind: 'none' }
  | { readonly kind: 'exists' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'oneOf'; readonly versions: readonly string[] }

export interface ReadRecord {
  readonly op: 'read'
  readonly strength: 'fresh' | 'strong'
  /** The version that the reader named: an answer comes after its write. */
  readonly minVersion?: string | undefined
  readonly key: string
  readonly node: string
  readonly invokedAt: number
  readonly endedAt: number | undefined
  readonly outcome: 'found' | 'absent' | 'unreachable'
  /** Of what was found. */
  readonly version: string | undefined
  readonly value: string | undefined
}

export type HistoryRecord = WriteRecord | ReadRecord

/** What is left at the end: key by key; `value` undefined is a tombstone. */
export type FinalState = ReadonlyMap<
  string,
  { readonly version: string; readonly value: string | undefined }
>

/** A write as its client meant it: all attempts together. */
export interface Write {
  readonly op: 'put' | 'delete'
  readonly requestId: string
  readonly key: string
  readonly value: string
  readonly ttlMs: number | undefined
  readonly condition: WriteCondition
  /** When the first attempt began. */
  readonly invokedAt: number
  /** When the last attempt ended; Infinity: never. */
  readonly endedAt: number
  /** Every acknowledgement. All name one version, or it was applied more than once. */
  readonly acks: readonly { readonly at: number; readonly version: string }[]
  /** When the last attempt ended without a word on what became of it; -Infinity: none did. */
  readonly unknownUntil: number
  /** It was acknowledged, or nobody said that it was not applied. */
  readonly mayBeApplied: boolean
}

/** A write, and one of the times it was acknowledged. */
export interface Acked {
  readonly write: Write
  readonly at: number
  readonly version: string
}

/** A history put in order: the writes and reads of each key. */
export class History {
  readonly #writes = new Map<string, Write[]>()
  readonly #reads = new Map<string, ReadRecord[]>()
  readonly #byValue = new Map<string, Write>()
  readonly #acked = new Map<string, readonly Acked[]>()

  constructor(records: readonly HistoryRecord[]) {
    const attempts = new Map<string, WriteRecord[]>()
    for (const record of records) {
      if (record.op === 'read') push(this.#reads, record.key, record)
      else push(attempts, record.requestId, record)
    }
    for (const list of attempts.values()) {
      const write = joinAttempts(list)
      push(this.#writes, write.key, write)
      if (write.op === 'put') this.#byValue.set(write.value, write)
    }
  }

  keys(): Iterable<string> {
    return new Set([...this.#writes.keys(), ...this.#reads.keys()])
  }

  writesOf(key: string): readonly Write[] {
    return this.#writes.get(key) ?? []
  }

  /** Acknowledgements, in the order in which they were given. */
  ackedOf(key: string): readonly Acked[] {
    const known = this.#acked.get(key)
    if (known !== undefined) return known
    const acked = this.writesOf(key)
      .flatMap((write) => write.acks.map((ack) => ({ write, ...ack })))
      .sort((a, b) => a.at - b.at)
    this.#acked.set(key, acked)
    return acked
  }

  readsOf(key: string): readonly ReadRecord[] {
    return this.#reads.get(key) ?? []
  }

  /** Who put this value. */
  writerOf(value: string): Write | undefined {
    return this.#byValue.get(value)
  }
}

function joinAttempts(attempts: readonly WriteRecord[]): Write {
  const [first] = attempts
  if (first === undefined) throw new Error('bug: a write has at least one attempt')
  const acks = attempts.flatMap(({ version, endedAt }) =>
    version === undefined || endedAt === undefined ? [] : [{ at: endedAt, version }],
  )
  return {
    op: first.op,
    requestId: first.requestId,
    key: first.key,
    value: first.value,
    ttlMs: first.ttlMs,
    condition: first.condition,
    invokedAt: Math.min(...attempts.map((a) => a.invokedAt)),
    endedAt: Math.max(...attempts.map((a) => a.endedAt ?? Infinity)),
    acks,
    unknownUntil: Math.max(
      -Infinity,
      ...attempts.filter((a) => a.outcome === 'unknown').map((a) => a.endedAt ?? Infinity),
    ),
    mayBeApplied: attempts.some((a) => a.outcome === 'applied' || a.outcome === 'unknown'),
  }
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [item])
  else list.push(item)
}
