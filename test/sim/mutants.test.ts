// Every rule of the core is taken away once, and some scenario must notice.
// A rule that no run misses is named here with the reason, and with the test that guards it.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ALL_RULES } from '../../src/core/rules.ts'
import { Pool } from './pool.ts'

type RuleName = keyof typeof ALL_RULES

/** Seeds that a scenario may take to notice. Most need one. */
const SEEDS_MAX = 40

/** Where the loss of a rule is noticed, and as the breach of which invariant. */
const KILLS: readonly (readonly [RuleName, string, string])[] = [
  ['acknowledgeAfterEveryMaster', 'part3', 'I3'],
  ['acknowledgeAfterOwnFlush', 'part3', 'I3'],
  ['sendTailAgain', 'part3', 'I3'],
  ['mirrorYieldsToStream', 'accept3', 'I3'],
  ['promiseIsDurable', 'part3', 'I1'],
  ['promiseFreezes', 'part3', 'I4'],
  ['strongReadAsksMasters', 'part3', 'I5'],
  ['newMasterIsSyncing', 'part3', 'I7'],
  ['onlyHolderProposes', 'accept3', 'I7'],
  ['votersPromise', 'maj3', 'I10'],
  ['votersAccept', 'majaccept5', 'I10'],
  ['witnessIsNoMaster', 'witness3', 'I8'],
  ['onlyMastersSayAbsent', 'part3', 'I8'],
  ['viewNeedsMostOfHeard', 'birth5', 'I10'],
  ['vetoProtectsPrimary', 'oneear3', 'G2'],
  ['proposeAgainWhenFenced', 'stall3', 'I12'],
  ['hungMasterIsReplaced', 'hung4', 'G2'],
  ['mirrorRemovesSurplus', 'part3', 'I13'],
  ['carryInSyncOnlyFromOwnView', 'stall3', 'I13'],
  ['applyOnce', 'part3', 'doubled'],
  ['noDirtyReads', 'comeback3', 'doubled'],
  ['primaryNeedsLease', 'comeback3', 'stale'],
  ['copyNeedsProof', 'copies5', 'stale'],
  ['proofIsTheEcho', 'latebeat3', 'stale'],
  ['proofNeedsNoGap', 'copies5', 'stale'],
  ['noLateFills', 'copies5', 'stale'],
  ['followOnlyKnownStreams', 'lastwords4', 'stale'],
]

/** The state of nodes breaks first; looking away from it shows what clients would see of it. */
const STATE: readonly string[] = ['I1', 'I3', 'I4', 'I5', 'I7', 'I8', 'I10', 'I12', 'I13']

const SEEN_BY_CLIENTS: readonly (readonly [RuleName, string, string])[] = [
  ['acknowledgeAfterEveryMaster', 'part3', 'lost'],
  ['newMasterIsSyncing', 'part3', 'lost'],
  ['viewNeedsMostOfHeard', 'birth5', 'lost'],
  ['onlyHolderProposes', 'part3', 'lost'],
  ['promiseIsDurable', 'part3', 'I9'],
]

/** Rules whose loss no run notices: another rule stands behind each. Unit tests guard them. */
const REDUNDANT: Readonly<Partial<Record<RuleName, string>>> = {
  forgottenStaysOut:
    'what a forgotten node would bring back are deletes that were removed meanwhile; its vouching for ' +
    'nothing is covered by choose.ts, and forgotten.test.ts guards the rule',
  bothVoterListsAgree:
    'the list changes by one node at a time, and only from an active view: any majority of one ' +
    'list meets any majority of the other (quorum.test.ts goes through all of them)',
  leaverAcceptsFirst:
    'a leaving node waits until it has accepted the view without it, and learns it from the next ' +
    'heartbeat; the rule is for one that crashes in between, and must then stay in the roster',
  acknowledgeOnlyWithMinCopies:
    'a view with fewer masters than copies needed is never chosen (choose.ts); kept for the day ' +
    'when an operator can shrink a view',
  stallRule:
    'a verdict needs two failed pings, and the packets that waited are read before the second; ' +
    'the rule only saves needless proposals',
  neverAdoptBelowPromise:
    'a view adopted below the promise leaves the node frozen, and a frozen node serves nobody',
  replicateInOrder:
    'one call at a time goes to each master, and every view names where its stream begins',
  forgetRolledBack:
    'what a node remembers is dropped when it becomes syncing, and mirrored from the primary',
  forwardNamesView:
    'a late forward finds the write remembered; only a memory older than 60 s would miss it',
}

const pool = new Pool()
after(() => pool.stop())

void test('every rule has a mutant that is killed, or a reason', () => {
  const named = [...KILLS.map(([rule]) => rule), ...Object.keys(REDUNDANT)]
  assert.deepEqual(named.toSorted(), Object.keys(ALL_RULES).toSorted())
})

for (const [mutant, scenario, invariant] of KILLS) {
  void test(`without ${mutant}, ${scenario} breaks ${invariant}`, async (t) => {
    const batch = { scenario, firstSeed: 1, seeds: SEEDS_MAX, mutant, blindTo: [] }
    const report = await pool.run({ ...batch, untilBroken: true })
    const broken = report.broken[0]
    assert.ok(broken !== undefined, `survived ${SEEDS_MAX} seeds of ${scenario}`)
    t.diagnostic(`killed by seed ${broken.seed}: ${broken.rules.join(', ')}`)
    assert.ok(broken.rules.includes(invariant), `${broken.rules.join(', ')}: ${broken.first}`)
  })
}

for (const [mutant, scenario, invariant] of SEEN_BY_CLIENTS) {
  void test(`without ${mutant}, ${scenario} comes to ${invariant} in the end`, async (t) => {
    const batch = { scenario, firstSeed: 1, seeds: SEEDS_MAX, mutant, blindTo: STATE }
    const report = await pool.run({ ...batch, untilBroken: false })
    const seeds = report.broken.filter((it) => it.rules.includes(invariant)).map((it) => it.seed)
    t.diagnostic(`seen by ${seeds.length} of ${SEEDS_MAX} seeds`)
    assert.notEqual(seeds.length, 0)
  })
}
