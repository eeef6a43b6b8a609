// Proof that others still agreed a moment ago: heartbeats that echo our own heartbeats.
// Times are this node's own clock at sending, so late packets and wrong clocks only age a proof.
import { MASTER_LEASE_MS, PRIMARY_LEASE_MS } from './limits.ts'
import type { Beat, Echo, Sender } from './messages.ts'
import type { Self } from './self.ts'
import type { Standing } from './standing.ts'
import { compareBallots, onlyGroup, primaryOf, sameBallot } from './view.ts'
import type { Ballot, NodeId } from './types.ts'

/** Own heartbeats whose send time is remembered. Unit: beats. 16 s of them; older echoes prove nothing. */
const BEATS_REMEMBERED = 64

/** The low 32 bits of a node id, as echoes carry it. */
export function shortId(id: NodeId): number {
  return Number.parseInt(id.slice(8), 16)
}

export class Leases {
  readonly #self: Self
  readonly #standing: Standing
  readonly #sentAtMs = new Map<number, number>()
  readonly #heard = new Map<NodeId, Echo>()
  /** Per master: at this moment it was proven to be loyal to `ballot`. */
  readonly #proofs = new Map<NodeId, { ballot: Ballot; atMs: number }>()
  #beat = 0

  constructor(self: Self, standing: Standing) {
    this.#self = self
    this.#standing = standing
  }

  /** The number of the heartbeat being sent now. */
  nextBeat(nowMs: number): number {
    this.#beat++
    this.#sentAtMs.set(this.#beat, nowMs)
    this.#sentAtMs.delete(this.#beat - BEATS_REMEMBERED)
    return this.#beat
  }

  /** The newest heartbeat heard from each node that is still there, to be echoed. */
  echoes(isThere: (id: NodeId) => boolean): Echo[] {
    for (const id of this.#heard.keys()) if (!isThere(id)) this.forget(id)
    return [...this.#heard.values()]
  }

  /** Heartbeats whose time is remembered, nodes to be echoed, and proofs of them. */
  get count(): number {
    return this.#sentAtMs.size + this.#heard.size + this.#proofs.size
  }

  /** The number of the newest heartbeat heard from a node; 0: none. */
  heardFrom(id: NodeId): number {
    return this.#heard.get(id)?.beat ?? 0
  }

  /** When this node sent the heartbeat with this number; undefined: long ago, or never. */
  sentAtMs(beat: number): number | undefined {
    return this.#sentAtMs.get(beat)
  }

  forget(id: NodeId): void {
    this.#heard.delete(id)
    this.#proofs.delete(id)
  }

  heard(sender: Sender, beat: Beat): void {
    this.#heard.set(sender.id, {
      node: shortId(sender.id),
      incarnation: sender.incarnation & 0xffff,
      beat: beat.beat,
    })
    const atMs = this.echoedAtMs(beat)
    if (atMs === undefined) return
    // A node that promised a higher ballot may be serving another primary by now.
    if (compareBallots(beat.promised, beat.ballot) > 0) return
    const isPrimary = beat.isActive && (beat.master?.holdsLease ?? false)
    if (!isPrimary && !this.#standing.isActive) return
    this.prove(sender.id, beat.ballot, atMs)
  }

  /** When the newest of our heartbeats was sent that this one has heard of. Own clock, ms. */
  echoedAtMs(beat: Beat): number | undefined {
    const echo = beat.master?.echoes.find(
      (e) =>
        e.node === shortId(this.#self.id) && e.incarnation === (this.#self.incarnation & 0xffff),
    )
    return echo === undefined ? undefined : this.#sentAtMs.get(echo.beat)
  }

  /** Another master was loyal to this ballot at this moment of our clock. */
  prove(id: NodeId, ballot: Ballot, atMs: number): void {
    const proof = this.#proofs.get(id)
    if (proof !== undefined && sameBallot(proof.ballot, ballot) && proof.atMs >= atMs) return
    this.#proofs.set(id, { ballot, atMs })
  }

  /** The oldest of the proofs that the active primary's reads rest on; Infinity when it is alone. */
  primaryProvenAtMs(): number {
    const view = this.#standing.view
    if (view === undefined || !this.#standing.isActive) return -Infinity
    const others = onlyGroup(view).masters.filter((m) => m.inSync && m.id !== this.#self.id)
    return Math.min(Infinity, ...others.map((m) => this.#provenAtMs(m.id, view.ballot)))
  }

  /** When the primary of this master's view was last proven to act for it. */
  masterProvenAtMs(): number {
    const view = this.#standing.view
    if (view === undefined || !this.#standing.isServingMaster) return -Infinity
    return this.#provenAtMs(primaryOf(view).id, view.ballot)
  }

  primaryHoldsLease(nowMs: number): boolean {
    return nowMs - this.primaryProvenAtMs() <= PRIMARY_LEASE_MS
  }

  masterHoldsLease(nowMs: number): boolean {
    return nowMs - this.masterProvenAtMs() <= MASTER_LEASE_MS
  }

  #provenAtMs(id: NodeId, ballot: Ballot): number {
    const proof = this.#proofs.get(id)
    return proof !== undefined && sameBallot(proof.ballot, ballot) ? proof.atMs : -Infinity
  }
}
