// Every rule of the core is taken away once, and some scenario must notice.
// A rule that no run misses is named here with the reason, and with the test that guards it.
import assert from 'node:assert/strict'
import { after, test, type TestContext } from 'node:test'
import { ALL_RULES } from '../../src/core/rules.ts'
import { Pool } from './pool.ts'

type RuleName = keyof typeof ALL_RULES

/**
 * Seeds that a scenario may take to notice. Most need one, the slowest up to forty; which one changes with
 * every change of the core.
 */
const SEEDS_MAX = 200

/** Where the loss of a rule is noticed, and as the breach of which invariant. */
const KILLS: readonly (readonly [RuleName, string, string])[] = [
  ['acknowledgeAfterEveryMaster', 'part3', 'I3'],
  ['acknowledgeAfterOwnFlush', 'part3', 'I3'],
  ['sendTailAgain', 'part3', 'I3'],
  ['mirrorYieldsToStream', 'accept3', 'I3'],
  ['acknowledgeOnlyWithMinCopies', 'lonely3', 'G3'],
  ['promiseIsDurable', 'part3', 'I1'],
  ['promiseFreezes', 'part3', 'I4'],
  ['strongReadAsksMasters', 'part3', 'I5'],
  ['newMasterIsSyncing', 'part3', 'I7'],
  ['onlyHolderProposes', 'accept3', 'I7'],
  ['votersPromise', 'maj3', 'I10'],
  ['votersAccept', 'majaccept5', 'I10'],
  ['witnessIsNoMaster', 'witness3', 'I8'],
  ['farReleasesStayOut', 'release4', 'release'],
  ['onlyMastersSayAbsent', 'part3', 'I8'],

  ['mostOfHeardAccept', 'founders5', 'I10'],
  ['actsOnlyRemembered', 'shortreign3', 'lost'],
  ['onlyActedViewsCount', 'wake2', 'I10'],
  ['stallRule', 'wake2', 'I10'],
  ['unicastToDeaf', 'unicast3', 'I12'],
  ['rosterIsSought', 'unicast3', 'I12'],
  ['deafAreIntroduced', 'hub4', 'I12'],
  ['vetoProtectsPrimary', 'oneear3', 'G2'],
  ['proposeAgainWhenFenced', 'stall3', 'I12'],
  ['hungMasterIsReplaced', 'hung4', 'G2'],
  ['strandedPrimarySaysSo', 'deaf4', 'G2'],
  ['promiserYields', 'deaf4', 'G2'],
  ['replicateOnce', 'calls3', 'I12'],
  ['mirrorRemovesSurplus', 'part3', 'I13'],
  ['mirrorHeedsRoom', 'small4', 'overflow'],
  ['tooSmallStandsDown', 'small4', 'I12'],
  ['carryInSyncOnlyFromOwnView', 'stall3', 'I13'],
  ['applyOnce', 'part3', 'doubled'],
  ['retriesAreRemembered', 'recalled3', 'doubled'],
  ['forwardNamesView', 'forgot3', 'doubled'],
  ['forwardNamesHeartbeat', 'minute3', 'doubled'],
  ['syncingForgets', 'comeback3', 'condition'],
  ['syncedAwaitsStream', 'unheard3', 'doubled'],
  ['noDirtyReads', 'comeback3', 'doubled'],
  ['primaryNeedsLease', 'comeback3', 'stale'],
  ['copyNeedsProof', 'copies5', 'stale'],
  ['proofIsTheEcho', 'latebeat3', 'stale'],
  ['proofNeedsNoGap', 'copies5', 'stale'],
  ['noLateFills', 'copies5', 'stale'],
  ['followOnlyKnownStreams', 'lastwords4', 'stale'],
  ['expiryThroughStream', 'ttl3', 'I7'],
  ['expiryYieldsToWrites', 'ttlhalves4', 'absent'],
  ['purgeOnlyWhenAllPresent', 'ttlsplit3', 'I14'],
  ['sessionReads', 'latebeat3', 'session'],
  ['sessionNeedsAllHere', 'part2', 'session'],
  ['mergeForks', 'part2', 'I7'],
  ['debtsAreDurable', 'part4', 'lost'],
  ['glimpsesCount', 'glimpse4', 'I10'],
  ['holdersAwayAreMembers', 'guest4', 'session'],
  ['partsAreOwed', 'lost3', 'lost'],
  ['partsLeaveOutOldEntries', 'loststale3', 'I14'],
  ['partsHaveWhatWasHeld', 'losttail3', 'lost'],
  ['absenceIsNoDelete', 'alone3', 'I5'],
  ['mergeTakesHigherOnly', 'part2', 'I7'],
  ['mergeThroughStream', 'part4', 'I7'],
  ['askOtherSide', 'slowmerge6', 'absent'],
  ['answersFromOwnSide', 'sight6', 'stale'],
  ['forceRefusedWhileHolderKnown', 'unforced4', 'I10'],
  ['uncleanDoesNotClaimTheDead', 'forced5', 'I7'],
  ['remainsAreMerged', 'forced5', 'forced'],
  ['copiesAreSalvaged', 'forced5', 'forced'],
]

/** The state of nodes breaks first; looking away from it shows what clients would see of it. */
const STATE: readonly string[] = ['I1', 'I3', 'I4', 'I5', 'I7', 'I8', 'I10', 'I12', 'I13']

