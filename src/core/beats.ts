// This node's heartbeats: what they say and when they go out.
// What others' heartbeats mean is members.ts' and leases.ts' business.
import type { Announcer } from './announcer.ts'
import { isStranded } from './hopeless.ts'
import { BEAT_EVERY_MS, BEAT_LINEAGES_MAX, ECHOES_MAX } from './limits.ts'
import type { Leases } from './leases.ts'
import type { Members } from './members.ts'
import type { Beat, Echo } from './messages.ts'
import type { EntryReader } from './ports.ts'
import { PROTOCOL, type ProtocolRange } from './protocol-version.ts'
import type { Reach } from './reach.ts'
import type { Room } from './room.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import type { Serving } from './serving.ts'
import type { ClusterSettings } from './settings.ts'
import type { Standing } from './standing.ts'
import { ballotOf } from './view.ts'

export interface BeatsParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly leases: Leases
  readonly serving: Serving
  readonly store: EntryReader
  readonly announcer: Announcer
  readonly reach: Reach
  readonly room: Room
}

export class Beats {
  readonly #parts: BeatsParts
  readonly #settings: ClusterSettings
  readonly #fingerprint: number
  readonly #protocol: ProtocolRange
  readonly #rules: Rules
  #nextMs = 0
  #echoTurn = 0
  #loopLagMs = 0

  constructor(
    parts: BeatsParts,
    setUp: {
      settings: ClusterSettings
      fingerprint: number
      rules: Rules
      /** Undefined: what this build speaks. */
      protocol?: ProtocolRange | undefined
    },
  ) {
    this.#parts = parts
    this.#settings = setUp.settings
    this.#fingerprint = setUp.fingerprint
    this.#protocol = setUp.protocol ?? PROTOCOL
    this.#rules = setUp.rules
  }

  /** Something changed that others should know at once. */
  hurry(): void {
    this.#nextMs = 0
  }

  /** When the next one leaves, unless something hurries it. Own clock, ms. */
  get dueMs(): number {
    return this.#nextMs
  }

  tick(lagMs: number, nowMs: number): void {
    this.#loopLagMs = Math.max(this.#loopLagMs, lagMs)
    this.sendIfDue(nowMs)
  }

  sendIfDue(nowMs: number): void {
    if (nowMs < this.#nextMs) return
    this.#nextMs = nowMs + BEAT_EVERY_MS
    // A heartbeat must not name commits that nobody was told of.
    this.#parts.announcer.flush()
    const beat = this.#beat(nowMs)
    this.#loopLagMs = 0
    this.#parts.reach.sendBeat(beat, nowMs)
  }

  #beat(nowMs: number): Beat {
    const { self, standing, leases, serving, store, room } = this.#parts
    const isMaster = standing.mastership !== undefined
    return {
      kind: 'beat',
      beat: leases.nextBeat(nowMs),
      address: self.address,
      phase: self.phase,
      ballot: ballotOf(standing.view),
      isActive: standing.isActive && !isStranded(this.#parts, this.#settings, this.#rules),
      promised: standing.promised,
      lineages: standing.lineages().slice(-BEAT_LINEAGES_MAX),
      keyCount: store.keyCount,
      loopLagMs: Math.round(this.#loopLagMs),
      wallMs: Math.round(self.wallMs(nowMs)),
      isFull: store.isFull,
      isTooSmall: standing.mastership?.inSync !== true && room.isLacking(nowMs),
      isWitness: self.isWitness,
      mode: this.#settings.mode,
      fingerprint: this.#fingerprint,
      protocol: this.#protocol,
      master: isMaster
        ? {
            committed: serving.position(),
            holdsLease: serving.holdsLease(nowMs),
            echoes: this.#echoes(),
          }
        : undefined,
    }
  }

  /** All echoes, or in a large cluster the next page of them. */
  #echoes(): Echo[] {
    const { leases, members } = this.#parts
    const all = leases.echoes((id) => members.get(id) !== undefined)
    if (all.length <= ECHOES_MAX) return all
    const from = this.#echoTurn % all.length
    this.#echoTurn = from + ECHOES_MAX
    return [...all, ...all].slice(from, from + ECHOES_MAX)
  }
}
