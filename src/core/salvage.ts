// Writes the copies that this node keeps in memory into its own store, where they are newer: before a
// forced election, when nobody is left who holds the data. Never replaces what has a higher version.
import { BATCH_BYTES_MAX, NODES_MAX, SALVAGE_LOOK_MAX } from './limits.ts'
import type { Outbox } from './outbox.ts'
import type { CopyReader, EntryReader } from './ports.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { StoreChange } from './step.ts'
import { valueBytes } from './travel.ts'
import type { Entry } from './types.ts'

export type SalvageEnd =
  /** Every copy is on disk; so many were newer than what was stored. */
  | { readonly kind: 'done'; readonly copies: number }
  /** Not all of them: what is stored so far stays. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** What called for it has ended meanwhile. */
  | { readonly kind: 'stopped'; readonly reason: string }

type Then = (end: SalvageEnd, nowMs: number) => void

interface Run {
  readonly hashes: readonly string[]
  next: number
  copies: number
  readonly waiting: Then[]
}

export interface SalvageParts {
  readonly self: Self
  readonly store: EntryReader
  readonly copies: CopyReader
  readonly rules: Rules
  /** Asked before every batch: why nothing may be written into the store now. */
  readonly whyNot: () => string | undefined
}

export class Salvage {
  readonly #out: Outbox
  readonly #parts: SalvageParts
  #run: Run | undefined

  constructor(out: Outbox, parts: SalvageParts) {
    this.#out = out
    this.#parts = parts
  }

  /** Ends of runs that are waited for. */
  get waitingCount(): number {
    return this.#run?.waiting.length ?? 0
  }

  /** Runs once for all who ask meanwhile; `then` comes once, perhaps in this step. */
  start(then: Then, nowMs: number): void {
    if (this.#run !== undefined) {
      // Every node asks once; more are orders that were given again and again.
      if (this.#run.waiting.length < NODES_MAX) this.#run.waiting.push(then)
      else then({ kind: 'failed', reason: 'it is busy with others' }, nowMs)
      return
    }
    const hashes = this.#parts.rules.copiesAreSalvaged ? this.#parts.copies.hashes() : []
    this.#run = { hashes, next: 0, copies: 0, waiting: [then] }
    this.#goOn(this.#run, nowMs)
  }

  #goOn(run: Run, nowMs: number): void {
    const { store, whyNot } = this.#parts
    const reason = whyNot()
    if (reason !== undefined) return this.#end(run, { kind: 'stopped', reason }, nowMs)
    if (run.next >= run.hashes.length) {
      return this.#end(run, { kind: 'done', copies: run.copies }, nowMs)
    }
    const entries = this.#newer(run)
    const hasValue = entries.some((entry) => entry.content.kind === 'value')
    if (hasValue && store.isFull) {
      return this.#end(run, { kind: 'failed', reason: 'its store is full' }, nowMs)
    }
    for (const entry of entries) this.#parts.self.stored(entry.version)
    const goOn = (thenMs: number): void => {
      run.copies += entries.length
      this.#goOn(run, thenMs)
    }
    const changes = entries.map((entry): StoreChange => ({ kind: 'put', entry }))
    if (changes.length === 0) this.#out.wake(0, goOn)
    else this.#out.store(changes, goOn)
  }

  /** The next copies that are newer than what is stored, as many as fit one batch. */
  #newer(run: Run): Entry[] {
    const { store, copies } = this.#parts
    const entries: Entry[] = []
    let bytes = 0
    const upTo = Math.min(run.hashes.length, run.next + SALVAGE_LOOK_MAX)
    while (run.next < upTo && bytes < BATCH_BYTES_MAX) {
      const copy = copies.byHash(run.hashes[run.next++] ?? '')
      if (copy === undefined || copy.known.kind === 'absent') continue
      const { entry } = copy.known
      if ((store.head(entry.key)?.version ?? '') >= entry.version) continue
      entries.push(entry)
      bytes += valueBytes(entry)
    }
    return entries
  }

  #end(run: Run, end: SalvageEnd, nowMs: number): void {
    this.#run = undefined
    for (const then of run.waiting) then(end, nowMs)
  }
}
