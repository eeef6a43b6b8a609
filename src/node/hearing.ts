// What arrives from whom, and by which way: for an operator who asks why nodes do not find each other.
// Decides nothing; the core has its own opinion of the others.
import { FORGET_AFTER_MS, NODES_MAX } from '../core/limits.ts'
import type { Address, NodeId, Way } from '../core/types.ts'
import type { HeardNode, Stranger } from '../http/network-report.ts'
import type { Clock } from '../system/clock.ts'
import { BeatWindow } from './beat-window.ts'
import { HEARD_WITHIN_MS, STRANGER_KEEP_MS, STRANGERS_MAX } from './limits.ts'
import type { PacketRefusal } from './packet-gate.ts'
import type { ReceivedPacket } from './transport.ts'

interface Heard {
  incarnation: number
  address: Address
  window: BeatWindow
  /** When something came last, by way. */
  readonly lastMs: Map<Way, number>
  /** Its wall clock minus ours, by its last heartbeat. Unit: ms. */
  clockAheadMs: number | undefined
}

interface Refused {
  reason: PacketRefusal
  packets: number
  lastMs: number
}

/** Refusals that say who is in the group; the others are about single packets of a node. */
const FOREIGN: ReadonlySet<PacketRefusal> = new Set([
  'size',
  'magic',
  'version',
  'cluster',
  'key',
  'tag',
])

export class Hearing {
  readonly #clock: Clock
  /** In the order in which they were last heard; so are the strangers. */
  readonly #nodes = new Map<NodeId, Heard>()
  readonly #strangers = new Map<Address, Refused>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A packet that passed the gate; this node's own too, when the group brought it back. */
  heard({ from, way, sender, datagram }: ReceivedPacket): void {
    const nowMs = this.#clock.monotonicMs()
    const node = this.#nodes.get(sender.id) ?? newcomer(sender.incarnation, from)
    if (sender.incarnation > node.incarnation) {
      node.incarnation = sender.incarnation
      node.window = new BeatWindow()
    }
    node.lastMs.set(way, nowMs)
    if (datagram.kind === 'beat') {
      node.address = datagram.address
      node.clockAheadMs = Math.round(datagram.wallMs - this.#clock.wallMs())
      node.window.note(datagram.beat, way === 'multicast')
    }
    this.#nodes.delete(sender.id)
    // One more than a cluster has: this node hears itself.
    if (this.#nodes.size <= NODES_MAX || giveWay(this.#nodes, nowMs - FORGET_AFTER_MS, lastOf)) {
      this.#nodes.set(sender.id, node)
    }
  }

  /** A packet that did not pass. */
  refused(reason: PacketRefusal, from: Address): void {
    if (!FOREIGN.has(reason)) return
    const nowMs = this.#clock.monotonicMs()
    const packets = (this.#strangers.get(from)?.packets ?? 0) + 1
    this.#strangers.delete(from)
    const isFull = this.#strangers.size >= STRANGERS_MAX
    if (isFull && !giveWay(this.#strangers, nowMs - STRANGER_KEEP_MS, (it) => it.lastMs)) return
    this.#strangers.set(from, { reason, packets, lastMs: nowMs })
  }

  /** By which ways a node was heard within HEARD_WITHIN_MS. */
  heardBy(id: NodeId): Way[] {
    const since = this.#clock.monotonicMs() - HEARD_WITHIN_MS
    const ways = [...(this.#nodes.get(id)?.lastMs ?? [])]
    return ways.flatMap(([way, atMs]) => (atMs >= since ? [way] : [])).sort()
  }

  nodes(): HeardNode[] {
    const ageMs = this.#ageMs()
    return [...this.#nodes].map(([id, { address, lastMs, window, clockAheadMs }]) => ({
      id,
      address,
      multicastMs: ageMs(lastMs.get('multicast')),
      unicastMs: ageMs(lastMs.get('unicast')),
      lostShare: window.lostShare(),
      clockAheadMs,
    }))
  }

  strangers(): Stranger[] {
    const ageMs = this.#ageMs()
    return [...this.#strangers].map(([address, { reason, packets, lastMs }]) => ({
      address,
      reason,
      packets,
      lastMs: ageMs(lastMs) ?? 0,
    }))
  }

  #ageMs(): (atMs: number | undefined) => number | undefined {
    const nowMs = this.#clock.monotonicMs()
    return (atMs) => (atMs === undefined ? undefined : Math.round(nowMs - atMs))
  }
}

function newcomer(incarnation: number, address: Address): Heard {
  const window = new BeatWindow()
  return { incarnation, address, window, lastMs: new Map(), clockAheadMs: undefined }
}

function lastOf({ lastMs }: Heard): number {
  return Math.max(...lastMs.values())
}

/** Drops the first, which has been silent for longest, if that is since before this moment. */
function giveWay<Key, Value>(
  known: Map<Key, Value>,
  beforeMs: number,
  lastMs: (value: Value) => number,
): boolean {
  for (const [key, value] of known) return lastMs(value) < beforeMs && known.delete(key)
  return false
}
