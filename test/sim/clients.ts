// Clients: they write and read at whatever node they meet, retry what they do not know, and keep a
// record of everything they were told.
import { keyHash } from '../../src/core/key-hash.ts'
import { DEADLINE_MS } from '../../src/core/limits.ts'
import type {
  Condition,
  ReadOutcome,
  ReadQuery,
  WriteCommand,
  WriteOutcome,
} from '../../src/core/types.ts'
import type { HistoryRecord, ReadRecord, WriteRecord } from '../checker/history.ts'
import type { Chance, Range } from './chance.ts'
import type { Machine } from './machine.ts'
import { longestSilenceMs } from './silence.ts'
import type { World } from './world.ts'

export interface ClientsOptions {
  /** Between two requests, or bursts of them. */
  readonly everyMs: Range
  /** Share of bursts, and how many requests one has: all on one hot key, at different nodes. */
  readonly burstShare: number
  readonly burst: Range
  readonly hotKeys: number
  /** Shares of keys: hot ones, and ones never used before; the rest are old ones. */
  readonly hotShare: number
  readonly newShare: number
  /** Share of requests that write; of the others, share of strong reads. */
  readonly writeShare: number
  readonly strongShare: number
  /** Share of fresh reads that name the newest version anybody was told of. */
  readonly sessionShare: number
  /** Shares of writes. */
  readonly deleteShare: number
  readonly ttlShare: number
  readonly ttlMs: Range
  readonly conditionShare: number
  /** The same write at two nodes at once. */
  readonly twiceShare: number
  /** Share of unknown outcomes after which a client tries again. */
  readonly retryShare: number
}

/** Tries of one write by its client. */
const TRIES_MAX = 3

/** A client waits up to this before it tries again; a patient one longer. Unit: ms. */
const RETRY_PAUSE_MS = { hasty: 500, patient: 15_000 }

/** Share of retries that are patient. */
const PATIENT_SHARE = 0.25

/** What a node may answer late by, beside its own pauses: ticks, and a slow disk. Unit: ms. */
const LATE_MS_MAX = 500

/** Shares of values too large to travel inside an answer, and too large for a mirror's page. */
const VALUE_SIZES = { medium: { share: 0.05, bytes: 2000 }, large: { share: 0.005, bytes: 70_000 } }

type Started = Omit<WriteRecord, 'endedAt' | 'outcome' | 'version'>

export class Clients {
  readonly #world: World
  readonly #options: ClientsOptions
  readonly #chance: Chance
  readonly #records: HistoryRecord[] = []
  readonly #open = new Set<Started>()
  readonly #keys: string[] = []
  readonly #seen = new Map<string, string>()
  #made = 0
  #isActive = false
  #stoppedAtMs = 0

  constructor(world: World, options: ClientsOptions) {
    this.#world = world
    this.#options = options
    this.#chance = world.fork()
  }

  start(): void {
    this.#isActive = true
    this.#next()
  }

  stop(): void {
    this.#isActive = false
    this.#stoppedAtMs = this.#world.agenda.nowMs
  }

  get isIdle(): boolean {
    return !this.#isActive && this.#open.size === 0
  }

  /** Everything so far; writes that never got an answer count as unknown. */
  records(): HistoryRecord[] {
    const pending = [...this.#open].map((started): WriteRecord => {
      return { ...started, endedAt: undefined, outcome: 'unknown', version: undefined }
    })
    return [...this.#records, ...pending]
  }

