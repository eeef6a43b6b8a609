// Which syncing masters have finished mirroring in the primary's present view, and have the stream up
// to there. Says nothing about other views: a new view starts empty.
import type { Rules } from './rules.ts'
import type { Stream } from './stream.ts'
import type { Ballot, NodeId } from './types.ts'
import { BALLOT_ZERO, sameBallot } from './view.ts'

export class SyncedMasters {
  readonly #stream: Pick<Stream, 'lastSeq' | 'ackedBy'>
  readonly #rules: Rules
  #ballot: Ballot = BALLOT_ZERO
  /** Where the stream ended when they told. */
  readonly #told = new Map<NodeId, number>()

  constructor(stream: Pick<Stream, 'lastSeq' | 'ackedBy'>, rules: Rules) {
    this.#stream = stream
    this.#rules = rules
  }

  /** A new view; what was finished in another one is forgotten. */
  start(ballot: Ballot): void {
    this.#ballot = ballot
    this.#told.clear()
  }

  /** This master has all pages. It says so again and again: the first time counts. */
  add(ballot: Ballot, id: NodeId): void {
    if (!sameBallot(ballot, this.#ballot) || this.#told.has(id)) return
    this.#told.set(id, this.#stream.lastSeq)
  }

  /**
   * Whether it has all that the pages showed, as the stream tells it. Pages show writes that are
   * under way, without their request ids: a master that held such a write and did not know its id
   * would apply its retry a second time.
   */
  has(ballot: Ballot, id: NodeId): boolean {
    const toldAt = sameBallot(ballot, this.#ballot) ? this.#told.get(id) : undefined
    if (toldAt === undefined) return false
    const ackedSeq = this.#stream.ackedBy(id)
    return !this.#rules.syncedAwaitsStream || (ackedSeq !== undefined && ackedSeq >= toldAt)
  }
}
