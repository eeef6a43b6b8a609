// Which packets or calls of which sender were taken already: one window a sender, for its newest
// incarnation. Asked only about what was proven genuine, so garbage neither adds nor evicts anybody.
import type { NodeId } from '../core/types.ts'
import { ReplayWindow } from './replay-window.ts'

export interface ReplayGuardOptions {
  /** Numbers that one window tells apart. */
  readonly windowSize: number
  /** Senders remembered at once; beyond, the one silent for longest gives way. */
  readonly sendersMax: number
  /** Nobody gives way before being silent for so long: what it sent must be stale by then. Unit: ms. */
  readonly keepMs: number
  /** After this silence an earlier incarnation may come back: a restored backup. Unit: ms. */
  readonly forgetMs: number
}

/** One numbered packet or call. */
export interface Numbered {
  readonly id: NodeId
  readonly incarnation: number
  readonly number: number
}

interface Known {
  readonly incarnation: number
  readonly window: ReplayWindow
  heardMs: number
}

export class ReplayGuard {
  readonly #options: ReplayGuardOptions
  /** In the order in which they were last heard: the first has been silent for longest. */
  readonly #known = new Map<NodeId, Known>()

  constructor(options: ReplayGuardOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#known.size
  }

  /** Whether this incarnation of the sender was met, or a later one not so long ago. */
  knows({ id, incarnation }: Omit<Numbered, 'number'>, nowMs: number): boolean {
    const known = this.#known.get(id)
    if (known === undefined || incarnation > known.incarnation) return false
    return incarnation === known.incarnation || nowMs - known.heardMs < this.#options.forgetMs
  }

  /** True once for each number of a known incarnation; false for one that was never met. */
  accept({ id, incarnation, number }: Numbered, nowMs: number): boolean {
    const known = this.#known.get(id)
    if (known?.incarnation !== incarnation || !known.window.accept(number)) return false
    known.heardMs = nowMs
    this.#known.delete(id)
    this.#known.set(id, known)
    return true
  }

  /**
   * Begins a window whose numbers up to `floor` count as seen. False when there is no room, or the
   * incarnation is not newer than the known one.
   */
  meet({ id, incarnation }: Omit<Numbered, 'number'>, floor: number, nowMs: number): boolean {
    if (this.knows({ id, incarnation }, nowMs)) return false
    this.#known.delete(id)
    if (this.#known.size >= this.#options.sendersMax && !this.#giveWay(nowMs)) return false
    const window = new ReplayWindow({ size: this.#options.windowSize, floor })
    this.#known.set(id, { incarnation, window, heardMs: nowMs })
    return true
  }

  #giveWay(nowMs: number): boolean {
    for (const [id, { heardMs }] of this.#known) {
      if (nowMs - heardMs < this.#options.keepMs) return false
      return this.#known.delete(id)
    }
    return false
  }
}
