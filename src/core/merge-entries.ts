// What a merge does with one entry of another side: the newer one goes into the stream like any write,
// the one that loses is remembered if both were written since the split.
import type { Beginnings } from './beginnings.ts'
import { Conflicts } from './conflicts.ts'
import { NO_REQUEST } from './expiry.ts'
import {
  BATCH_BYTES_MAX,
  BATCH_RECORDS_MAX,
  MERGE_UNDER_WAY_BYTES,
  MERGE_UNDER_WAY_MAX,
} from './limits.ts'
import type { TravelEntry } from './messages.ts'
import type { EntryHead } from './pages.ts'
import type { Outbox } from './outbox.ts'
import type { EntryReader } from './ports.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { Stream } from './stream.ts'
import { fromTravel, valueBytes } from './travel.ts'
import type { Entry, Lineage } from './types.ts'

export interface MergeEntriesParts {
  readonly self: Self
  readonly standing: Standing
  readonly stream: Stream
  readonly store: EntryReader
  readonly beginnings: Beginnings
}

/** What became of an entry of another side. */
export interface Brought {
  readonly isTaken: boolean
  readonly isConflict: boolean
}

/** A stretch of keys as another side holds it. */
interface Stretch {
  readonly after: string | undefined
  readonly end: string | undefined
  readonly wanted: Uint8Array | undefined
  readonly keys: ReadonlySet<string>
}

export class MergeEntries {
  readonly conflicts: Conflicts
  readonly #out: Outbox
  readonly #parts: MergeEntriesParts
  readonly #rules: Rules
  readonly #onRoom: (nowMs: number) => void
  #underWay = { count: 0, bytes: 0 }
  /** Grows when the stream is dropped: what was under way then is no longer counted. */
  #run = 0

  /** `onRoom` is called when much of what was under way is committed. */
  constructor(
    out: Outbox,
    parts: MergeEntriesParts,
    about: { rules: Rules; onRoom: (nowMs: number) => void },
  ) {
    this.#out = out
    this.#parts = parts
    this.#rules = about.rules
    this.#onRoom = about.onRoom
    // The disk has them before the winner is committed: changes are flushed in order.
    this.conflicts = new Conflicts(parts.store.conflicts(), parts.beginnings, (changes) =>
      out.store(changes, () => {}),
    )
  }

  /** Entries in the stream and not committed yet. */
  get underWayCount(): number {
    return this.#underWay.count
  }

  /** Nothing more should be fetched for now. */
  get isFull(): boolean {
    const { count, bytes } = this.#underWay
    return count >= MERGE_UNDER_WAY_MAX || bytes >= MERGE_UNDER_WAY_BYTES
  }

  /** The stream was dropped. */
  dropped(): void {
    this.#underWay = { count: 0, bytes: 0 }
    this.#run++
  }

  /** Whether an entry of another side is newer than ours, or lost to one of ours since the split. */
  concerns(lineage: Lineage, theirs: EntryHead): boolean {
    const { stream, store } = this.#parts
    const mine = stream.newestOn(theirs.key) ?? store.head(theirs.key)
    if (mine === undefined || mine.version < theirs.version) return true
    if (mine.version === theirs.version) return false
    return !this.#rules.mergeTakesHigherOnly || this.conflicts.isSince(theirs.version, lineage)
  }

  /** Takes an entry of another side, if it is the newer one. */
  bring(lineage: Lineage, travel: TravelEntry, nowMs: number): Brought {
    const { self } = this.#parts
    const wallMs = self.wallMs(nowMs)
    const theirs = fromTravel(travel, wallMs)
    const mine = this.#newest(theirs.key)
    if (mine !== undefined && mine.version === theirs.version) return NOTHING
    const isHigher = mine === undefined || mine.version < theirs.version
    const [winner, loser] = isHigher ? [theirs, mine] : [mine, theirs]
    const isConflict =
      loser !== undefined && this.conflicts.add({ lineage, winner: winner.version, loser, wallMs })
    const isTaken = isHigher || !this.#rules.mergeTakesHigherOnly
    if (isTaken) this.#append(theirs)
    return { isTaken, isConflict }
  }

  /** Only without the rule: what the other side lacks, and this side had before, is deleted. */
  deleteMissing(stretch: Stretch, nowMs: number): void {
    const { self, standing, store } = this.#parts
    const mine = store.page({
      after: stretch.after,
      upTo: stretch.end,
      wanted: stretch.wanted,
      valueBytesMax: -1,
      bytesMax: BATCH_BYTES_MAX,
      keysMax: BATCH_RECORDS_MAX,
    })
    for (const item of mine.items) {
      if (item.kind !== 'head' || stretch.keys.has(item.head.key)) continue
      if (item.head.version > (standing.view?.start.clock ?? '')) continue
      const version = self.nextVersion(nowMs)
      const { key } = item.head
      const content = { kind: 'tombstone' } as const
      this.#append({ key, version, expiresAtMs: undefined, requestId: NO_REQUEST, content })
    }
  }

  #append(entry: Entry): void {
    const run = this.#run
    const bytes = valueBytes(entry)
    this.#parts.self.stored(entry.version)
    if (!this.#rules.mergeThroughStream) {
      this.#out.store([{ kind: 'put', entry }], () => {})
      return
    }
    this.#underWay.count++
    this.#underWay.bytes += bytes
    this.#parts.stream.append(
      // Its client asked on the other side, and what it asked is not known here: masters must not
      // remember this as the answer to a retry. They still know it by the entry's own request id.
      { entry, write: undefined },
      (_end, thenMs) => {
        if (run !== this.#run) return
        this.#underWay.count--
        this.#underWay.bytes -= bytes
        const { count } = this.#underWay
        if (count === 0 || count === MERGE_UNDER_WAY_MAX / 2) this.#onRoom(thenMs)
      },
    )
  }

  #newest(key: string): Entry | undefined {
    const { stream, store } = this.#parts
    return stream.newestOn(key) ?? store.get(key)
  }
}

const NOTHING: Brought = { isTaken: false, isConflict: false }
