// Puts the machines of one node together: who works with whom. Decides nothing.
import { Acceptor } from './acceptor.ts'
import { Announcer } from './announcer.ts'
import { Audit } from './audit.ts'
import { Beginnings } from './beginnings.ts'
import { Beats } from './beats.ts'
import { Candidates } from './candidates.ts'
import { Coherence } from './coherence.ts'
import { CommitLog } from './commit-log.ts'
import { Expiry } from './expiry.ts'
import { Follower } from './follower.ts'
import { Forwards } from './forwards.ts'
import { Handoff } from './handoff.ts'
import { keyHash } from './key-hash.ts'
import { Leases } from './leases.ts'
import { Leaving } from './leaving.ts'
import { TOMBSTONE_TTL_MS } from './limits.ts'
import { Lookups } from './lookups.ts'
import { Force } from './force.ts'
import { Forks } from './forks.ts'
import { Frozen } from './frozen.ts'
import { Members } from './members.ts'
import { Merge } from './merge.ts'
import { MergeSource } from './merge-source.ts'
import { Mirror } from './mirror.ts'
import { MirrorSource } from './mirror-source.ts'
import { Orders } from './orders.ts'
import type { Outbox } from './outbox.ts'
import type { CopyReader, EntryReader, Random } from './ports.ts'
import { Proposer } from './proposer.ts'
import type { ProtocolRange } from './protocol-version.ts'
import { Purge } from './purge.ts'
import { Reach } from './reach.ts'
import { Remembered } from './remembered.ts'
import { whyNoPrimary } from './report.ts'
import { Recovery } from './recovery.ts'
import type { Rules } from './rules.ts'
import { Salvage } from './salvage.ts'
import { Room } from './room.ts'
import { Self } from './self.ts'
import { Serving } from './serving.ts'
import { Session } from './session.ts'
import type { ClusterSettings, Identity } from './settings.ts'
import { Standing, type StandingListener } from './standing.ts'
import { Stream } from './stream.ts'
import { SyncedMasters } from './synced-masters.ts'
import { Triggers } from './triggers.ts'
import { whyUnneeded } from './unneeded.ts'
import { inRoster } from './view.ts'
import { WallTrust } from './wall-trust.ts'
import { Wishes } from './wishes.ts'
import { Writes } from './writes.ts'
import { Yielding } from './yielding.ts'

/** What a node's core may look at outside itself. */
export interface CorePorts {
  readonly store: EntryReader
  readonly copies: CopyReader
  readonly random: Random
}

/** How a node's core is set up. */
export interface CoreOptions {
  readonly identity: Identity
  readonly settings: ClusterSettings
  /** Hash of the cluster settings; nodes with another one cannot become master here. */
  readonly fingerprint: number
  readonly rules: Rules
  /** For tests: what another build speaks. Undefined: what this one does. */
  readonly protocol?: ProtocolRange | undefined
  /** Shorter for tests. Undefined: TOMBSTONE_TTL_MS. Unit: ms. */
  readonly tombstoneTtlMs?: number | undefined
  /** Shorter for tests. Undefined: AUDIT_EVERY_MS. Unit: ms. */
  readonly auditEveryMs?: number | undefined
}

/** Everything that decides in one node. */
export type Parts = ReturnType<typeof createParts>

export function createParts(
  out: Outbox,
  ports: CorePorts,
  setUp: { options: CoreOptions; listener: StandingListener },
) {
  const { rules, settings, fingerprint } = setUp.options
  const views = createViewParts(out, ports, setUp)
  const { self, standing, members, leases, stream, merge, remembered, follower } = views
  const { announcer, beginnings, reach, room } = views
  const { store } = ports
  const writes = new Writes(
    { self, standing, members, stream, store, remembered, merge, handoff: views.handoff },
    { settings, rules },
  )
  const reads = createReadParts(out, ports, { views, rules })
  const { serving, coherence, lookups, whyNoPrimary } = reads
  const forwards = new Forwards(out, {
    self,
    standing,
    members,
    leases,
    writes,
    whyNoPrimary,
    hearsPrimary: () => standing.isActive || views.triggers.hearsPrimary(),
    onApplied: (key, version, nowMs) => {
      out.drop(keyHash(key))
      coherence.wrote(key, version, nowMs)
      lookups.wrote(key, version)
    },
  })
  const beats = new Beats(
    { self, standing, members, leases, serving, store, announcer, reach, room },
    setUp.options,
  )
  const mirror = new Mirror(
    out,
    { self, standing, members, store, remembered, follower, room },
    rules,
  )
  const mirrorSource = new MirrorSource(out, { self, standing, store, remembered })
  const upkeep = createUpkeep(out, { ...views, store }, setUp.options)
  const mergeSource = new MergeSource(out, { self, standing, store, beginnings }, rules)
  const report = { ...views, ...reads, ...upkeep, store, settings, fingerprint }
  const leaving = new Leaving(out, { ...views, settings })
  const force = createForce(out, { ...views, ...ports, settings }, rules)
  const orders = new Orders(out, { ...views, settings, whyNoPrimary })
  const sources = { mirrorSource, mergeSource }
  const more = { writes, forwards, beats, mirror, ...sources, leaving, orders, force, report }
  return { ...views, ...reads, ...upkeep, ...more }
}

