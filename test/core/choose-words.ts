// Words for promises and for what a proposer makes of them, so that a case fits its line.
// Holds no expectations.
import t from 'tap'
import { type Choice, type ChooseInput, chooseView } from '../../src/core/choose.ts'
import { glimpseOf } from '../../src/core/lineages.ts'
import type { NodePromise } from '../../src/core/messages.ts'
import { ALL_RULES, type Rules } from '../../src/core/rules.ts'
import type { ClusterSettings } from '../../src/core/settings.ts'
import type { Ballot, NodeId, View } from '../../src/core/types.ts'
import { isRemains } from '../../src/core/remains.ts'
import type { Wish } from '../../src/core/wishes.ts'
import { BALLOT_ZERO, onlyGroup, sameBallot } from '../../src/core/view.ts'
import { partName, partOfView } from '../../src/core/syncing-part.ts'
import { addressOf, ballot, ballotText, mastersText, nameOf, node, state } from './words.ts'
import { C, version, view } from './words.ts'

/** The views that a promise may name. */
export const VIEWS: Readonly<Record<string, View>> = {
  v1: view('1A', 'A+', { roster: 'A' }),
  v2: view('2A', 'A+ B+', { history: '1A', roster: 'AB' }),
  v3: view('3A', 'A+ B-', { history: '1A 2A', roster: 'AB' }),
  w3: view('3B', 'B+ C+', { history: '1A 2A', roster: 'ABC' }),
  w4: view('4A', 'A+ B+', { history: '1A 2A', roster: 'ABC' }),
  v4: view('4A', 'A+', { history: '1A 2A', roster: 'AB' }),
  /** C's part of v5. */
  c5: partOfView(view('5D', 'D+ C-', { history: '1A', roster: 'ACD' }), C, {
    since: version(3),
    isWhole: true,
  }),
  /** Follows v1, made without v5. */
  w6: view('6A', 'A+ C-', { history: '1A', roster: 'AC' }),
  x5: view('5B', 'B+ C+', { history: '1A 2A', roster: 'ABC' }),
  v5: view('5D', 'D+ C-', { history: '1A', roster: 'ACD' }),
  /** Merges w3 into v4's history. */
  m5: merging(
    view('5A', 'A+', { history: '1A 2A 4A', roster: 'A' }),
    view('3B', 'C+', { history: '1A 2A' }),
  ),
  /** Forced by C, and not known to act. */
  u7: { ...view('7C', 'C+', { roster: 'CD' }), isUnclean: true },
  /** Built on that by C, and by D. */
  u8: { ...view('8C', 'C+ E-', { history: '7C', roster: 'CDE' }), isUnclean: true },
  x8: { ...view('8D', 'D+ B+', { history: '7C', roster: 'BCD' }), isUnclean: true },
  /** Another history. */
  f1: view('1C', 'C+ E+', { roster: 'CE' }),
}

/** The view with another one in its merge list. */
function merging(into: View, from: View): View {
  const holders = onlyGroup(from).masters.map((m) => m.id)
  const { history } = onlyGroup(from)
  const lineage = { ballot: from.ballot, holders, history, partOf: from.partOf }
  return { ...into, groups: [{ ...onlyGroup(into), merge: [lineage] }] }
}

export const few = (here: string, known: number, needed: number): string =>
  `wait: ${here} of ${known} known nodes ${here === '1' ? 'is' : 'are'} reachable; a write needs ${needed} copies: bring a node back, or set min-copies to 1`

export interface Around {
  readonly me?: string
  readonly heard?: number
  readonly candidates?: string
  /** Who has said in which view that it finished: `3AB`. */
  readonly synced?: string
  readonly hasDeferred?: boolean
  /** The holders of newer data were waited for. */
  readonly mayLeave?: boolean
  /** Who promised a moment ago. */
  readonly glimpsed?: string
  /** Ballots of lineages that the proposer has merged. */
  readonly merged?: string
  /** Nodes that are verified gone. */
  readonly gone?: string
  /** Nodes whose disks have no room for all keys. */
  readonly tooSmall?: string
  readonly isHandoff?: boolean
  readonly departed?: string
  readonly wish?: Wish
  readonly minCopies?: ClusterSettings['minCopies']
  readonly rules?: Partial<Rules>
}

