// What one in-sync master gives another under a key, and how a master mends its own damaged records:
// from the other one, never by guessing. A damaged record is answered by nobody meanwhile.
import {
  MIRROR_CALL_WAIT_MS,
  RECOVER_KEYS_MAX,
  REPAIR_PAUSE_MS,
  BATCH_BYTES_MAX,
} from './limits.ts'
import type { Follower } from './follower.ts'
import type { Members } from './members.ts'
import type { CallAnswer, NodeRequest, NodeResponse, TravelEntry } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { DamagedEntry, EntryReader } from './ports.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { StoreChange } from './step.ts'
import type { Stream } from './stream.ts'
import { fromTravel, toTravel, valueBytes } from './travel.ts'
import { ballotOf, onlyGroup, sameBallot } from './view.ts'

export interface RecoveryParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly stream: Stream
  readonly follower: Follower
  readonly store: EntryReader
}

export type Recovered = Extract<NodeResponse, { kind: 'recovered' }>

export class Recovery {
  readonly #out: Outbox
  readonly #parts: RecoveryParts
  #isAsking = false
  #notBeforeMs = -Infinity
  /** Everything damaged up to this key has been asked about; then it begins again. */
  #after: string | undefined

  constructor(out: Outbox, parts: RecoveryParts) {
    this.#out = out
    this.#parts = parts
  }

  /** Another master asks. Only what is settled is given: no key with a write under way. */
  answer(request: Extract<NodeRequest, { kind: 'recover' }>, ticket: number, nowMs: number): void {
    const { standing, stream, self, store } = this.#parts
    const view = standing.view
    const isMaster = standing.isServingMaster && sameBallot(ballotOf(view), request.ballot)
    if (!isMaster) {
      const { promised } = standing
      this.#out.respond(ticket, { kind: 'fenced', promised, ballot: ballotOf(view) })
      return
    }
    const entries: TravelEntry[] = []
    const absent: string[] = []
    let bytes = 0
    for (const key of request.keys) {
      if (bytes >= BATCH_BYTES_MAX) break
      if (this.#isBusy(key)) continue
      const entry = store.get(key)
      if (entry !== undefined) {
        entries.push(toTravel(entry, self.wallMs(nowMs)))
        bytes += valueBytes(entry)
      } else if (!store.isDamaged(key)) absent.push(key)
    }
    const seq = standing.isActive ? stream.lastSeq : 0
    this.#out.respond(ticket, { kind: 'recovered', entries, absent, seq })
  }

  /** Mends some of what is damaged here. */
  tick(nowMs: number): void {
    const { standing, store } = this.#parts
    if (this.#isAsking || nowMs < this.#notBeforeMs || !standing.isServingMaster) return
    let damaged = store.damaged(RECOVER_KEYS_MAX, this.#after)
    if (damaged.length === 0) damaged = store.damaged(RECOVER_KEYS_MAX, undefined)
    const address = this.#otherMaster()
    if (damaged.length === 0 || address === undefined || standing.view === undefined) return
    this.#isAsking = true
    const { ballot } = standing.view
    const keys = damaged.map(({ key }) => key)
    this.#out.call(
      address,
      { kind: 'recover', ballot, keys },
      {
        timeoutMs: MIRROR_CALL_WAIT_MS,
        onAnswer: (answer, thenMs) => {
          this.#isAsking = false
          this.#notBeforeMs = thenMs + REPAIR_PAUSE_MS
          // Another view may have another truth.
          const isSame = sameBallot(ballotOf(standing.view), ballot) && standing.isServingMaster
          if (isSame) this.#mend(damaged, answer, thenMs)
        },
      },
    )
  }

  #mend(asked: readonly DamagedEntry[], answer: CallAnswer, nowMs: number): void {
    if (answer.kind !== 'response' || answer.response.kind !== 'recovered') return
    const { store, self } = this.#parts
    const { entries, absent } = answer.response
    // What follows the last one answered may not have fitted. Those before it, and all if there is
    // none, cannot be mended now: they must not hold up the others.
    const answered = new Set([...entries.map(({ key }) => key), ...absent])
    this.#after = (asked.findLast(({ key }) => answered.has(key)) ?? asked.at(-1))?.key
    const versions = new Map(asked.map((it) => [it.key, it.version]))
    const changes: StoreChange[] = []
    for (const travel of entries) {
      // What the stream brought meanwhile is not damaged; and no older version takes its place.
      if (!store.isDamaged(travel.key) || travel.version < (versions.get(travel.key) ?? ''))
        continue
      self.stored(travel.version)
      changes.push({ kind: 'put', entry: fromTravel(travel, self.wallMs(nowMs)) })
    }
    for (const key of absent) {
      if (store.isDamaged(key) && versions.get(key) === undefined) {
        changes.push({ kind: 'remove', key })
      }
    }
    if (changes.length === 0) return
    const keys = changes.flatMap((change) =>
      change.kind === 'put' ? [change.entry.key] : change.kind === 'remove' ? [change.key] : [],
    )
    this.#out.log('warn', 'entries-mended', { count: keys.length, keys: keys.slice(0, 10) })
    this.#out.store(changes, () => {})
    this.#notBeforeMs = nowMs
  }

  #isBusy(key: string): boolean {
    const { standing, stream, follower } = this.#parts
    return standing.isActive ? stream.isBusy(key) : follower.isUncommitted(key)
  }

  #otherMaster(): string | undefined {
    const { standing, members, self } = this.#parts
    if (standing.view === undefined) return undefined
    const others = onlyGroup(standing.view).masters.filter((m) => m.inSync && m.id !== self.id)
    return others.map(({ id }) => members.get(id)?.address).find((address) => address !== undefined)
  }
}