const SEEN_BY_CLIENTS: readonly (readonly [RuleName, string, string])[] = [
  ['acknowledgeAfterEveryMaster', 'part3', 'lost'],
  ['newMasterIsSyncing', 'part3', 'lost'],
  ['onlyHolderProposes', 'part3', 'lost'],
  ['promiseIsDurable', 'part3', 'I9'],
  ['replicateOnce', 'calls3', 'stale'],
  ['mergeForks', 'part4', 'lost'],
]

/** Two rules that stand behind each other: only without both is anything noticed. */
const PAIRS: readonly (readonly [RuleName, RuleName, string, string])[] = [
  ['forgetRolledBack', 'syncingForgets', 'comeback3', 'I3'],
  ['viewNeedsMostOfHeard', 'mostOfHeardAccept', 'birth5', 'I10'],
]

/** Rules whose loss no run notices, with what was tried. Unit tests guard them. */
const REDUNDANT: Readonly<Partial<Record<RuleName, string>>> = {
  viewNeedsMostOfHeard:
    'only who has promised is asked to accept, and more than half must accept: the rule saves the ' +
    'second round of a proposal that cannot succeed; see PAIRS',
  forgottenStaysOut:
    'what a forgotten node would bring back are deletes that were removed meanwhile; its vouching for ' +
    'nothing is covered by choose.ts, and forgotten.test.ts guards the rule',
  restartedDefers:
    'a damaged master must be back before it is missed, and win a race against one that is not: seed 30000065 ' +
    'of damage3 broke I7 without it, one of 1,500; with disks so slow that it is common, giving way ' +
    'once is not enough either. choose.test.ts',
  bothVoterListsAgree:
    'the list changes by one node at a time, and only from an active view: any majority of one ' +
    'list meets any majority of the other (quorum.test.ts goes through all of them)',
  leaverAcceptsFirst:
    'a leaving node waits until it has accepted the view without it, and learns it from the next ' +
    'heartbeat; the rule is for one that crashes in between, and must then stay in the roster',
  neverAdoptBelowPromise:
    'a view adopted below the promise leaves the node frozen, and a frozen node serves nobody; ' +
    'it never replaces a newer view. Tried: commits lost and seconds late (accept3, calls3)',
  replicateInOrder:
    'one call at a time goes to each master, from the position it named, and every view names ' +
    'where its stream begins. Tried: batches doubled and seconds late (calls3), every tail sent again',
  forgetRolledBack:
    'what a node remembers is dropped when it becomes syncing, and mirrored from the primary: ' +
    'see PAIRS',
  purgeRemovesOlder:
    'in-sync masters hold what the primary holds, a syncing one gives up whatever did not come by ' +
    'the stream, and nothing is purged while anything is to be merged. Tried: ttlsplit3, ttlmirror3',
  auditAwaitsStream:
    'the primary leaves out what is under way; what it gives was acknowledged by every master, and ' +
    'so has been applied by the one that asks',
  mergeViewsSkipVeto:
    'a vetoed proposer stays frozen above the other primary, which then makes a view that takes it ' +
    'in (frozen.ts); the rule saves the two seconds until then',
  brokenPartsAreWaitedFor:
    'what the stream brings is stamped above all that its syncing master stored, but for the tail of ' +
    'the view before and for what a merge brings, and only where that master holds something newer ' +
    'from another side; the loss of the holder must follow. test/core/syncing-part.test.ts',
  owingMasterKeepsNewer:
    'a node that owes data becomes master only where no other can, and what the stream brings is ' +
    'older than what it holds only if a third history is merged there; test/core/merge.test.ts',
}

const pool = new Pool()
after(() => pool.stop())

void test('every rule has a mutant that is killed, or a reason', () => {
  const named = [...KILLS.map(([rule]) => rule), ...Object.keys(REDUNDANT)]
  assert.deepEqual(named.toSorted(), Object.keys(ALL_RULES).toSorted())
})

for (const [mutant, scenario, invariant] of KILLS) {
  void test(`without ${mutant}, ${scenario} breaks ${invariant}`, (t) =>
    isNoticed(t, { mutant, scenario, invariant, blindTo: [] }))
}

for (const [one, other, scenario, invariant] of PAIRS) {
  void test(`without ${one} and ${other}, ${scenario} breaks ${invariant}`, (t) =>
    isNoticed(t, { mutant: `${one}+${other}`, scenario, invariant, blindTo: [] }))
}

for (const [mutant, scenario, invariant] of SEEN_BY_CLIENTS) {
  void test(`without ${mutant}, ${scenario} comes to ${invariant} in the end`, (t) =>
    isNoticed(t, { mutant, scenario, invariant, blindTo: STATE }))
}

/** Some seed breaks this invariant. Says which, and how many broke anything on the way. */
async function isNoticed(
  t: TestContext,
  about: {
    mutant: string
    scenario: string
    invariant: string
    blindTo: readonly string[]
  },
): Promise<void> {
  const { mutant, scenario, invariant, blindTo } = about
  const report = await pool.run({
    scenario,
    firstSeed: 1,
    seeds: SEEDS_MAX,
    mutant,
    blindTo,
    untilBroken: invariant,
  })
  const { broken } = report
  const seen = broken.find((it) => it.rules.includes(invariant))
  const others = broken.map(({ seed, rules }) => `${seed}: ${rules.join(' ')}`).join(', ')
  assert.ok(seen !== undefined, `not among ${SEEDS_MAX} seeds of ${scenario}; broken: ${others}`)
  t.diagnostic(`seed ${seen.seed}: ${seen.rules.join(', ')}; ${broken.length} broken so far`)
}
