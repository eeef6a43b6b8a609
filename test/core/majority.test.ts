// Majority mode: which of the views reported is the newest that may have acknowledged something.
import t from 'tap'
import { type ChooseInput, chooseView } from '../../src/core/choose.ts'
import type { DurableState, NodeId } from '../../src/core/types.ts'
import { onlyGroup } from '../../src/core/view.ts'
import { input } from './choose-words.ts'
import {
  A,
  B,
  ballot,
  ballotText,
  C,
  D,
  node,
  state,
  type ViewWords,
  view,
  waitsFor,
} from './words.ts'

const E = node('E')
const ROSTER = { roster: 'ABCDE' }
const VOTERS = { voters: [A, B, C, D, E] }
/** Held by B, who was cut off then. */
const OLD = { ...view('2A', 'A+ B+', { history: '1A', ...ROSTER }), ...VOTERS }

/** B asks A, C and E, who accepted a view that D made with B as syncing master; B never heard of it. */
function ask(
  history: ViewWords['history'],
  activated: Partial<Record<NodeId, string>> = {},
): string {
  const newer = { ...view('5D', 'D+ B-', { history: history ?? '', ...ROSTER }), ...VOTERS }
  const about = input('A B C E', { me: 'B', mayLeave: true, hasDeferred: true })
  const stateOf = (id: NodeId): DurableState =>
    state(id === B ? OLD : newer, { activated: ballot(activated[id] ?? '0') })
  const promises: ChooseInput['promises'] = new Map(
    [...about.promises].map(([id, promise]) => [id, { ...promise, state: stateOf(id) }]),
  )
  const settings = { ...about.settings, mode: 'majority', voters: 5 } as const
  const choice = chooseView({ ...about, settings, promises })
  if (choice.kind !== 'view') return 'reason' in choice ? choice.reason : choice.kind
  return onlyGroup(choice.view).history.map(ballotText).join(' ')
}

t.test('a view that never acted is passed over, what it was built on is not', async (t) => {
  // B, a master of it, never accepted it: it never acted.
  t.equal(ask('1A 2A'), '1A 2A 9B')
  t.equal(ask('1A 2A 4E', { [E]: '4E' }), waitsFor('10.0.0.13:80'), 'E knows that 4E acted')
  t.equal(ask('1A 2A 4D'), waitsFor('10.0.0.13:80'), 'only D knows whether 4D acted')
  t.equal(ask('1A 2A 4E', { [E]: '1E' }), '1A 2A 9B', 'E knows that 4E never acted')
})
