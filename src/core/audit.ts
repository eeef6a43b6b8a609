// In-sync masters compare their stores now and then: a master other than the primary asks for the
// digest, looks twice at what differs, and takes over what the primary has. Expected: nothing.
// Writes under way are no difference, and what the stream brought meanwhile is never overwritten.
import { differingBuckets } from './digest.ts'
import {
  AUDIT_EVERY_MS,
  AUDIT_KEYS_NAMED,
  AUDIT_SUSPECTS_MAX,
  MIRROR_CALL_WAIT_MS,
  PAGE_BYTES,
  PAGE_KEYS_MAX,
  RECOVER_KEYS_MAX,
} from './limits.ts'
import type { Follower } from './follower.ts'
import type { Members } from './members.ts'
import type { NodeRequest, NodeResponse } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { EntryReader, StorePage } from './ports.ts'
import type { Recovered } from './recovery.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import type { StoreChange } from './step.ts'
import { fromTravel, nameOf } from './travel.ts'
import type { Version, View } from './types.ts'
import { onlyGroup, primaryOf } from './view.ts'

export interface AuditParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly follower: Follower
  readonly store: EntryReader
}

/** One comparison with the primary of one view. */
interface Run {
  readonly view: View
  /** Keys that differed at the first look, with the version held here then; empty: nothing. */
  readonly suspects: Map<string, Version | ''>
  /** The primary's second word on some of them; judged once the stream has come to its `seq`. */
  waiting: { readonly recovered: Recovered; readonly untilMs: number } | undefined
  found: number
  readonly named: string[]
}

type Reply<K> = Extract<NodeResponse, { kind: K }>

export class Audit {
  readonly #out: Outbox
  readonly #parts: AuditParts
  readonly #rules: Rules
  readonly #everyMs: number
  #run: Run | undefined
  #dueMs: number | undefined
  #lastMs: number | undefined
  #differences = 0

  constructor(
    out: Outbox,
    parts: AuditParts,
    setUp: { rules: Rules; auditEveryMs?: number | undefined },
  ) {
    this.#out = out
    this.#parts = parts
    this.#rules = setUp.rules
    this.#everyMs = setUp.auditEveryMs ?? AUDIT_EVERY_MS
  }

  /** How long ago the last one ended, and what all of them found. */
  report(nowMs: number): { lastMs: number | undefined; differences: number } {
    const lastMs = this.#lastMs === undefined ? undefined : Math.round(nowMs - this.#lastMs)
    return { lastMs, differences: this.#differences }
  }

  /** An operator asks: here, or where it can be done. */
  request(nowMs: number): void {
    const { standing, members, self } = this.#parts
    if (this.#view() !== undefined) {
      this.#dueMs = nowMs
      return
    }
    if (standing.route === undefined) return
    const [, ...others] = onlyGroup(standing.route).masters.filter((m) => m.inSync)
    for (const { id } of others) {
      const address = members.get(id)?.address
      if (address === undefined || id === self.id) continue
      this.#out.call(
        address,
        { kind: 'audit' },
        { timeoutMs: MIRROR_CALL_WAIT_MS, onAnswer: () => {} },
      )
    }
  }