  /** The longest time in which writes were asked for and none was decided. */
  silenceMs(): number {
    return longestSilenceMs(this.records(), this.#stoppedAtMs)
  }

  /** Takes over what is already on the disks when the world begins. */
  remember(write: WriteRecord): void {
    this.#records.push(write)
    this.#keys.push(write.key)
  }

  /** One put of a new value, once. Returns what was asked. */
  put(
    machine: Machine,
    key: string,
    then: (outcome: WriteOutcome | undefined) => void,
  ): WriteCommand {
    const command = this.#put(key, { ttlMs: undefined, kind: 'none' })
    this.#attempt(machine, command, then)
    return command
  }

  /** The same write once more. */
  again(
    machine: Machine,
    command: WriteCommand,
    then: (outcome: WriteOutcome | undefined) => void,
  ): void {
    this.#attempt(machine, command, then)
  }

  /** One strong read. */
  readStrongly(machine: Machine, key: string): void {
    this.#readAt(machine, { key, strength: 'strong' }, () => {})
  }

  /** One write and one strong read of it that must succeed. */
  probe(machine: Machine): void {
    const command = this.#put(`probe-${machine.name}`, { ttlMs: undefined, kind: 'none' })
    this.#attempt(machine, command, (outcome) => {
      // A full store is no fault of the cluster; what it answers is judged like any other answer.
      const isFull = this.#world.running.some(({ disk }) => disk.store.isFull)
      if (outcome?.kind === 'full' && isFull) return
      if (outcome?.kind !== 'applied') this.#failed(machine, 'write', outcome)
      else {
        this.#readAt(machine, { key: command.key, strength: 'strong' }, (read) => {
          if (read?.kind !== 'found') this.#failed(machine, 'strong read', read)
        })
      }
    })
  }

  #failed(machine: Machine, what: string, outcome: { kind: string } | undefined): void {
    const text = outcome === undefined ? 'broke off' : JSON.stringify(outcome)
    this.#world.breach('I12', `a ${what} at ${machine.name} after healing: ${text}`)
  }

  #next(): void {
    if (!this.#isActive) return
    if (this.#chance.happens(this.#options.burstShare)) {
      const key = this.#hotKey()
      const count = this.#chance.whole(this.#options.burst)
      for (let i = 0; i < count; i++) this.#request(key)
    } else this.#request(this.#key())
    this.#world.agenda.after(this.#chance.between(this.#options.everyMs), () => this.#next())
  }

  #request(key: string): void {
    const machine = this.#anybody()
    if (machine === undefined) return
    if (this.#chance.happens(this.#options.writeShare)) {
      const command = this.#command(key)
      this.#write(machine, command, 1)
      if (this.#chance.happens(this.#options.twiceShare)) {
        const other = this.#anybody()
        if (other !== undefined) this.#write(other, command, TRIES_MAX)
      }
      return
    }
    const isStrong = this.#chance.happens(this.#options.strongShare)
    const isSession = !isStrong && this.#chance.happens(this.#options.sessionShare)
    const minVersion = isSession ? this.#seen.get(key) : undefined
    this.#readAt(machine, { key, strength: isStrong ? 'strong' : 'fresh', minVersion }, () => {})
  }

  #write(machine: Machine, command: WriteCommand, tries: number): void {
    this.#attempt(machine, command, (outcome) => {
      const isUnknown = outcome === undefined || outcome.kind === 'unknown'
      if (!isUnknown || tries >= TRIES_MAX) return
      if (!this.#chance.happens(this.#options.retryShare)) return
      const isPatient = this.#chance.happens(PATIENT_SHARE)
      const pauseMs = isPatient ? RETRY_PAUSE_MS.patient : RETRY_PAUSE_MS.hasty
      this.#world.agenda.after(this.#chance.next() * pauseMs, () => {
        const other = this.#anybody()
        if (this.#isActive && other !== undefined) this.#write(other, command, tries + 1)
      })
    })
  }

  #attempt(
    machine: Machine,
    command: WriteCommand,
    then: (outcome: WriteOutcome | undefined) => void,
  ): void {
    const { agenda } = this.#world
    const { requestId, key, change, condition } = command
    const started: Started = {
      op: change.kind,
      requestId,
      key,
      value: change.kind === 'put' ? textOf(change.bytes) : '',
      ttlMs: change.kind === 'put' ? change.ttlMs : undefined,
      condition,
      node: machine.name,
      invokedAt: agenda.nowMs,
    }
    const wasLate = this.#stopwatch(machine)
    this.#open.add(started)
    machine.life?.write(command, {
      sinceMs: agenda.nowMs,
      ended: (outcome) => {
        this.#open.delete(started)
        this.#records.push({
          op: started.op,
          requestId,
          key,
          value: started.value,
          ttlMs: started.ttlMs,
          condition,
          node: started.node,
          invokedAt: started.invokedAt,
          endedAt: agenda.nowMs,
          outcome: outcome?.kind ?? 'unknown',
          version: outcome?.kind === 'applied' ? outcome.version : undefined,
        })
        if (outcome?.kind === 'applied') this.#see(key, outcome.version)
        wasLate(change.kind)
        then(outcome)
      },
    })
  }

  #readAt(
    machine: Machine,
    query: ReadQuery,
    then: (outcome: ReadOutcome | undefined) => void,
  ): void {
    const { agenda } = this.#world
    const invokedAt = agenda.nowMs
    const { key, strength, minVersion } = query
    const wasLate = this.#stopwatch(machine)
    machine.life?.read(query, {
      sinceMs: invokedAt,
      ended: (outcome) => {
        const { outcome: saw, version, value } = this.#saw(key, outcome)
        this.#records.push({
          op: 'read',
          strength,
          minVersion,
          key,
          node: machine.name,
          invokedAt,
          endedAt: agenda.nowMs,
          outcome: saw,
          version,
          value,
        })
        wasLate('read')
        then(outcome)
      },
    })
  }

  #saw(
    key: string,
    outcome: ReadOutcome | undefined,
  ): Pick<ReadRecord, 'outcome' | 'version' | 'value'> {
    if (outcome?.kind !== 'found') {
      const kind = outcome?.kind ?? 'unreachable'
      return { outcome: kind, version: undefined, value: undefined }
    }
    const { version, content } = outcome.entry
    this.#see(key, version)
    return {
      outcome: 'found',
      version,
      value: content.kind === 'value' ? textOf(content.bytes) : undefined,
    }
  }

  /** The newest version that a client was told of. */
  #see(key: string, version: string): void {
    if (version > (this.#seen.get(key) ?? '')) this.#seen.set(key, version)
  }

  /** Reports a request that took longer than its node may take, its pauses aside. */
  #stopwatch(machine: Machine): (what: string) => void {
    const { agenda } = this.#world
    const { life } = machine
    const fromMs = agenda.nowMs - (life?.pausedMs ?? 0)
    return (what) => {
      const tookMs = agenda.nowMs - (life?.pausedMs ?? 0) - fromMs
      if (tookMs <= DEADLINE_MS + LATE_MS_MAX) return
      this.#world.breach('contract', `a ${what} at ${machine.name} took ${tookMs.toFixed(0)} ms`)
    }
  }

  #anybody(): Machine | undefined {
    const { running } = this.#world
    return running.length === 0 ? undefined : this.#chance.pick(running)
  }

  #command(key: string): WriteCommand {
    const { deleteShare, ttlShare, ttlMs } = this.#options
    const condition = this.#condition(key)
    if (this.#chance.happens(deleteShare)) {
      const requestId = this.#requestId()
      const change = { kind: 'delete' } as const
      return { requestId, fingerprint: keyHash(`delete ${key}`), key, change, condition }
    }
    const isShort = this.#chance.happens(ttlShare)
    const lifeMs = isShort ? Math.round(this.#chance.between(ttlMs)) : undefined
    return this.#put(key, { ...condition, ttlMs: lifeMs })
  }

  #put(key: string, how: Condition & { ttlMs: number | undefined }): WriteCommand {
    const requestId = this.#requestId()
    const { ttlMs, ...condition } = how
    const bytes = this.#value()
    const change = { kind: 'put', bytes, contentType: 'text/plain', ttlMs } as const
    return { requestId, fingerprint: keyHash(textOf(bytes)), key, change, condition }
  }

  #condition(key: string): Condition {
    if (!this.#chance.happens(this.#options.conditionShare)) return { kind: 'none' }
    const seen = this.#seen.get(key)
    const kind = this.#chance.pick(['oneOf', 'absent', 'exists'] as const)
    if (kind !== 'oneOf') return { kind }
    return seen === undefined ? { kind: 'none' } : { kind, versions: [seen] }
  }

  /** `v17`, filled up with dots when it is to be larger. */
  #value(): Uint8Array {
    const text = `v${++this.#made}`
    const { medium, large } = VALUE_SIZES
    const bytes = this.#chance.happens(large.share)
      ? large.bytes
      : this.#chance.happens(medium.share)
        ? medium.bytes
        : text.length
    // With memory of its own: what is cut out of a larger piece, every store would copy.
    const value = Buffer.alloc(bytes, '.')
    value.write(text)
    return value
  }

  #requestId(): string {
    return this.#chance.hex(8) + (++this.#made).toString(16).padStart(24, '0')
  }

  #key(): string {
    const { hotShare, newShare } = this.#options
    const dice = this.#chance.next()
    if (dice < hotShare) return this.#hotKey()
    if (dice < hotShare + newShare || this.#keys.length === 0) {
      const key = `once${this.#keys.length}`
      this.#keys.push(key)
      return key
    }
    return this.#chance.pick(this.#keys)
  }

  #hotKey(): string {
    return `hot${this.#chance.whole({ from: 1, to: this.#options.hotKeys })}`
  }
}

/** What a value says, without its filling. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0x2e)
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString()
}
