// Puts the machines of one node together: who works with whom. Decides nothing.
import { Acceptor } from './acceptor.ts'
import { Audit } from './audit.ts'
import { Beats } from './beats.ts'
import { Candidates } from './candidates.ts'
import { Expiry } from './expiry.ts'
import { Follower } from './follower.ts'
import { Forwards } from './forwards.ts'
import { Leases } from './leases.ts'
import { TOMBSTONE_TTL_MS } from './limits.ts'
import { Lookups } from './lookups.ts'
import { Members } from './members.ts'
import { Mirror } from './mirror.ts'
import { MirrorSource } from './mirror-source.ts'
import type { Outbox } from './outbox.ts'
import type { CopyReader, EntryReader, Random } from './ports.ts'
import { Proposer } from './proposer.ts'
import { Purge } from './purge.ts'
import { Remembered } from './remembered.ts'
import { whyNoPrimary } from './report.ts'
import { Recovery } from './recovery.ts'
import type { Rules } from './rules.ts'
import { Self } from './self.ts'
import { Serving } from './serving.ts'
import { Session } from './session.ts'
import type { ClusterSettings, Identity } from './settings.ts'
import { Standing, type StandingListener } from './standing.ts'
import { Stream } from './stream.ts'
import { SyncedMasters } from './synced-masters.ts'
import { Triggers } from './triggers.ts'
import { WallTrust } from './wall-trust.ts'
import { Writes } from './writes.ts'

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
  const { rules, settings } = setUp.options
  const views = createViewParts(out, ports, setUp)
  const { self, standing, members, leases, stream, proposer } = views
  const { store, copies, random } = ports
  const remembered = new Remembered()
  const follower = new Follower(out, { self, standing, store, remembered }, rules)
  const writes = new Writes(
    { self, standing, members, stream, store, remembered },
    { settings, rules },
  )
  const serving = new Serving(out, { ...views, follower, store, copies }, rules)
  const why = () => whyNoPrimary({ members, standing, proposer })
  const lookups = new Lookups(
    out,
    { self, standing, members, serving, store, copies, random, whyNoPrimary: why },
    rules,
  )
  const forwards = new Forwards(out, {
    self,
    standing,
    members,
    writes,
    whyNoPrimary: why,
    hearsPrimary: () => standing.isActive || views.triggers.hearsPrimary(),
    onApplied: (key, version) => {
      out.drop(key)
      lookups.wrote(key, version)
    },
  })
  const beats = new Beats(out, { self, standing, members, leases, serving, store }, setUp.options)
  const mirror = new Mirror(out, { self, standing, members, store, remembered, follower }, rules)
  const mirrorSource = new MirrorSource(out, { self, standing, store, remembered })
  const upkeep = createUpkeep(out, { ...views, store, follower }, setUp.options)
  const { fingerprint } = setUp.options
  const report = { ...views, ...upkeep, serving, store, settings, fingerprint }
  return {
    ...views,
    remembered,
    follower,
    writes,
    serving,
    lookups,
    forwards,
    beats,
    mirror,
    mirrorSource,
    ...upkeep,
    report,
  }
}

/** The machines that remove what is over, and that compare and mend masters. */
function createUpkeep(
  out: Outbox,
  among: Pick<ReturnType<typeof createViewParts>, 'self' | 'standing' | 'members' | 'stream'> & {
    store: EntryReader
    follower: Follower
  },
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
  const { identity, settings, fingerprint, rules } = setUp.options
  const self = new Self(identity, store.highestVersion)
  const { state } = identity
  const standing = new Standing(out, { self, state, rules, listener: setUp.listener })
  const members = new Members(out, self)
  const leases = new Leases(self, standing)
  const session = new Session({ self, standing }, rules)
  const synced = new SyncedMasters()
  const candidates = new Candidates({ self, members, standing, store }, { settings, fingerprint })
  const acceptor = new Acceptor(out, { self, standing, members, store, rules })
  const stream = new Stream(out, { self, standing, members }, { settings, rules })
  const proposer = new Proposer(
    out,
    { self, standing, members, acceptor, candidates, leases, random, stream, synced },
    { settings, rules },
  )
  const triggers = new Triggers(
    out,
    { self, standing, members, candidates, proposer, synced },
    rules,
  )
  return {
    self,
    standing,
    members,
    leases,
    session,
    synced,
    candidates,
    acceptor,
    stream,
    proposer,
    triggers,
  }
}
