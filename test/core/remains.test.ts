// A forced view: what it is made of, who has to accept it, and what every node owes to it from then on.
import t from 'tap'
import { isAccepted } from '../../src/core/acceptance.ts'
import { type ChooseInput, chooseView } from '../../src/core/choose.ts'
import { remainsName } from '../../src/core/remains.ts'
import { ALL_RULES } from '../../src/core/rules.ts'
import { partOfView } from '../../src/core/syncing-part.ts'
import type { View } from '../../src/core/types.ts'
import { VERSION_ZERO } from '../../src/core/version.ts'
import { onlyGroup } from '../../src/core/view.ts'
import { type Around, input, table } from './choose-words.ts'
import { Lab, type LabOptions } from './lab.ts'
import { A, ballot, C, D, node, state, version, view } from './words.ts'

const E = node('E')
const ORDER = { wish: { kind: 'force' }, me: 'C' } as const

const inSight = (name: string): string =>
  `refused: ${name} has data that the cluster can go on with by itself: wait for it, or stop it if it ` +
  'is not to be used, and look at /cluster for what else is missing'

table('a forced view begins anew, with everybody here and what each has left', [
  ['C@v2 D@v2', ORDER, 'C+ D- | CD merges what is left of D'],
  ['C@v2 D E@v1', ORDER, 'C+ D- | CDE merges what is left of D merges what is left of E'],
  ['C@v2', ORDER, 'C+ | C'],
  ['C@v2 d', ORDER, 'C+ | CD merges what is left of D'],
  // A part that was syncing is among what is left.
  ['C@v5* D1@v1', { ...ORDER, me: 'C' }, 'C+ D- | CD merges what is left of D'],
  ['C@v2 D@v2', { ...ORDER, rules: { remainsAreMerged: false } }, 'C+ D- | CD'],
  // Without the order they wait.
  [
    'C@v2 D@v2',
    { me: 'C' },
    'wait: the newest data is on 10.0.0.10:80 and 10.0.0.11:80, which cannot be reached: bring it ' +
      'back. Only if it is lost for good: POST /admin/force goes on with what the others have, and ' +
      'without what it alone had',
  ],
])

table('a forced view that was accepted is gone on with, and nobody waits for what was given up', [
  ['C@u7? D@v2', ORDER, 'C+ D- | CD'],
  ['C@u7? D@v2', { me: 'C' }, 'C+ D- | CD'],
])

table('it is refused while somebody here has what can be gone on with', [
  ['A@v2 C@v2', ORDER, inSight('10.0.0.10:80')],
  ['C@x5 D@v5', ORDER, inSight('10.0.0.12:80')],
  ['A@v2 C@w4 D@v5', { ...ORDER, mayLeave: true }, inSight('10.0.0.10:80')],
  ['C@v2 D!f1', ORDER, inSight('10.0.0.13:80')],
  [
    'A@v2 C@v2',
    { ...ORDER, rules: { forceRefusedWhileHolderKnown: false } },
    'C+ | AC merges what is left of A',
  ],
])

const STUCK = { ...ORDER, me: 'A', mayLeave: true } as const

table(
  'older data goes on where it would wait without end for newer, and brings in the broken part',
  [
    ['A@v1 C@v5/', STUCK, 'A+ | AC merges part of 5D of C'],
    [
      'A@v1 C@v5/',
      { ...STUCK, me: 'C' },
      'refused: give the order to 10.0.0.10:80, which has the newest data in sight',
    ],
    [
      'A@v1 C@v5/',
      { ...STUCK, heard: 3 },
      'wait: 2 of 3 nodes in sight have agreed on masters so far: try again',
    ],
    // Of this one all can be told: 10 s are enough.
    ['A@v1 C@v5*', STUCK, inSight('10.0.0.10:80')],
  ],
)

table('it waits for the promise of everybody in sight, and for the copies that a write needs', [
  [
    'C@v2 D@v2',
    { ...ORDER, heard: 3 },
    'wait: 2 of 3 nodes in sight have agreed on masters so far: try again',
  ],
  [
    'C@v2',
    { ...ORDER, minCopies: 2 },
    'wait: 1 of 1 known nodes is reachable; a write needs 2 copies: bring a node back, or set ' +
      'min-copies to 1',
  ],
])

/** The view that C forces with these. */
function forced(promises: string, around: Around = {}): View {
  const choice = chooseView(input(promises, { ...ORDER, ...around }))
  if (choice.kind !== 'view') throw new Error(`no view: ${choice.kind}`)
  return choice.view
}

t.test('its history claims nothing of the lost, and it is unclean', async (t) => {
  const view = forced('C@v2 D@v2')
  t.strictSame(onlyGroup(view).history, [ballot('9C')])
  t.equal(view.isUnclean, true)
  const claims = forced('C@v2 D@v2', { rules: { uncleanDoesNotClaimTheDead: false } })
  t.strictSame(onlyGroup(claims).history, ['1A', '2A', '9C'].map(ballot))
})

