// What this node has promised and accepted, and whether it acts as primary.
// Keeps the durable state and its order: flush first, answer afterwards. Proposes nothing.
import {
  ballotOf,
  compareBallots,
  contains,
  formatBallot,
  isHolder,
  isSyncingMaster,
  mastershipOf,
  onlyGroup,
  primaryOf,
  sameBallot,
} from './view.ts'
import type { Outbox } from './outbox.ts'
import type { Rules } from './rules.ts'
import type { Self } from './self.ts'
import { mustStayOut } from './leavers.ts'
import { includes } from './lineages.ts'
import type { EntryReader } from './ports.ts'
import { remainsOwed } from './remains.ts'
import type { ClusterSettings } from './settings.ts'
import { isEmpty, isPart, owedSince, partOfView } from './syncing-part.ts'
import type { Ballot, DurableState, Master, NodeId, Part, StreamId, View } from './types.ts'
import { VERSION_ZERO } from './version.ts'

/** Told when this node's place changes; the streams and leases follow it. */
export interface StandingListener {
  /** Another view was accepted or adopted; this node is not, or no longer, an active primary. */
  viewChanged(view: View, nowMs: number): void
  /** This node is the primary of a view that every master of it has accepted. */
  activated(view: View, nowMs: number): void
  /** Another node acts as primary of a newer view, which this one promised not to accept. */
  stoodDown(nowMs: number): void
}

export class Standing {
  readonly #out: Outbox
  readonly #self: Self
  readonly #rules: Rules
  readonly #mode: ClusterSettings['mode']
  readonly #store: Pick<EntryReader, 'highestVersion'>
  readonly #listener: StandingListener
  #state: DurableState
  /** The newest view heard of as active; it may be one this node cannot accept. */
  #heardView: View | undefined
  #isActive = false
  #maxEpoch: number
  /** A higher promise that another master named when it refused this primary's stream. */
  #fence: Ballot | undefined

  constructor(
    out: Outbox,
    options: {
      self: Self
      state: DurableState
      mode: ClusterSettings['mode']
      store: Pick<EntryReader, 'highestVersion'>
      rules: Rules
      listener: StandingListener
    },
  ) {
    this.#out = out
    this.#self = options.self
    this.#rules = options.rules
    this.#mode = options.mode
    this.#store = options.store
    this.#listener = options.listener
    this.#state = options.state
    this.#maxEpoch = Math.max(options.state.promised.epoch, ballotOf(options.state.view).epoch)
  }

  get state(): DurableState {
    return this.#state
  }

  get promised(): Ballot {
    return this.#state.promised
  }

  /** The last accepted view. */
  get view(): View | undefined {
    return this.#state.view
  }

  /** The view to send requests by: the newest one known. */
  get route(): View | undefined {
    const heard = this.#heardView
    if (heard === undefined) return this.view
    return compareBallots(heard.ballot, ballotOf(this.view)) > 0 ? heard : this.view
  }

  /** Whether requests go to the primary that numbers this stream. */
  routesTo(stream: StreamId): boolean {
    return this.route !== undefined && sameBallot(this.route.start.stream, stream)
  }

