// Which syncing masters have told the primary that they finished mirroring in its present view.
// Says nothing about other views: a new view starts empty.
import type { Ballot, NodeId } from './types.ts'
import { BALLOT_ZERO, sameBallot } from './view.ts'

export class SyncedMasters {
  #ballot: Ballot = BALLOT_ZERO
  readonly #ids = new Set<NodeId>()

  /** A new view; what was finished in another one is forgotten. */
  start(ballot: Ballot): void {
    this.#ballot = ballot
    this.#ids.clear()
  }

  add(ballot: Ballot, id: NodeId): void {
    if (sameBallot(ballot, this.#ballot)) this.#ids.add(id)
  }

  has(ballot: Ballot, id: NodeId): boolean {
    return sameBallot(ballot, this.#ballot) && this.#ids.has(id)
  }
}
