// One node's decisions, put together: routes each event to the machine it concerns.
// Decides nothing itself, and touches nothing but the outbox.
import { Acceptor } from './acceptor.ts'
import { unreachable } from './assert.ts'
import { Beats } from './beats.ts'
import { Candidates } from './candidates.ts'
import { Follower } from './follower.ts'
import { Forwards } from './forwards.ts'
import { Leases } from './leases.ts'
import {
  BEAT_EVERY_MS,
  LISTEN_MS,
  PROPOSAL_PAUSE_MS,
  STALL_MS,
  TICK_EVERY_MS,
  VIEW_CALL_WAIT_MS,
} from './limits.ts'
import { Lookups } from './lookups.ts'
import { Members } from './members.ts'
import type { Beat, Datagram, NodeRequest, Sender } from './messages.ts'
import { Mirror, MirrorSource } from './mirror.ts'
import { Outbox } from './outbox.ts'
import type { CopyReader, EntryReader, Random } from './ports.ts'
import { Proposer } from './proposer.ts'
import { Remembered } from './remembered.ts'
import { type ReportParts, reportStatus, whyNoPrimary } from './report.ts'
import type { Rules } from './rules.ts'
import { Self } from './self.ts'
import { Serving } from './serving.ts'
import type { ClusterSettings, Identity } from './settings.ts'
import { Standing } from './standing.ts'
import type { ClusterStatus } from './status.ts'
import type { Effect, Event } from './step.ts'
import { Stream } from './stream.ts'
import { Triggers } from './triggers.ts'
import type { Address, Copy, NodeId, View } from './types.ts'
import { ballotOf, compareBallots, inRoster, primaryOf, sameBallot } from './view.ts'
import { Writes } from './writes.ts'

export interface CorePorts {
  readonly store: EntryReader
  readonly copies: CopyReader
  readonly random: Random
}

export interface CoreOptions {
  readonly identity: Identity
  readonly settings: ClusterSettings
  /** Hash of the cluster settings; nodes with another one cannot become master here. */
  readonly fingerprint: number
  readonly rules: Rules
}

/** The whole core of one node. Driven by `step`; everything else only looks. */
export class NodeCore {
  readonly #out = new Outbox()
  readonly #self: Self
  readonly #standing: Standing
  readonly #members: Members
  readonly #leases: Leases
  readonly #beats: Beats
  readonly #acceptor: Acceptor
  readonly #proposer: Proposer
  readonly #triggers: Triggers
  readonly #stream: Stream
  readonly #follower: Follower
  readonly #writes: Writes
  readonly #forwards: Forwards
  readonly #serving: Serving
  readonly #lookups: Lookups
  readonly #mirror: Mirror
  readonly #mirrorSource: MirrorSource
  readonly #report: ReportParts
  readonly #rules: Rules
  /** Masters that finished mirroring, as `<ballot>:<node>`; only those of the present view. */
  readonly #synced = new Set<string>()
  #startedMs: number | undefined
  #lastTickMs = 0
  #changesSeen = 0
  #isAskingForView = false
  #wasReady = false