  /** Majority mode, as long as no operator has forced a view: nothing ever has to be merged. */
  hasOneHistory(next: View | undefined = this.view): boolean {
    if (this.#mode === 'available' || next?.isUnclean === true) return false
    return this.view?.isUnclean !== true && this.#state.owed.length === 0
  }

  /** A promise above the accepted view: nothing of an older ballot is served any more. */
  get isFrozen(): boolean {
    return !sameBallot(this.promised, ballotOf(this.view))
  }

  /** The primary of a view that all its masters accepted, and not frozen. */
  get isActive(): boolean {
    return this.#isActive && !(this.#rules.promiseFreezes && this.isFrozen)
  }

  /** The primary that saw its accepted view active, in this life; it may be frozen by now. */
  get isLeader(): boolean {
    return this.#isActive
  }

  /** This node's mastership in its accepted view, in this life. */
  get mastership(): Master | undefined {
    return mastershipOf(this.view, this.#self)
  }

  /** The other masters, while this node is one. */
  get fellows(): NodeId[] {
    if (this.view === undefined || this.mastership === undefined) return []
    return onlyGroup(this.view).masters.flatMap(({ id }) => (id === this.#self.id ? [] : [id]))
  }

  /** An in-sync master that is not frozen. */
  get isServingMaster(): boolean {
    return (this.mastership?.inSync ?? false) && !this.isFrozen
  }

  get maxEpoch(): number {
    return this.#maxEpoch
  }

  sawEpoch(epoch: number): void {
    this.#maxEpoch = Math.max(this.#maxEpoch, epoch)
  }

  /** Another master has promised a higher ballot: this primary must propose again. */
  fencedBy(promised: Ballot): void {
    this.#fence = promised
  }

  get isFencedByOther(): boolean {
    return this.#fence !== undefined && compareBallots(this.#fence, ballotOf(this.view)) > 0
  }

  /** Ballots of the views whose acknowledged data this node holds; of own ones, the last that acted. */
  lineages(): Ballot[] {
    return this.#named(this.#held())
  }

  /** The same without parts of views: with these a node can lead. */
  wholeLineages(): Ballot[] {
    return this.#named(this.#held().filter((held) => !isPart(held)))
  }

  #named(held: readonly View[]): Ballot[] {
    // To name an own view that never became active would keep this node out of the one that did.
    if (!this.#rules.onlyActedViewsCount) return held.map((view) => view.ballot)
    return held.flatMap((view) => this.#lastActed(view) ?? [])
  }

  /** The view of this name that this node owes the cluster: it keeps what it holds of it. */
  owed(ballot: Ballot): View | undefined {
    return this.#state.owed.find((view) => sameBallot(view.ballot, ballot))
  }

  /**
   * As a syncing master: the stream brought a write that is not above what was stored here before,
   * and can no longer be told from it. Durable before anything that is stored from now on.
   */
  partIsBroken(): void {
    const { part } = this.#state
    if (part === undefined || !part.isWhole) return
    this.#persist({ ...this.#state, part: { ...part, isWhole: false } }, () => {})
  }

  /** The cluster of this view has given this node up, and takes back nothing that it holds. */
  isForgottenBy(view: View): boolean {
    const part = this.#ownPart()
    const held = [...this.lineages(), ...(part === undefined ? [] : part.partOf.slice(-1))]
    return this.#rules.forgottenStaysOut && mustStayOut(this.#self.id, held, view)
  }

  /** Promises never to serve anything below this ballot; `then` runs once that is durable. */
  promise(ballot: Ballot, then: (nowMs: number) => void): void {
    this.sawEpoch(ballot.epoch)
    this.#persist({ ...this.#state, promised: ballot }, then)
  }

  /** Accepts a view at or above the promise; `then` runs once that is durable. */
  accept(view: View, nowMs: number, then: (nowMs: number) => void): void {
    this.sawEpoch(view.ballot.epoch)
    const isNew = compareBallots(view.ballot, ballotOf(this.view)) > 0
    const promised = compareBallots(view.ballot, this.promised) > 0 ? view.ballot : this.promised
    if (!isNew) {
      this.#persist({ ...this.#state, promised }, then)
      return
    }
    this.#isActive = false
    const owed = this.#owedAfter(view)
    const part = this.#partAfter(view, owed)
    this.#persist({ ...this.#state, promised, view, owed, part }, then)
    this.#listener.viewChanged(view, nowMs)
  }

  /** Takes over a view that is active elsewhere. Below the promise it is only followed, not accepted. */
  adopt(view: View, nowMs: number): void {
    if (!this.#mayFollow(view)) return
    this.sawEpoch(view.ballot.epoch)
    if (this.#heardView === undefined || isAbove(view, this.#heardView)) this.#heardView = view
    if (this.view !== undefined && !isAbove(view, this.view)) return
    if (compareBallots(view.ballot, this.promised) < 0 && this.#rules.neverAdoptBelowPromise) {
      this.#standDown(nowMs)
      return
    }
    this.accept(view, nowMs, () => {})
  }

  /**
   * Everybody needed has accepted this node's own view; `then` runs once that is durable, and not
   * before may it act. A restarted primary takes a view that it does not remember as active for one
   * that never acknowledged anything, and what it sends again from the view before needs no flush.
   */
  rememberActive(view: View, then: (nowMs: number) => void): void {
    this.#persist({ ...this.#state, activated: view.ballot }, then)
  }

  /** Acts as primary of its accepted view from now on. */
  activate(nowMs: number): void {
    const view = this.view
    if (view === undefined || primaryOf(view).id !== this.#self.id) return
    this.#isActive = true
    this.#listener.activated(view, nowMs)
  }

  /**
   * Hearsay leads an active primary away from its lineage only to a view that contains it, or brings
   * it in; and so it does for its masters: without them it could acknowledge nothing.
   */
  #mayFollow(view: View): boolean {
    if (this.isForgottenBy(view)) return false
    if (this.view === undefined || sameBallot(view.ballot, this.view.ballot)) return true
    const isLoyal = !this.hasOneHistory(view) && isHolder(this.view, this.#self.id)
    if (!this.isActive && !isLoyal) return true
    const last = this.isActive ? this.view.ballot : this.#lastActed(this.view)
    return last === undefined || includes(view, last)
  }

  #standDown(nowMs: number): void {
    this.#isActive = false
    this.#listener.stoodDown(nowMs)
  }

  /** What stays to be merged: this node holds it, and the new view does not contain it. */
  #owedAfter(view: View): readonly View[] {
    if (!this.#rules.debtsAreDurable) return []
    const due = this.#heldBefore(view).filter((v) => !this.#isContained(v, view))
    // One that another contains has nothing of its own; so the list stays short for ever.
    const owed = due.filter((v) => !due.some((by) => isAbove(by, v) && this.#isContained(v, by)))
    if (owed.length > this.#state.owed.length) {
      this.#out.log('warn', 'lineage-owed', { ballots: owed.map((v) => formatBallot(v.ballot)) })
    }
    return owed
  }

  /** What this node has when it accepts a view: its remains, if the view asks for them, say all parts. */
  #heldBefore(view: View): readonly View[] {
    // A view that the new one does not contain was never active.
    if (this.hasOneHistory(view)) return []
    const remains = remainsOwed(view, this.#self.id)
    const held = this.#held()
    if (remains !== undefined) return [...held.filter((it) => !isPart(it)), remains]
    const part = this.#ownPart(view)
    return part === undefined ? held : [...held, part]
  }

  /** Whether this node, as a syncing master, has got nothing yet of the view it accepted. */
  get isPartEmpty(): boolean {
    const { part } = this.#state
    return part !== undefined && isEmpty(part, this.#store.highestVersion)
  }

  /**
   * What this node holds of the accepted view as a syncing master, as a view that it could owe. What it
   * cannot tell from the rest of its store goes along with all of that where an operator has forced a view.
   */
  #ownPart(next?: View): View | undefined {
    const { view, part } = this.#state
    if (view === undefined || part === undefined || !this.#rules.partsAreOwed) return undefined
    if (this.isPartEmpty || !isSyncingMaster(view, this.#self.id)) return undefined
    const isAll = next?.isUnclean === true && !part.isWhole
    return partOfView(view, this.#self.id, isAll ? { ...part, since: VERSION_ZERO } : part)
  }

  /**
   * Its beginning is kept from view to view while this node is syncing in each, and each contains the
   * one before. What it owes by then is in its store as well, and may come to be known by the stream. Who
   * held all of the view before, and was restarted, has nothing in its store but that.
   */
  #partAfter(view: View, owed: readonly View[]): Part | undefined {
    if (this.hasOneHistory(view) || !isSyncingMaster(view, this.#self.id)) return undefined
    const { view: before, part } = this.#state
    if (before !== undefined && contains(view, before.ballot)) {
      if (part !== undefined) return part
      const hasHeldAll = isHolder(before, this.#self.id) && this.#rules.partsHaveWhatWasHeld
      if (hasHeldAll) return { since: VERSION_ZERO, isWhole: true }
    }
    const since = owed.map(owedSince).reduce((a, b) => (b < a ? b : a), this.#store.highestVersion)
    return { since, isWhole: true }
  }

  #held(): View[] {
    const held = [...this.#state.owed]
    if (this.view !== undefined && isHolder(this.view, this.#self.id)) held.push(this.view)
    return held
  }

  /** Whether the new view's masters have everything that was acknowledged up to the held one. */
  #isContained(held: View, view: View): boolean {
    // A part is not needed where the whole view is.
    const whole = held.partOf.at(-1)
    if (whole !== undefined && contains(view, whole)) return true
    const last = this.#lastActed(held)
    return last === undefined || contains(view, last)
  }

  /** Own views that never became active acknowledged nothing: what counts is before them. */
  #lastActed(held: View): Ballot | undefined {
    const { activated } = this.#state
    const neverActive = (ballot: Ballot) =>
      ballot.proposer === this.#self.id && compareBallots(ballot, activated) > 0
    return onlyGroup(held).history.findLast((ballot) => !neverActive(ballot))
  }

  #persist(state: DurableState, then: (nowMs: number) => void): void {
    this.#state = state
    if (this.#rules.promiseIsDurable) {
      this.#out.store([{ kind: 'state', state }], then)
      return
    }
    this.#out.wake(0, then)
  }
}

function isAbove(a: View, b: View): boolean {
  return compareBallots(a.ballot, b.ballot) > 0
}
