// One node's decisions, put together: routes each event to the machine it concerns.
// Decides nothing itself, and touches nothing but the outbox.
import { unreachable } from './assert.ts'
import type { Conflict } from './conflicts.ts'
import { saysTheSame } from './calm.ts'
import { LISTEN_MS, PROPOSAL_PAUSE_MS, STALL_MS, VIEW_CALL_WAIT_MS } from './limits.ts'
import type { Beat, Sender } from './messages.ts'
import { loadOf } from './load.ts'
import { Outbox } from './outbox.ts'
import { OwnId } from './own-id.ts'
import { type CoreOptions, type CorePorts, createParts, type Parts } from './parts.ts'
import { Pace } from './pace.ts'
import { type Progress, progressOf } from './progress.ts'
import { reportStatus, whyOutside } from './report.ts'
import { Requests } from './requests.ts'
import type { Rules } from './rules.ts'
import type { ClusterStatus } from './status.ts'
import type { Effect, Event } from './step.ts'
import type { Address, Copy, Entry, Version, View, Way } from './types.ts'
import { ballotOf, compareBallots, inRoster, onlyGroup, primaryOf } from './view.ts'

export type { CoreOptions, CorePorts } from './parts.ts'

/** The whole core of one node. Driven by `step`; everything else only looks. */
export class NodeCore {
  readonly #out = new Outbox()
  readonly #parts: Parts
  readonly #ownId: OwnId
  readonly #requests: Requests
  readonly #rules: Rules
  #startedMs: number | undefined
  readonly #pace: Pace
  #changesSeen = 0
  #isAskingForView = false
  #wasReady = false

  constructor(ports: CorePorts, options: CoreOptions) {
    this.#rules = options.rules
    const listener = {
      viewChanged: (view: View, nowMs: number) => this.#viewChanged(view, nowMs),
      activated: (view: View, nowMs: number) => this.#activated(view, nowMs),
      stoodDown: (nowMs: number) => this.#dropStream(nowMs),
    }
    this.#parts = createParts(this.#out, ports, { options, listener })
    this.#ownId = new OwnId(this.#out, this.#parts.self)
    this.#requests = new Requests(this.#out, this.#parts, options.rules)
    this.#pace = new Pace(this.#out, this.#parts)
    const { standing, follower, beginnings } = this.#parts
    if (standing.view === undefined) return
    follower.follow(standing.view)
    beginnings.follow(standing.view, standing.state.owed)
  }