/** The machines that go on when every holder is lost. */
function createForce(
  out: Outbox,
  among: ReturnType<typeof createViewParts> & CorePorts & { settings: ClusterSettings },
  rules: Rules,
): Force {
  const whyNot = (): string | undefined =>
    rules.forceRefusedWhileHolderKnown ? whyUnneeded(among) : undefined
  const salvage = new Salvage(out, { ...among, rules, whyNot })
  return new Force(out, { ...among, salvage }, rules)
}

/** The machines that answer reads. */
function createReadParts(
  out: Outbox,
  ports: CorePorts,
  around: { views: ReturnType<typeof createViewParts>; rules: Rules },
) {
  const { views, rules } = around
  const { self, standing, members, leases, stream, follower, proposer, session, merge, reach } =
    views
  const { store, copies, random } = ports
  const coherence = new Coherence(out, { standing, members, leases, copies }, rules)
  const serving = new Serving(
    out,
    { self, standing, members, leases, stream, follower, store, copies, coherence, session, merge },
    rules,
  )
  const why = () => whyNoPrimary({ members, standing, proposer })
  const lookups = new Lookups(
    out,
    {
      self,
      standing,
      members,
      reach,
      serving,
      store,
      copies,
      coherence,
      random,
      whyNoPrimary: why,
    },
    rules,
  )
  return { coherence, serving, lookups, whyNoPrimary: why }
}

/** The machines that remove what is over, and that compare and mend masters. */
function createUpkeep(
  out: Outbox,
  among: ReturnType<typeof createViewParts> & { store: EntryReader },
  options: CoreOptions,
) {
  const { rules, tombstoneTtlMs = TOMBSTONE_TTL_MS } = options
  const wallTrust = new WallTrust(among)
  const expiry = new Expiry(out, { ...among, wallTrust }, rules)
  const purge = new Purge({ ...among, wallTrust }, { rules, tombstoneTtlMs })
  const audit = new Audit(out, among, options)
  return { wallTrust, expiry, purge, audit, recovery: new Recovery(out, among) }
}

/** The machines that agree on views. */
function createViewParts(
  out: Outbox,
  ports: CorePorts,
  setUp: { options: CoreOptions; listener: StandingListener },
) {
  const { store, random } = ports
  const { listener, options } = setUp
  const { identity, settings, rules } = options
  const { state } = identity
  const isWitness = identity.isWitness && rules.witnessIsNoMaster
  const self = new Self({ ...identity, isWitness }, store.highestVersion)
  const standing = new Standing(out, { self, state, mode: settings.mode, store, rules, listener })
  const members = new Members(out, self, (id) => inRoster(standing.route, id))
  const reach = new Reach(out, { self, standing, members }, rules)
  const leases = new Leases(self, standing)
  const session = new Session({ self, standing, members }, rules)
  const candidates = new Candidates({ self, members, standing, store }, options)
  const commits = new CommitLog()
  const announcer = new Announcer(out, { standing, commits, reach })
  const stream = new Stream(out, { self, standing, members, announcer }, { settings, rules })
  const synced = new SyncedMasters(stream, rules)
  const isIdle = () => standing.isLeader && stream.pendingCount === 0
  const yielding = new Yielding(candidates, rules)
  const acceptor = new Acceptor(out, { self, standing, members, store, rules, yielding, isIdle })
  const handoff = new Handoff(out, { standing, members, stream })
  const wishes = new Wishes()
  const remembered = new Remembered()
  const room = new Room(store)
  const follower = new Follower(out, { self, standing, store, remembered, commits, room }, rules)
  const beginnings = new Beginnings()
  const merge = new Merge(out, { self, standing, members, stream, store, beginnings }, rules)
  const frozen = new Frozen({ members, candidates })
  const forks = new Forks(out, { standing, members, candidates })
  const around = { self, standing, members, candidates, synced, stream, merge, wishes }
  const proposer = new Proposer(
    out,
    { ...around, acceptor, leases, random, follower },
    { settings, rules },
  )
  const among = { ...around, proposer, forks, frozen, handoff, yielding, settings }
  return {
    ...around,
    reach,
    leases,
    session,
    acceptor,
    commits,
    announcer,
    remembered,
    follower,
    room,
    beginnings,
    handoff,
    proposer,
    triggers: new Triggers(out, among, rules),
  }
}