/**
 * `A@v2` accepted v2, `B2` is in its second life, `C!f1` owes f1, `B@v4?` never saw v4 act, `D~` leaves,
 * `D=` has nothing under way, `d` is a witness. `C@v5*` can tell its part of v5 as a syncing master, `C@v5/` not all;
 * `C@v5-` has got nothing of v5 yet.
 */
export function promises(text: string): Map<NodeId, NodePromise> {
  const words = text.split(' ').map((word) => {
    const [, name = '', life = '', accepted = '', doubt = '', owed = '', leaving = ''] =
      /^(.)(\d*)(?:@(\w+)([?*/-]?))?(?:!(\w+))?([~=]?)$/.exec(word) ?? []
    const id = node(name)
    const accepts = VIEWS[accepted]
    const activated = doubt !== '?' ? (accepts ?? VIEWS[owed])?.ballot : BALLOT_ZERO
    const promise: NodePromise = {
      state: state(accepts, {
        activated: activated ?? BALLOT_ZERO,
        owed: owed === '' ? [] : [VIEWS[owed] as View],
        part: '*/-'.includes(doubt || '?')
          ? { since: version(3), isWhole: doubt !== '/' }
          : undefined,
      }),
      incarnation: Number(life === '' ? 1 : life),
      address: addressOf(id),
      keyCount: 0,
      clock: version(0),
      isWitness: name !== name.toUpperCase(),
      isIdle: leaving === '=',
      isLeaving: leaving === '~',
      isPartEmpty: doubt === '-',
    }
    return [id, promise] as const
  })
  return new Map(words)
}

export function input(text: string, around: Around): ChooseInput {
  const { me = 'A', candidates = 'ABCDEF', synced = '', minCopies = 1, rules } = around
  const got = promises(text)
  return {
    ballot: ballot(`9${me}`),
    me: node(me),
    promises: got,
    heardCount: around.heard ?? got.size,
    candidates: candidates.split('').map(node),
    hasSynced: (of, id) => synced === `${ballotText(of)}${nameOf(id)}`,
    hasDeferred: around.hasDeferred ?? false,
    isHandoff: around.isHandoff ?? false,
    departed: new Set((around.departed ?? '').split('').map(node)),
    wish: around.wish,
    startOn: () => START,
    mayLeaveNewest: around.mayLeave ?? false,
    glimpsed:
      around.glimpsed === undefined
        ? undefined
        : glimpseOf({ promises: promises(around.glimpsed), rules: ALL_RULES }),
    merged: (around.merged ?? '').split(' ').filter(Boolean).map(ballot),
    isTooSmall: (id) => (around.tooSmall ?? '').includes(nameOf(id)),
    isGone: (id) => (around.gone ?? '').includes(nameOf(id)),
    settings: { mode: 'available', voters: 0, minCopies, valueBytesMax: 1 },
    rules: { ...ALL_RULES, ...rules },
  }
}

export const START = { clock: version(5), stream: ballot('9A'), seq: 6, continues: undefined }

function text(choice: Choice): string {
  switch (choice.kind) {
    case 'view':
      return [
        mastersText(choice.view.groups[0]?.masters ?? []),
        '|',
        choice.view.roster.map((n) => nameOf(n.id)).join(''),
        ...onlyGroup(choice.view).merge.map(
          (it) =>
            `merges ${isRemains(it) ? 'what is left' : lineageText(it.ballot)} of ${it.holders.map(nameOf).join('')}`,
        ),
      ].join(' ')
    case 'nudge':
      return `${choice.isDeferral ? 'defer to' : 'nudge'} ${choice.to.map(nameOf).join(' ')}`
    case 'wait':
    case 'stuck':
    case 'refused':
      return `${choice.kind}: ${choice.reason}`
  }
}

/** A part is called by the view that it is of. */
function lineageText(of: Ballot): string {
  const view = Object.values(VIEWS).find((v) => sameBallot(partName(v.ballot, C), of))
  return view === undefined ? ballotText(of) : `part of ${ballotText(view.ballot)}`
}

export const choose = (given: string, around: Around = {}): string =>
  text(chooseView(input(given, around)))

export type Cases = readonly (readonly [promises: string, around: Around, choice: string])[]

export function table(title: string, cases: Cases): void {
  t.test(title, async (t) => {
    for (const [given, around, expected] of cases) {
      t.equal(choose(given, around), expected, `${given} ${JSON.stringify(around)}`)
    }
  })
}