  /** Takes one event at this moment of the node's monotonic clock; returns what should happen. */
  step(event: Event, nowMs: number): readonly Effect[] {
    const { self, forwards, lookups } = this.#parts
    switch (event.kind) {
      case 'tick':
        this.#tick(event.wallMs, nowMs)
        break
      case 'datagram':
        this.#datagram(event, nowMs)
        break
      case 'request':
        self.follow(event.sender.clock, nowMs)
        this.#requests.take(event, nowMs)
        break
      case 'answer':
        if (event.answer.kind === 'response') self.follow(event.answer.sender.clock, nowMs)
        this.#out.answered(event.ticket, event.answer, nowMs)
        break
      case 'stored':
        this.#out.stored(event.ticket, nowMs)
        break
      case 'woken':
        this.#out.woken(event.ticket, nowMs)
        break
      case 'write':
        if (!this.#refuseOutside(event)) forwards.write(event.ticket, event.command, nowMs)
        break
      case 'read':
        if (!this.#refuseOutside(event)) lookups.read(event.ticket, event.query, nowMs)
        break
      case 'order':
        this.#order(event, nowMs)
        break
      case 'audit':
        this.#parts.audit.request(nowMs)
        break
      case 'lookFor':
        this.#parts.reach.lookFor(event.addresses)
        break
      case 'moved':
        self.moveTo(event.address)
        this.#parts.beats.hurry()
        break
      case 'leave':
        this.#parts.beats.hurry()
        this.#parts.leaving.begin(event.reason, nowMs)
        break
      default:
        return unreachable(event)
    }
    this.#considerVerdicts(nowMs)
    if (event.kind === 'tick') this.#pace.plan(nowMs)
    else if (event.kind !== 'datagram' || event.datagram.kind !== 'beat') this.#pace.hurry(nowMs)
    return this.#out.take()
  }

  /** The next tick must not come later; every step may change it. Own clock, ms. */
  get tickDueMs(): number {
    return this.#pace.dueMs
  }

  /** May the stored entry of this key, or its absence, be answered from the store right now? */
  mayServe(key: string, nowMs: number): boolean {
    return this.#parts.serving.mayServe(key, nowMs)
  }

  /** Does what the store holds under a key come after the write of this version? */
  isEnough(held: Entry | undefined, min: Version | undefined): boolean {
    return this.#parts.session.isEnough(held, min)
  }

  /** Does this copy? */
  isCopyEnough(copy: Copy, min: Version | undefined): boolean {
    const entry = copy.known.kind === 'entry' ? copy.known.entry : undefined
    return this.#parts.session.isCopyEnough(entry, min)
  }

  /** Age of the proof behind an answer from the store. Unit: ms. */
  storeAgeMs(nowMs: number): number {
    return this.#parts.serving.masterAgeMs(nowMs)
  }

  /** May this copy be answered right now? */
  mayServeCopy(copy: Copy, nowMs: number): boolean {
    return this.#parts.coherence.mayServe(copy, nowMs)
  }

  /** How long ago a copy was last proven right. Unit: ms. */
  copyAgeMs(copy: Copy, nowMs: number): number {
    return this.#parts.coherence.ageMs(copy, nowMs)
  }

  status(nowMs: number): ClusterStatus {
    return reportStatus(this.#parts.report, nowMs)
  }

  /** Once this node was in an active view with its own part synced. Stays so while others fail. */
  isReady(): boolean {
    return this.#wasReady && this.#parts.self.phase !== 'leaving'
  }

  /**
   * Whether what is stored here is kept up: this node is a master, in sync or syncing. Otherwise its
   * store is what was left from an earlier time, and nobody has checked it since.
   */
  get isMaster(): boolean {
    return this.#parts.standing.mastership !== undefined
  }

  /** The view by which this node sends its requests. */
  get route(): View | undefined {
    return this.#parts.standing.route
  }

  /** Writes that lost when this node merged, oldest first. */
  conflicts(): readonly Conflict[] {
    return this.#parts.merge.conflicts.list()
  }

  /** In-sync masters as far as this node knows. */
  copiesOf(): number {
    const view = this.#parts.standing.route
    return view === undefined ? 0 : onlyGroup(view).masters.filter((m) => m.inSync).length
  }

  sender(): Sender {
    return this.#parts.self.sender()
  }

  /** Sizes of everything that grows with load, for the bounds that tests check. */
  load(): Readonly<Record<string, number>> {
    return { ...loadOf(this.#parts), open: this.#out.openCount }
  }

  /** How far the stream, a mirror and merges have come. */
  progress(): Progress {
    return progressOf(this.#parts)
  }

  #tick(wallMs: number, nowMs: number): void {
    const { self, mirrorSource, beats, members, proposer, triggers } = this.#parts
    self.setWall(wallMs, nowMs)
    if (this.#startedMs === undefined) this.#start(nowMs)
    const { lateMs, stalledMs } = this.#pace.ticked(nowMs)
    mirrorSource.lagged(lateMs)
    if (stalledMs > STALL_MS && this.#rules.stallRule) this.#stalled(stalledMs, nowMs)
    beats.tick(lateMs, nowMs)
    members.tick(nowMs, this.#parts.standing.fellows)
    proposer.tick(nowMs)
    this.#parts.force.tick(nowMs)
    this.#parts.handoff.tick(nowMs)
    // Before the triggers: who has nobody left to leave to makes no view of its own on the way out.
    this.#parts.leaving.tick(nowMs)
    if (this.#mayAct()) triggers.consider(nowMs)
    this.#parts.orders.tick(nowMs)
    this.#parts.stream.tick(nowMs)
    this.#parts.forwards.tick(nowMs)
    this.#parts.lookups.tick(nowMs)
    this.#parts.mirror.tick(nowMs)
    this.#parts.wallTrust.tick(nowMs)
    this.#parts.expiry.tick(nowMs)
    this.#parts.purge.tick(nowMs)
    this.#parts.recovery.tick(nowMs)
    this.#parts.audit.tick(nowMs)
    this.#parts.merge.tick(nowMs)
    this.#grow(nowMs)
  }

  /** Who stops proposes nothing, except what follows from its being the primary. */
  #mayAct(): boolean {
    const { self, standing } = this.#parts
    if (self.phase !== 'leaving') return true
    if (this.#parts.leaving.isOver) return false
    const { view, mastership } = standing
    return view !== undefined && primaryOf(view) === mastership
  }

  /** One node too many serves nobody: nobody could tell it what changed. */
  #refuseOutside(event: Extract<Event, { kind: 'write' | 'read' }>): boolean {
    const reason = whyOutside(this.#parts)
    if (reason === undefined) return false
    const kind = event.kind === 'write' ? 'refused' : 'unreachable'
    this.#out.finish(event.ticket, { kind, reason })
    return true
  }

  /** One that is given because there is no primary is no business of the primary's. */
  #order({ ticket, order }: Extract<Event, { kind: 'order' }>, nowMs: number): void {
    const { force, orders } = this.#parts
    if (order.kind === 'force') force.take((outcome) => this.#out.finish(ticket, outcome), nowMs)
    else orders.take(ticket, order, nowMs)
  }

  #start(nowMs: number): void {
    this.#startedMs = nowMs
    this.#pace.start(nowMs)
    this.#parts.proposer.holdUntil(nowMs + LISTEN_MS)
    this.#parts.triggers.forgive(nowMs)
  }

  /** Late timers fire before late packets are read: distrust our own view of the others first. */
  #stalled(lagMs: number, nowMs: number): void {
    const { proposer, members, triggers } = this.#parts
    this.#out.log('warn', 'stalled', { lagMs: Math.round(lagMs) })
    proposer.abort('stalled', nowMs)
    proposer.holdUntil(nowMs + STALL_MS)
    members.forgive(lagMs, nowMs)
    triggers.forgive(nowMs)
  }

  /** joining -> member, and ready once. */
  #grow(nowMs: number): void {
    const { self, standing, triggers } = this.#parts
    const isListed = inRoster(standing.route, self.id)
    const acts = standing.isActive || triggers.hearsPrimary()
    if (self.phase === 'joining') {
      const hasListened = nowMs - (this.#startedMs ?? nowMs) >= LISTEN_MS
      if (hasListened || (isListed && acts)) self.phase = 'member'
    }
    const mastership = standing.mastership
    if (isListed && acts && (mastership === undefined || mastership.inSync)) this.#wasReady = true
  }

  #datagram(event: Extract<Event, { kind: 'datagram' }>, nowMs: number): void {
    const { self, serving, lookups, members, leases } = this.#parts
    const { sender, datagram, from } = event
    if (sender.id === self.id) {
      return this.#ownId.heard({ sender, datagram }, nowMs)
    }
    if (!self.follow(sender.clock, nowMs)) this.#out.log('debug', 'clock-ahead', { id: sender.id })
    switch (datagram.kind) {
      case 'beat':
        return this.#beat(sender, { beat: datagram, way: event.way }, nowMs)
      case 'query':
        return serving.answerQuery(from, datagram, nowMs)
      case 'answer':
        return lookups.answered(from, datagram, nowMs)
      case 'absent':
        return lookups.absent(sender, datagram, nowMs)
      case 'goodbye':
        members.left(sender.id, sender.incarnation)
        return leases.forget(sender.id)
      case 'invalidation':
        return this.#parts.coherence.invalidated(datagram, nowMs)
      default:
        unreachable(datagram)
    }
  }

  #beat(sender: Sender, heard: { beat: Beat; way: Way }, nowMs: number): void {
    const { members, candidates, leases, standing, follower, coherence } = this.#parts
    const { beat } = heard
    if (!saysTheSame(members.get(sender.id)?.beat, beat)) this.#pace.hurry(nowMs)
    if (!members.heard(sender, heard, nowMs)) return
    const member = members.get(sender.id)
    if (member !== undefined && candidates.isForeign(member)) return
    leases.heard(sender, beat)
    if (!beat.isActive) return
    if (compareBallots(beat.ballot, ballotOf(standing.route)) > 0) this.#askForView(beat.address)
    coherence.heard(beat, nowMs)
    const isMine = standing.view !== undefined && primaryOf(standing.view).id === sender.id
    if (isMine && beat.master !== undefined) {
      follower.committed(beat.ballot, beat.master.committed.seq)
    }
  }

  /** Somebody acts as primary of a view that this node does not know. */
  #askForView(address: Address): void {
    if (this.#isAskingForView) return
    this.#isAskingForView = true
    this.#out.call(
      address,
      { kind: 'view' },
      {
        timeoutMs: VIEW_CALL_WAIT_MS,
        onAnswer: (answer, nowMs) => {
          this.#isAskingForView = false
          if (answer.kind !== 'response' || answer.response.kind !== 'view') return
          const { view } = answer.response
          if (view === undefined) return
          if (this.#parts.standing.isForgottenBy(view)) this.#stopForgotten()
          else this.#parts.standing.adopt(view, nowMs)
        },
      },
    )
  }

  #stopForgotten(): void {
    this.#out.stop(
      'this cluster has forgotten this node, which holds writes that the cluster does not have: ' +
        'move its data directory away and start it with an empty one',
    )
  }

  #viewChanged(view: View, nowMs: number): void {
    const { synced, follower, stream, merge, self, standing, remembered } = this.#parts
    const { commits, beats, beginnings, members } = this.#parts
    members.list(view.roster)
    synced.start(view.ballot)
    // What this node remembers may belong to writes that the mirror is about to roll back.
    const isSyncing = standing.mastership?.inSync === false
    if (isSyncing && this.#rules.syncingForgets) remembered.clear()
    follower.follow(view)
    // Its copies would never be asked again, and take their room for nothing.
    if (standing.mastership?.inSync === true) this.#out.dropAll()
    if (standing.mastership === undefined) commits.clear()
    else commits.enter(view.start)
    // Our own proposal keeps what is under way; it goes out again once the view is active.
    merge.viewChanged(view)
    beginnings.follow(view, standing.state.owed)
    if (primaryOf(view).id === self.id) {
      // Its own stream goes on, or it begins another and drops what was under way.
      if (!stream.isOwn(view.start.stream)) merge.dropped()
      stream.enter(view.start, nowMs)
    } else {
      this.#dropStream(nowMs)
      this.#parts.acceptor.logAccepted(view)
    }
    beats.hurry()
  }

  #dropStream(nowMs: number): void {
    this.#parts.merge.dropped()
    this.#parts.stream.drop(nowMs)
  }

  #activated(view: View, nowMs: number): void {
    const { stream, proposer, beats } = this.#parts
    stream.start(view, nowMs)
    proposer.holdUntil(nowMs + PROPOSAL_PAUSE_MS.from)
    beats.hurry()
  }

  /** A verdict about somebody, or a new view, is acted upon at once and not at the next tick. */
  #considerVerdicts(nowMs: number): void {
    const { members, triggers, beats, leaving } = this.#parts
    if (this.#startedMs === undefined) return
    if (members.changes !== this.#changesSeen) {
      this.#changesSeen = members.changes
      leaving.tick(nowMs)
      if (this.#mayAct()) triggers.consider(nowMs)
    }
    beats.sendIfDue(nowMs)
  }
}