t.test('it acts only once everybody has accepted it who promised', async (t) => {
  const view = forced('C@v2 D@v2 E@v2')
  const { promises, settings } = input('C@v2 D@v2 E@v2', ORDER)
  const setUp = { settings, rules: ALL_RULES }
  const accepted = (...ids: string[]): boolean =>
    isAccepted({ promises, accepted: new Set(ids), heardCount: 3, voterLists: [] }, view, setUp)
  t.equal(accepted(C, D), false)
  t.equal(accepted(C, D, E), true)
})

/** What D owes after it has accepted the view. */
function owedBy(view: View, options: Partial<LabOptions> = {}): Lab {
  const lab = new Lab({ me: D, state: state(LOST), ...options })
  lab.parts.standing.accept(view, 0, () => {})
  lab.settle(0)
  return lab
}

const LOST = view('2A', 'A+ B+', { history: '1A', roster: 'ABCD' })

for (const mode of ['available', 'majority'] as const) {
  t.test(`whoever accepts it owes its whole store, in mode ${mode}`, async (t) => {
    const lab = owedBy(forced('C@v2 D@v2'), { settings: { mode } })
    const name = remainsName(ballot('9C'), D)
    t.strictSame(lab.parts.standing.lineages(), [name])
    t.strictSame(lab.parts.standing.wholeLineages(), [], 'and cannot lead with it')
    const owed = lab.parts.standing.owed(name)
    t.equal(owed?.start.clock, VERSION_ZERO)
    t.strictSame(owed?.partOf, [name])
    // As long as the next views go on with it, and until one of them has it.
    const next = forced('C@v2 D@v2')
    const { masters, merge } = onlyGroup(next)
    const history = [ballot('9C'), ballot('10C')]
    const later = { ...next, ballot: ballot('10C'), groups: [{ masters, merge, history }] }
    lab.parts.standing.accept(later, 0, () => {})
    t.strictSame(lab.parts.standing.lineages(), [name])
    const groups = [{ masters, merge: [], history: [name, ...history, ballot('11C')] }]
    lab.parts.standing.accept({ ...later, ballot: ballot('11C'), groups }, 0, () => {})
    t.strictSame(lab.parts.standing.lineages(), [])
  })
}

t.test('its primary owes nothing, nor does a node that was not asked', async (t) => {
  const view = forced('C@v2 E@v2')
  t.strictSame(owedBy(view).parts.standing.lineages(), [])
  t.strictSame(owedBy(view, { me: C }).parts.standing.lineages(), [])
})

t.test('a node that learns of it from the next view owes the same', async (t) => {
  const first = forced('C@v2 D@v2')
  const { masters, merge } = onlyGroup(first)
  const history = [ballot('9C'), ballot('10C')]
  const lab = owedBy({ ...first, ballot: ballot('10C'), groups: [{ masters, merge, history }] })
  t.strictSame(lab.parts.standing.lineages(), [remainsName(ballot('9C'), D)])
})

t.test('what is left says all that parts would', async (t) => {
  const part = { since: version(3), isWhole: true }
  const was = view('5A', 'A+ D-', { history: '1A', roster: 'AD' })
  const older = partOfView(view('4A', 'A+ D-', { history: '1A', roster: 'AD' }), D, part)
  const lab = owedBy(forced('C@v2 D@v2'), { state: state(was, { part, owed: [older] }) })
  t.strictSame(lab.parts.standing.lineages(), [remainsName(ballot('9C'), D)])
})

t.test('a holder that returns is no part of it: it owes its lineage', async (t) => {
  const lab = new Lab({ me: A, state: state(LOST, { activated: LOST.ballot }) })
  lab.parts.standing.accept(forced('C@v2 D@v2'), 0, () => {})
  t.strictSame(lab.parts.standing.lineages(), [LOST.ballot])
})

t.test('mode majority: a holder without voters goes on with those in sight', async (t) => {
  const base = { ...LOST, voters: [A, C, D] }
  const words = (me: string, of = base): ChooseInput => {
    const about = input('A@v2 E@v2', { ...ORDER, me })
    const settings = { ...about.settings, mode: 'majority', voters: 3 } as const
    const promises = new Map(
      [...about.promises].map(([id, it]) => [id, { ...it, state: state(of) }]),
    )
    return { ...about, settings, promises }
  }
  const choice = chooseView(words('A'))
  if (choice.kind !== 'view') throw new Error(`no view: ${choice.kind}`)
  const { view } = choice
  t.strictSame(view.voters, [A, E])
  t.strictSame(onlyGroup(view).history, [...onlyGroup(base).history, ballot('9A')])
  t.strictSame([view.isUnclean, view.roster.map(({ id }) => id)], [true, [A, E]])
  t.strictSame(chooseView(words('E')), {
    kind: 'refused',
    reason: 'give the order to 10.0.0.10:80, which has the newest data in sight',
  })
  const enough = { ...base, voters: [A, E, D] }
  t.strictSame(chooseView(words('A', enough)), {
    kind: 'refused',
    reason: inSight('10.0.0.10:80').replace('refused: ', ''),
  })
})