  constructor(ports: CorePorts, options: CoreOptions) {
    const { settings, fingerprint, rules, identity } = options
    const { store, copies, random } = ports
    const out = this.#out
    this.#rules = rules
    const self = new Self(identity, store.highestVersion)
    this.#self = self
    const standing = new Standing(out, {
      self,
      state: identity.state,
      rules,
      listener: {
        viewChanged: (view, nowMs) => this.#viewChanged(view, nowMs),
        activated: (view, nowMs) => this.#activated(view, nowMs),
      },
    })
    this.#standing = standing
    const members = new Members(out, self)
    this.#members = members
    const leases = new Leases(self, standing)
    this.#leases = leases
    const candidates = new Candidates({ self, members, standing, store }, { settings, fingerprint })
    const hasSynced = (ballot: View['ballot'], id: NodeId) =>
      this.#synced.has(`${ballot.epoch}.${ballot.proposer}:${id}`)
    const acceptor = new Acceptor(out, { self, standing, members, store, rules })
    this.#acceptor = acceptor
    const stream = new Stream(out, { self, standing, members }, { settings, rules })
    this.#stream = stream
    const proposer = new Proposer(
      out,
      {
        self,
        standing,
        members,
        acceptor,
        candidates,
        leases,
        random,
        committedSeq: () => stream.committedSeq,
        hasSynced,
      },
      { settings, rules },
    )
    this.#proposer = proposer
    this.#triggers = new Triggers(
      out,
      { self, standing, members, candidates, proposer, hasSynced },
      { rules, nowMs: 0 },
    )
    const remembered = new Remembered()
    const follower = new Follower(out, { self, standing, store, remembered }, rules)
    this.#follower = follower
    const writes = new Writes({ self, standing, stream, store, remembered }, { settings, rules })
    this.#writes = writes
    const serving = new Serving(
      out,
      { self, standing, members, leases, stream, follower, store, copies },
      rules,
    )
    this.#serving = serving
    const why = () => whyNoPrimary(this.#report)
    this.#lookups = new Lookups(
      out,
      { self, standing, members, serving, stream, store, copies, random, whyNoPrimary: why },
      rules,
    )
    this.#forwards = new Forwards(out, {
      self,
      standing,
      members,
      writes,
      whyNoPrimary: why,
      onApplied: (key, version) => {
        out.drop(key)
        this.#lookups.wrote(key, version)
      },
    })
    this.#mirror = new Mirror(out, { self, standing, members, store }, rules)
    this.#mirrorSource = new MirrorSource(out, { self, standing, store })
    this.#beats = new Beats(
      out,
      { self, standing, members, leases, serving, store },
      { settings, fingerprint },
    )
    this.#report = {
      self,
      standing,
      members,
      candidates,
      leases,
      serving,
      proposer,
      store,
      settings,
      fingerprint,
    }
    if (standing.view !== undefined) follower.follow(standing.view)
  }

  /** Takes one event at this moment of the node's monotonic clock; returns what should happen. */
  step(event: Event, nowMs: number): readonly Effect[] {
    switch (event.kind) {
      case 'tick':
        this.#tick(event.wallMs, nowMs)
        break
      case 'datagram':
        this.#datagram(event, nowMs)
        break
      case 'request':
        this.#self.follow(event.sender.clock, nowMs)
        this.#request(event.sender, event.request, event.ticket, nowMs)
        break
      case 'answer':
        if (event.answer.kind === 'response') this.#self.follow(event.answer.sender.clock, nowMs)
        this.#out.answered(event.ticket, event.answer, nowMs)
        break
      case 'stored':
        this.#out.stored(event.ticket, nowMs)
        break
      case 'woken':
        this.#out.woken(event.ticket, nowMs)
        break
      case 'write':
        this.#forwards.write(event.ticket, event.command, nowMs)
        break
      case 'read':
        this.#lookups.read(event.ticket, event.query, nowMs)
        break
      case 'leave':
        this.#self.phase = 'leaving'
        this.#out.send('everyone', { kind: 'goodbye', reason: event.reason })
        break
      default:
        return unreachable(event)
    }
    this.#considerVerdicts(nowMs)
    return this.#out.take()
  }

  /** May the stored entry of this key, or its absence, be answered from the store right now? */
  mayServe(key: string, nowMs: number): boolean {
    return this.#serving.mayServe(key, nowMs)
  }

  /** Age of the proof behind an answer from the store. Unit: ms. */
  storeAgeMs(nowMs: number): number {
    return this.#serving.masterAgeMs(nowMs)
  }

  /** May this copy be answered right now? */
  mayServeCopy(copy: Copy, nowMs: number): boolean {
    return this.#serving.mayServeCopy(copy, nowMs)
  }

  status(nowMs: number): ClusterStatus {
    return reportStatus(this.#report, nowMs)
  }

  /** Once this node was in an active view with its own part synced. Stays so while others fail. */
  isReady(): boolean {
    return this.#wasReady && this.#self.phase !== 'leaving'
  }

  /** In-sync masters as far as this node knows. */
  copiesOf(): number {
    const view = this.#standing.route
    return view?.groups[0]?.masters.filter((m) => m.inSync).length ?? 0
  }

  sender(): Sender {
    return this.#self.sender()
  }

  /** Sizes of everything that grows with load, for the bounds that tests check. */
  load(): Readonly<Record<string, number>> {
    return {
      forwards: this.#forwards.count,
      lookups: this.#lookups.count,
      stream: this.#stream.pendingCount,
      uncommitted: this.#follower.uncommittedCount,
      open: this.#out.openCount,
    }
  }

  #tick(wallMs: number, nowMs: number): void {
    this.#self.setWall(wallMs, nowMs)
    if (this.#startedMs === undefined) this.#start(nowMs)
    const lagMs = Math.max(0, nowMs - this.#lastTickMs - TICK_EVERY_MS)
    this.#lastTickMs = nowMs
    this.#mirrorSource.lagged(lagMs)
    if (lagMs > STALL_MS && this.#rules.stallRule) this.#stalled(lagMs, nowMs)
    this.#beats.tick(lagMs, nowMs)
    this.#members.tick(nowMs)
    this.#proposer.tick(nowMs)
    if (this.#self.phase !== 'leaving') this.#triggers.consider(nowMs)
    this.#stream.tick(nowMs)
    this.#forwards.tick(nowMs)
    this.#lookups.tick(nowMs)
    this.#mirror.tick(nowMs)
    this.#grow(nowMs)
  }

  #start(nowMs: number): void {
    this.#startedMs = nowMs
    this.#lastTickMs = nowMs - TICK_EVERY_MS
    this.#proposer.holdUntil(nowMs + LISTEN_MS)
    this.#triggers.forgive(nowMs)
  }

  /** Late timers fire before late packets are read: distrust our own view of the others first. */
  #stalled(lagMs: number, nowMs: number): void {
    this.#out.log('warn', 'stalled', { lagMs: Math.round(lagMs) })
    this.#proposer.abort('stalled', nowMs)
    this.#proposer.holdUntil(nowMs + 3 * BEAT_EVERY_MS)
    this.#members.forgive(lagMs, nowMs)
    this.#triggers.forgive(nowMs)
  }

  /** joining -> member, and ready once. */
  #grow(nowMs: number): void {
    const view = this.#standing.route
    const isListed = inRoster(view, this.#self.id)
    const acts = this.#standing.isActive || this.#triggers.hearsPrimary()
    if (this.#self.phase === 'joining') {
      const hasListened = nowMs - (this.#startedMs ?? nowMs) >= LISTEN_MS
      if (hasListened || (isListed && acts)) this.#self.phase = 'member'
    }
    const mastership = this.#standing.mastership
    if (isListed && acts && (mastership === undefined || mastership.inSync)) this.#wasReady = true
  }

  #datagram(event: Extract<Event, { kind: 'datagram' }>, nowMs: number): void {
    const { sender, datagram, from } = event
    if (sender.id === this.#self.id) {
      this.#heardOwnId(sender, datagram)
      return
    }
    if (!this.#self.follow(sender.clock, nowMs)) {
      this.#out.log('debug', 'clock-ahead', { id: sender.id })
    }
    switch (datagram.kind) {
      case 'beat':
        this.#beat(sender, datagram, nowMs)
        return
      case 'query':
        this.#serving.answerQuery(from, datagram, nowMs)
        return
      case 'answer':
        this.#lookups.answered(from, datagram, nowMs)
        return
      case 'absent':
        this.#lookups.absent(sender, datagram, nowMs)
        return
      case 'goodbye':
        this.#members.left(sender.id, sender.incarnation)
        this.#leases.forget(sender.id)
        return
      case 'invalidation':
        // Copies live by their time of proof only; the stream of invalidations is not followed yet.
        return
      default:
        unreachable(datagram)
    }
  }

  /** Our own id from another address: a copied data directory. The one that is joining gives way. */
  #heardOwnId(sender: Sender, datagram: Datagram): void {
    if (datagram.kind !== 'beat' || datagram.address === this.#self.address) return
    this.#out.log('error', 'id-used-twice', { id: sender.id, address: datagram.address })
    if (this.#self.phase !== 'joining') return
    this.#out.stop(
      `the node at ${datagram.address} has the same id ${sender.id}: this data directory is a copy ` +
        'of its; start with an empty one',
    )
  }

  #beat(sender: Sender, beat: Beat, nowMs: number): void {
    if (!this.#members.heard(sender, beat, nowMs)) return
    this.#leases.heard(sender, beat)
    if (!beat.isActive) return
    const route = this.#standing.route
    if (compareBallots(beat.ballot, ballotOf(route)) > 0) this.#askForView(beat.address, nowMs)
    const isMine =
      this.#standing.view !== undefined && primaryOf(this.#standing.view).id === sender.id
    if (isMine && beat.master !== undefined) {
      this.#follower.committed(beat.ballot, beat.master.committed.seq)
    }
  }

  #askForView(address: Address, _nowMs: number): void {
    if (this.#isAskingForView) return
    this.#isAskingForView = true
    this.#out.call(
      address,
      { kind: 'view' },
      {
        timeoutMs: VIEW_CALL_WAIT_MS,
        then: (answer, nowMs) => {
          this.#isAskingForView = false
          if (answer.kind !== 'response' || answer.response.kind !== 'view') return
          if (answer.response.view !== undefined) this.#standing.adopt(answer.response.view, nowMs)
        },
      },
    )
  }

  #request(sender: Sender, request: NodeRequest, ticket: number, nowMs: number): void {
    const out = this.#out
    switch (request.kind) {
      case 'ping': {
        const { id, incarnation } = this.#self
        if (!request.hearsYou) this.#members.isNotHeardBy(sender.id)
        out.respond(ticket, { kind: 'pong', nonce: request.nonce, id, incarnation })
        return
      }
      case 'prepare':
        this.#acceptor.prepare(sender, request, ticket, nowMs)
        return
      case 'accept':
        this.#acceptor.accept(request.view, ticket, nowMs)
        return
      case 'commit':
        this.#standing.adopt(request.view, nowMs)
        out.respond(ticket, { kind: 'noted' })
        return
      case 'nudge':
        this.#standing.sawEpoch(request.epoch)
        if (request.suspect === undefined) this.#triggers.nudged()
        else this.#members.suspect(request.suspect, nowMs)
        out.respond(ticket, { kind: 'noted' })
        return
      case 'view': {
        const view = this.#standing.isActive ? this.#standing.view : undefined
        out.respond(ticket, { kind: 'view', view })
        return
      }
      case 'write':
        this.#write(request, ticket, nowMs)
        return
      case 'replicate':
        this.#follower.replicate(request, ticket, nowMs)
        return
      case 'barrier':
        this.#barrier(request, ticket)
        return
      case 'read':
        this.#serving.read(request, ticket, nowMs)
        return
      case 'digest':
        this.#mirrorSource.digest(request.ballot, ticket)
        return
      case 'page':
        this.#mirrorSource.page(request, ticket, nowMs)
        return
      case 'fetch':
        this.#mirrorSource.fetch(request, ticket, nowMs)
        return
      case 'synced': {
        const { ballot } = request
        if (sameBallot(ballot, ballotOf(this.#standing.view))) {
          this.#synced.add(`${ballot.epoch}.${ballot.proposer}:${sender.id}`)
        }
        out.respond(ticket, { kind: 'noted' })
        return
      }
      default:
        unreachable(request)
    }
  }

  /** A write from another node. It names the view it was sent by: a late one finds another. */
  #write(request: Extract<NodeRequest, { kind: 'write' }>, ticket: number, nowMs: number): void {
    const view = this.#standing.view
    const isMine = view !== undefined && sameBallot(view.ballot, request.ballot)
    if (!isMine && this.#rules.forwardNamesView) {
      this.#respondFenced(ticket)
      return
    }
    this.#writes.submit(
      request.command,
      (outcome) => this.#out.respond(ticket, { kind: 'written', outcome }),
      nowMs,
    )
  }

  #barrier(request: Extract<NodeRequest, { kind: 'barrier' }>, ticket: number): void {
    const standing = this.#standing
    const isFrozen = standing.isFrozen && this.#rules.promiseFreezes
    const holds = !isFrozen && sameBallot(ballotOf(standing.view), request.ballot)
    if (holds && standing.mastership !== undefined) this.#out.respond(ticket, { kind: 'holds' })
    else this.#respondFenced(ticket)
  }

  #respondFenced(ticket: number): void {
    const { promised, view } = this.#standing
    this.#out.respond(ticket, { kind: 'fenced', promised, ballot: ballotOf(view) })
  }

  #viewChanged(view: View, nowMs: number): void {
    this.#synced.clear()
    this.#follower.follow(view)
    // Our own proposal keeps what is under way; it goes out again once the view is active.
    if (primaryOf(view).id !== this.#self.id) this.#stream.drop(nowMs)
    this.#beats.hurry()
  }

  #activated(view: View, nowMs: number): void {
    this.#stream.start(view, nowMs)
    this.#proposer.holdUntil(nowMs + PROPOSAL_PAUSE_MS.from)
    this.#beats.hurry()
  }

  /** A verdict about somebody, or a new view, is acted upon at once and not at the next tick. */
  #considerVerdicts(nowMs: number): void {
    if (this.#startedMs === undefined || this.#self.phase === 'leaving') return
    if (this.#members.changes !== this.#changesSeen) {
      this.#changesSeen = this.#members.changes
      this.#triggers.consider(nowMs)
    }
    this.#beats.sendIfDue(nowMs)
  }
}
