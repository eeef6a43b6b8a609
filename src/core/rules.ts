// The rules of the protocol that a test may take away to prove that some test notices.
// Production never takes one away.

/** Each is true in production. docs/PROTOCOL.md explains every rule under the same name. */
export interface Rules {
  /** A write is acknowledged only after every master of the view has flushed it. */
  readonly acknowledgeAfterEveryMaster: boolean
  /** A write is acknowledged only after the primary's own disk has flushed it. */
  readonly acknowledgeAfterOwnFlush: boolean
  /** A write is acknowledged only while the view still has min-copies masters. */
  readonly acknowledgeOnlyWithMinCopies: boolean
  /** A promise freezes the node: no replication, barrier or client of an older ballot is served. */
  readonly promiseFreezes: boolean
  /** A promise or an acceptance is flushed before it is answered. */
  readonly promiseIsDurable: boolean
  /** A master that missed part of the history counts as syncing until it has mirrored. */
  readonly newMasterIsSyncing: boolean
  /** In-sync is carried over only by the primary of the base view. */
  readonly carryInSyncOnlyFromOwnView: boolean
  /** A witness never becomes a master. */
  readonly witnessIsNoMaster: boolean
  /** A view without a leaving node is active only once that node has accepted it. */
  readonly leaverAcceptsFirst: boolean
  /** A node that was forgotten, and holds what the cluster lacks, takes no part. */
  readonly forgottenStaysOut: boolean
  /** Nodes without a common version of the protocol take no part in each other's cluster. */
  readonly farReleasesStayOut: boolean
  /** Majority mode: a view needs the promises of more than half of the voters. */
  readonly votersPromise: boolean
  /** Majority mode: a view is active once more than half of the voters have accepted it. */
  readonly votersAccept: boolean
  /** Majority mode: a view that changes the voters needs both lists. */
  readonly bothVoterListsAgree: boolean
  /** Only an in-sync master of the base view may become primary. */
  readonly onlyHolderProposes: boolean
  /** A holder that restarted lets one that did not go first: its disk may have lost something. */
  readonly restartedDefers: boolean
  /** A view that its proposer never activated does not stand above one that acted. */
  readonly onlyActedViewsCount: boolean
  /** A primary acts only once it remembers durably that its view is active. */
  readonly actsOnlyRemembered: boolean
  /** A view needs the promises of more than half of the nodes that its proposer hears. */
  readonly viewNeedsMostOfHeard: boolean
  /** Available mode: more than half of the nodes heard accept a view before it is active. */
  readonly mostOfHeardAccept: boolean
  /** A live active primary protects itself and is protected by those who hear it. */
  readonly vetoProtectsPrimary: boolean
  /** A primary proposes again when a master promised a higher ballot, or another node for long. */
  readonly proposeAgainWhenFenced: boolean
  /** A master that leaves the stream unanswered is replaced, though its heartbeats go on. */
  readonly hungMasterIsReplaced: boolean
  /** Whom multicast does not reach gets heartbeats by unicast. */
  readonly unicastToDeaf: boolean
  /** Who hears badly learns from those it hears where the others are. */
  readonly deafAreIntroduced: boolean
  /** Who is in the roster and not there is looked for at its address. */
  readonly rosterIsSought: boolean
  /** A node that has promised to another one gives it time before it proposes itself. */
  readonly promiserYields: boolean
  /** A primary that lost a master and cannot replace it does not call itself active. */
  readonly strandedPrimarySaysSo: boolean
  /** After a stall a node distrusts its own timers before it distrusts others. */
  readonly stallRule: boolean
  /** A node never adopts a view below its promise. */
  readonly neverAdoptBelowPromise: boolean
  /** A new view sends the unacknowledged tail of the stream again. */
  readonly sendTailAgain: boolean
  /** Replication is applied in order, without gaps. */
  readonly replicateInOrder: boolean
  /** A retried write is applied once. */
  readonly applyOnce: boolean
  /** A retry that only the stored entry tells of is from then on remembered by every master. */
  readonly retriesAreRemembered: boolean
  /** A remembered write counts only while the stored entry is at least as new. */
  readonly forgetRolledBack: boolean
  /** A node that becomes syncing forgets the retried writes: its mirror may roll them back. */
  readonly syncingForgets: boolean
  /** A mirror has ended only once the stream has brought all that its pages may have shown. */
  readonly syncedAwaitsStream: boolean
  /** A record of the stream that comes again is not applied again. */
  readonly replicateOnce: boolean
  /** A forwarded write names its view; a primary of another view refuses it. */
  readonly forwardNamesView: boolean
  /** A forward names a heartbeat of its primary; a primary refuses it when that was long ago. */
  readonly forwardNamesHeartbeat: boolean
  /** A mirror never overwrites what the live stream of its view wrote. */
  readonly mirrorYieldsToStream: boolean
  /** A mirror stores nothing that the disk has no room for: a disk that overflows ends the node. */
  readonly mirrorHeedsRoom: boolean
  /** A syncing master that lacks room leaves the view, and is not chosen again while it does. */
  readonly tooSmallStandsDown: boolean
  /** A mirror also removes what its source does not have. */
  readonly mirrorRemovesSurplus: boolean
  /** An entry whose write is under way is not served. */
  readonly noDirtyReads: boolean
  /** "Absent" is said only by an in-sync master that holds its lease. */
  readonly onlyMastersSayAbsent: boolean
  /** A strong read asks every in-sync master whether the view still holds. */
  readonly strongReadAsksMasters: boolean
  /** A primary serves reads only while its masters were proven loyal a moment ago. */
  readonly primaryNeedsLease: boolean
  /** A copy is served only within its time of proof. */
  readonly copyNeedsProof: boolean
  /** The moment that a heartbeat proves is when the heartbeat that it echoes was sent. */
  readonly proofIsTheEcho: boolean
  /** A proof counts only once every commit before it is known; missing ones are asked for. */
  readonly proofNeedsNoGap: boolean
  /** An answer from before an invalidation of its key is not kept. */
  readonly noLateFills: boolean
  /** A new primary's stream is followed only from where it continues the one before. */
  readonly followOnlyKnownStreams: boolean
  /** Masters remove expired entries only as the stream says: as deletes of the primary. */
  readonly expiryThroughStream: boolean
  /** The delete of an expired entry is newer than that entry, and not than what was written later. */
  readonly expiryYieldsToWrites: boolean
  /** Tombstones go only while every known node is in this view and nobody owes a lineage. */
  readonly purgeOnlyWhenAllPresent: boolean
  /** A purge removes every version up to its own, not just that one. */
  readonly purgeRemovesOlder: boolean
  /** A read that names a version is answered only by what comes after that version's write. */
  readonly sessionReads: boolean
  /** Less than a read names is an answer only while nobody can be holding the write that it names. */
  readonly sessionNeedsAllHere: boolean
  /** An audit judges only once all that the primary had sent by then has been applied. */
  readonly auditAwaitsStream: boolean
  /** What another side of a split acknowledged is brought in before its history counts as known. */
  readonly mergeForks: boolean
  /** A node remembers durably what it holds and the cluster has not merged. */
  readonly debtsAreDurable: boolean
  /** What a syncing master holds of a view that the cluster went on without is owed as well. */
  readonly partsAreOwed: boolean
  /** Of a part only what came since the node began to sync is merged. */
  readonly partsLeaveOutOldEntries: boolean
  /** The part of a syncing master that was in sync in the view before is all that it stores. */
  readonly partsHaveWhatWasHeld: boolean
  /** Newer data whose holder was in sight a moment ago is waited for like what is reported. */
  readonly glimpsesCount: boolean
  /** Whoever holds what another side acknowledged belongs to the roster, and is missed while it is away. */
  readonly holdersAwayAreMembers: boolean
  /** A view is waited for when its syncing master cannot tell what came by the stream. */
  readonly brokenPartsAreWaitedFor: boolean
  /** What a lineage does not have says nothing about what others have. */
  readonly absenceIsNoDelete: boolean
  /** A merge only brings in versions higher than what is there. */
  readonly mergeTakesHigherOnly: boolean
  /** What a merge brings in goes to every master like any write. */
  readonly mergeThroughStream: boolean
  /** A proposal that brings two sides together is not vetoed. */
  readonly mergeViewsSkipVeto: boolean
  /** While a merge is due, reads and conditions ask the other side first. */
  readonly askOtherSide: boolean
  /** An answer counts only from a node that follows the same primary. */
  readonly answersFromOwnSide: boolean
  /** A master that owes data keeps what is newer than what the stream brings. */
  readonly owingMasterKeepsNewer: boolean
  /** Nothing is forced while somebody in sight holds what the cluster can go on with. */
  readonly forceRefusedWhileHolderKnown: boolean
  /** A forced view has in its history only itself: what the lost acknowledged is not known there. */
  readonly uncleanDoesNotClaimTheDead: boolean
  /** A forced view brings in what every node in sight has left. */
  readonly remainsAreMerged: boolean
  /** Before a forced view every node in sight writes its copies into its store. */
  readonly copiesAreSalvaged: boolean
}

