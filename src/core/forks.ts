// Notices that another side of a split is in sight, and says when to propose that the two become one.
// Asks whether the other side can be reached before anybody is made to promise anything.
import { FORK_NEWER_SEEN_MS, FORK_PAUSE_MS, FORK_SEEN_MS, PING_WAIT_MS } from './limits.ts'
import type { Candidates } from './candidates.ts'
import { includes } from './lineages.ts'
import { mustStayOut } from './leavers.ts'
import type { Member, Members } from './members.ts'
import type { Outbox } from './outbox.ts'
import type { Standing } from './standing.ts'
import type { Ballot, View } from './types.ts'
import { BALLOT_ZERO, compareBallots, formatBallot } from './view.ts'

export class Forks {
  readonly #out: Outbox
  readonly #parts: { standing: Standing; members: Members; candidates: Candidates }
  #seenSinceMs: number | undefined
  #notBeforeMs = 0
  #pauseMs: number = FORK_PAUSE_MS.from
  #isAsking = false
  #isReached = false
  #lastNonce = 0

  constructor(
    out: Outbox,
    parts: { standing: Standing; members: Members; candidates: Candidates },
  ) {
    this.#out = out
    this.#parts = parts
  }

  /** As the active primary: whether it is time to propose a view over both sides. */
  isDue(view: View, nowMs: number): boolean {
    const strangers = this.#strangers(view)
    const [first] = strangers
    if (first === undefined) {
      this.#seenSinceMs = undefined
      this.#isReached = false
      if (nowMs >= this.#notBeforeMs) this.#pauseMs = FORK_PAUSE_MS.from
      return false
    }
    this.#seenSinceMs ??= nowMs
    const isNewer = strangers.some(({ ballot }) => compareBallots(ballot, view.ballot) > 0)
    const waitMs = isNewer ? FORK_NEWER_SEEN_MS : FORK_SEEN_MS
    if (nowMs - this.#seenSinceMs < waitMs || nowMs < this.#notBeforeMs) return false
    // The primary of the highest ballot proposes; a newer one is asked for its view meanwhile.
    if (this.#hearsNewerPrimary(view)) return false
    if (this.#isReached) {
      this.#isReached = false
      this.#pause(nowMs)
      this.#out.log('info', 'fork-seen', {
        lineages: strangers.map(({ ballot }) => formatBallot(ballot)),
        at: strangers.map(({ member }) => member.address),
      })
      return true
    }
    if (!this.#isAsking) this.#ask(first.member)
    return false
  }

  /** Held by others, and neither in this view nor being merged into it. */
  #strangers(view: View): { member: Member; ballot: Ballot }[] {
    const { members, candidates } = this.#parts
    return members.alive().flatMap((member) => {
      const lineages = member.beat?.lineages ?? []
      // What a node holds that was given up is not taken back.
      if (candidates.isForeign(member) || mustStayOut(member.id, lineages, view)) return []
      return lineages
        .filter((ballot) => !includes(view, ballot))
        .map((ballot) => ({ member, ballot }))
    })
  }

  #hearsNewerPrimary(view: View): boolean {
    return this.#parts.members
      .alive()
      .some((m) => m.beat?.isActive === true && compareBallots(m.beat.ballot, view.ballot) > 0)
  }

  /** A cut that works one way lets us hear a side that cannot answer: nobody is frozen for it. */
  #ask(member: Member): void {
    this.#isAsking = true
    const nonce = `fork ${++this.#lastNonce}`
    this.#out.call(
      member.address,
      { kind: 'ping', nonce, hearsYou: true },
      {
        timeoutMs: PING_WAIT_MS,
        onAnswer: (answer, nowMs) => {
          this.#isAsking = false
          this.#isReached = answer.kind === 'response' && answer.response.kind === 'pong'
          if (!this.#isReached) this.#pause(nowMs)
        },
      },
    )
  }

  #pause(nowMs: number): void {
    this.#notBeforeMs = nowMs + this.#pauseMs
    this.#pauseMs = Math.min(2 * this.#pauseMs, FORK_PAUSE_MS.to)
  }

  /**
   * Whether a proposal of this node, which holds data and is not the primary, brings two sides
   * together: an older lineage than its own acts, and would veto it.
   */
  isBetweenSides(): boolean {
    const { standing, members } = this.#parts
    const mine = standing
      .wholeLineages()
      .reduce((a, b) => (compareBallots(a, b) >= 0 ? a : b), BALLOT_ZERO)
    return members
      .alive()
      .some((m) => m.beat?.isActive === true && compareBallots(m.beat.ballot, mine) < 0)
  }
}