  /** Another node passes an operator's wish on. */
  requested(ticket: number, nowMs: number): void {
    if (this.#view() !== undefined) this.#dueMs = nowMs
    this.#out.respond(ticket, { kind: 'noted' })
  }

  tick(nowMs: number): void {
    const view = this.#view()
    if (view === undefined || (this.#run !== undefined && this.#run.view !== view)) {
      // The mirror of the next view is as good as an audit.
      this.#run = undefined
      this.#dueMs = undefined
    }
    if (view === undefined) return
    this.#dueMs ??= nowMs + this.#everyMs
    if (this.#run !== undefined) this.#judgeIfReached(this.#run, nowMs)
    else if (nowMs >= this.#dueMs) this.#start(view)
  }

  /** The view in which this node can compare: an in-sync master, and not the primary. */
  #view(): View | undefined {
    const { standing, self } = this.#parts
    const { view } = standing
    if (view === undefined || !standing.isServingMaster || primaryOf(view).id === self.id) {
      return undefined
    }
    return onlyGroup(view).merge.length > 0 ? undefined : view
  }

  #start(view: View): void {
    const run: Run = { view, suspects: new Map(), waiting: undefined, found: 0, named: [] }
    this.#run = run
    this.#ask(run, { kind: 'digest', ballot: view.ballot }, 'digest', ({ digest }, nowMs) => {
      const { buckets, count } = differingBuckets(this.#parts.store.digest(), digest)
      if (count === 0) this.#end(run, nowMs)
      else this.#look(run, { wanted: buckets, after: undefined })
    })
  }

  /** The first look: heads of the buckets that differ, page by page. */
  #look(run: Run, from: { wanted: Uint8Array; after: string | undefined }): void {
    const { wanted, after } = from
    const { ballot } = run.view
    const request = { kind: 'page', ballot, after, wanted, withValues: false } as const
    this.#ask(run, request, 'page', (page, nowMs) => {
      this.#compare(run, { page, ...from })
      if (page.end === undefined || run.suspects.size >= AUDIT_SUSPECTS_MAX) {
        this.#lookAgain(run, nowMs)
      } else this.#look(run, { wanted, after: page.end })
    })
  }

  #compare(
    run: Run,
    about: { page: Reply<'page'>; wanted: Uint8Array; after: string | undefined },
  ): void {
    const { page, wanted, after } = about
    const theirs = new Map(page.items.map((item) => versionOf(item)))
    for (const key of page.damaged ?? []) theirs.set(key, this.#heldVersion(key))
    const bounds = { after, upTo: page.end, wanted, valueBytesMax: -1, bytesMax: PAGE_BYTES.max }
    // Here the stretch may hold more keys than there; what is beyond a page waits for another audit.
    const mine = this.#parts.store.page({ ...bounds, keysMax: 2 * PAGE_KEYS_MAX })
    for (const item of mine.items) {
      const [key, version] = versionOf(item)
      if (theirs.get(key) !== version) this.#suspect(run, key, version)
      theirs.delete(key)
    }
    for (const key of mine.damaged) theirs.delete(key)
    if (mine.end !== undefined) return
    for (const key of theirs.keys()) this.#suspect(run, key, this.#heldVersion(key))
  }

  #suspect(run: Run, key: string, version: Version | ''): void {
    const isSettled = !this.#parts.follower.isUncommitted(key)
    if (isSettled && run.suspects.size < AUDIT_SUSPECTS_MAX) run.suspects.set(key, version)
  }

  /** The second look: the next few suspects by name. */
  #lookAgain(run: Run, nowMs: number): void {
    const keys = [...run.suspects.keys()].slice(0, RECOVER_KEYS_MAX)
    if (keys.length === 0) {
      this.#end(run, nowMs)
      return
    }
    const { ballot } = run.view
    this.#ask(run, { kind: 'recover', ballot, keys }, 'recovered', (recovered, nowMs) => {
      run.waiting = { recovered, untilMs: nowMs + MIRROR_CALL_WAIT_MS }
      // What is in neither list is being written there, or did not fit: it is no difference.
      const told = new Set([...recovered.absent, ...recovered.entries.map(({ key }) => key)])
      for (const key of keys) if (!told.has(key)) run.suspects.delete(key)
      this.#judgeIfReached(run, nowMs)
    })
  }

  /** Once all that the primary had sent by then is here, what still differs does differ. */
  #judgeIfReached(run: Run, nowMs: number): void {
    if (run.waiting === undefined) return
    const { recovered, untilMs } = run.waiting
    if (nowMs > untilMs) {
      this.#end(run, nowMs)
      return
    }
    const isReached = this.#parts.follower.appliedSeq >= recovered.seq
    if (!isReached && this.#rules.auditAwaitsStream) return
    run.waiting = undefined
    this.#judge(run, recovered, nowMs)
    this.#lookAgain(run, nowMs)
  }

  #judge(run: Run, { entries, absent }: Recovered, nowMs: number): void {
    const { self } = this.#parts
    const changes: StoreChange[] = []
    for (const travel of entries) {
      if (!this.#differs(run, travel.key, travel.version)) continue
      self.stored(travel.version)
      changes.push({ kind: 'put', entry: fromTravel(travel, self.wallMs(nowMs)) })
      this.#count(run, travel.key)
    }
    for (const key of absent) {
      if (!this.#differs(run, key, '')) continue
      changes.push({ kind: 'remove', key })
      this.#count(run, key)
    }
    if (changes.length > 0) this.#out.store(changes, () => {})
  }

  /** Both looks agree: the primary has this version, and nothing touched what is here. */
  #differs(run: Run, key: string, theirs: Version | ''): boolean {
    const first = run.suspects.get(key)
    run.suspects.delete(key)
    const { follower, store } = this.#parts
    if (first === undefined || follower.isUncommitted(key) || store.isDamaged(key)) return false
    const mine = this.#heldVersion(key)
    return mine === first && mine !== theirs
  }

  #count(run: Run, key: string): void {
    run.found++
    this.#differences++
    if (run.named.length < AUDIT_KEYS_NAMED) run.named.push(key)
  }

  #end(run: Run, nowMs: number): void {
    if (run.found > 0) {
      this.#out.log('error', 'audit-difference', { count: run.found, keys: run.named })
    }
    this.#run = undefined
    this.#lastMs = nowMs
    this.#dueMs = nowMs + this.#everyMs
  }

  #heldVersion(key: string): Version | '' {
    return this.#parts.store.head(key)?.version ?? ''
  }

  /** Asks the primary; any other end of the call ends this audit, and the next one comes in time. */
  #ask<K extends NodeResponse['kind']>(
    run: Run,
    request: NodeRequest,
    kind: K,
    then: (response: Reply<K>, nowMs: number) => void,
  ): void {
    const address = this.#parts.members.get(primaryOf(run.view).id)?.address ?? ''
    this.#out.call(address, request, {
      timeoutMs: MIRROR_CALL_WAIT_MS,
      onAnswer: (answer, nowMs) => {
        if (this.#run !== run || this.#view() !== run.view) return
        if (answer.kind === 'response' && isKind(answer.response, kind)) {
          then(answer.response, nowMs)
          return
        }
        this.#run = undefined
        this.#dueMs = nowMs + this.#everyMs
      },
    })
  }
}

function isKind<K extends NodeResponse['kind']>(
  response: NodeResponse,
  kind: K,
): response is Reply<K> {
  return response.kind === kind
}

function versionOf(
  item: StorePage['items'][number] | Reply<'page'>['items'][number],
): [string, Version] {
  const { key, version } = nameOf(item)
  return [key, version]
}