export const ALL_RULES: Rules = {
  acknowledgeAfterEveryMaster: true,
  acknowledgeAfterOwnFlush: true,
  acknowledgeOnlyWithMinCopies: true,
  promiseFreezes: true,
  promiseIsDurable: true,
  newMasterIsSyncing: true,
  carryInSyncOnlyFromOwnView: true,
  witnessIsNoMaster: true,
  leaverAcceptsFirst: true,
  forgottenStaysOut: true,
  farReleasesStayOut: true,
  votersPromise: true,
  votersAccept: true,
  bothVoterListsAgree: true,
  onlyHolderProposes: true,
  restartedDefers: true,
  onlyActedViewsCount: true,
  actsOnlyRemembered: true,
  viewNeedsMostOfHeard: true,
  mostOfHeardAccept: true,
  vetoProtectsPrimary: true,
  proposeAgainWhenFenced: true,
  hungMasterIsReplaced: true,
  unicastToDeaf: true,
  deafAreIntroduced: true,
  rosterIsSought: true,
  promiserYields: true,
  strandedPrimarySaysSo: true,
  stallRule: true,
  neverAdoptBelowPromise: true,
  sendTailAgain: true,
  replicateInOrder: true,
  applyOnce: true,
  retriesAreRemembered: true,
  forgetRolledBack: true,
  syncingForgets: true,
  syncedAwaitsStream: true,
  replicateOnce: true,
  forwardNamesView: true,
  forwardNamesHeartbeat: true,
  mirrorYieldsToStream: true,
  mirrorHeedsRoom: true,
  tooSmallStandsDown: true,
  mirrorRemovesSurplus: true,
  noDirtyReads: true,
  onlyMastersSayAbsent: true,
  strongReadAsksMasters: true,
  primaryNeedsLease: true,
  copyNeedsProof: true,
  proofIsTheEcho: true,
  proofNeedsNoGap: true,
  noLateFills: true,
  followOnlyKnownStreams: true,
  expiryThroughStream: true,
  expiryYieldsToWrites: true,
  purgeOnlyWhenAllPresent: true,
  purgeRemovesOlder: true,
  sessionReads: true,
  sessionNeedsAllHere: true,
  auditAwaitsStream: true,
  mergeForks: true,
  debtsAreDurable: true,
  partsAreOwed: true,
  partsLeaveOutOldEntries: true,
  partsHaveWhatWasHeld: true,
  glimpsesCount: true,
  holdersAwayAreMembers: true,
  brokenPartsAreWaitedFor: true,
  absenceIsNoDelete: true,
  mergeTakesHigherOnly: true,
  mergeThroughStream: true,
  mergeViewsSkipVeto: true,
  askOtherSide: true,
  answersFromOwnSide: true,
  owingMasterKeepsNewer: true,
  forceRefusedWhileHolderKnown: true,
  uncleanDoesNotClaimTheDead: true,
  remainsAreMerged: true,
  copiesAreSalvaged: true,
}
