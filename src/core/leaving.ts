// A node that stops in order: hands over what others wait for, waits until a view does without it,
// and says goodbye. Bounded in time: then it goes as it is.
import type { Candidates } from './candidates.ts'
import type { Handoff } from './handoff.ts'
import { isLeaving } from './leavers.ts'
import { LEAVE_ALONE_MS, LEAVE_WAIT_MS } from './limits.ts'
import type { Members } from './members.ts'
import type { Outbox } from './outbox.ts'
import type { Self } from './self.ts'
import type { ClusterSettings } from './settings.ts'
import type { Standing } from './standing.ts'
import type { Triggers } from './triggers.ts'
import type { View } from './types.ts'
import { inRoster, minCopies, onlyGroup, primaryOf } from './view.ts'

export interface LeavingParts {
  readonly self: Self
  readonly standing: Standing
  readonly members: Members
  readonly candidates: Candidates
  readonly handoff: Handoff
  readonly settings: ClusterSettings
  readonly triggers: Pick<Triggers, 'hearsPrimary'>
}

export class Leaving {
  readonly #out: Outbox
  readonly #parts: LeavingParts
  #run: { readonly reason: string; readonly untilMs: number; primaryAtMs: number } | undefined
  #isGone = false

  constructor(out: Outbox, parts: LeavingParts) {
    this.#out = out
    this.#parts = parts
  }

  /** The goodbye is said: this node does nothing more. */
  get isOver(): boolean {
    return this.#isGone
  }

  begin(reason: string, nowMs: number): void {
    if (this.#run !== undefined) return
    this.#parts.self.phase = 'leaving'
    this.#run = { reason, untilMs: nowMs + LEAVE_WAIT_MS, primaryAtMs: nowMs }
    this.tick(nowMs)
  }

  tick(nowMs: number): void {
    const run = this.#run
    if (run === undefined || this.#isGone) return
    const { standing, members } = this.#parts
    const { view } = standing
    const isLate = nowMs >= run.untilMs
    if (view === undefined || isLate || !this.#isDispensable(view)) return this.#go(run.reason)
    if (standing.isActive) {
      run.primaryAtMs = nowMs
      if (!this.#handOver(view, nowMs)) this.#go(run.reason)
      return
    }
    if (!inRoster(view, this.#parts.self.id)) return this.#go(run.reason)
    if (this.#parts.triggers.hearsPrimary()) run.primaryAtMs = nowMs
    else if (members.isGone(primaryOf(standing.route ?? view).id)) this.#go(run.reason)
    else if (nowMs - run.primaryAtMs >= LEAVE_ALONE_MS) this.#go(run.reason)
  }

  /** Whether the others could make a view without this node at all. */
  #isDispensable(view: View): boolean {
    const { self, members, settings } = this.#parts
    const others = members.alive().filter((m) => !isLeaving(m) && m.beat?.isWitness === false)
    const roster = view.roster.filter((n) => n.id !== self.id)
    return others.length >= minCopies(settings, roster)
  }

  /** As the primary. False: there is nobody to wait for, and this node keeps its view. */
  #handOver(view: View, nowMs: number): boolean {
    const { self, members, candidates, handoff } = this.#parts
    const others = onlyGroup(view).masters.filter(
      (m) => m.id !== self.id && members.isAlive(m.id) && !isLeaving(members.get(m.id)),
    )
    const newcomers = candidates.forVacancy(nowMs, view)
    // The heir keeps this node as a master until a third one is in sync.
    const heir = others.find((m) => m.inSync)
    if (heir !== undefined) handoff.start(heir.id, nowMs)
    // Without one, triggers.ts adds a master, and it takes a while until that is in sync.
    return heir !== undefined || others.length > 0 || newcomers.length > 0
  }

  #go(reason: string): void {
    this.#isGone = true
    this.#out.send('everyone', { kind: 'goodbye', reason })
    this.#out.gone()
  }
}
