// Mirroring small values as records: who gets them, and how long they live.
import t from 'tap'
import type { NodeRequest } from '../../src/core/messages.ts'
import { RECORD_FORM } from '../../src/core/mirror-limits.ts'
import type { Entry } from '../../src/core/types.ts'
import { Lab, primaryLab } from './lab.ts'
import { A, B, entry, response, state, version, view } from './words.ts'

const V2 = view('2A', 'A+ B-', { clock: version(100) })

type PageRequest = Extract<NodeRequest, { kind: 'page' }>

const PAGE: PageRequest = {
  kind: 'page',
  ballot: V2.ballot,
  after: undefined,
  wanted: undefined,
  withValues: true,
}

t.test('records go to who asks for the form that is kept here, in a block', async (t) => {
  const lab = primaryLab(V2, { entries: [entry('a', version(1))] })
  const cases: readonly (readonly [string, Partial<PageRequest>, string])[] = [
    ['this form', { packs: true, records: RECORD_FORM }, 'record'],
    ['an older node', {}, 'entry'],
    ['one that knows blocks', { packs: true }, 'entry'],
    ['another form', { packs: true, records: RECORD_FORM + 1 }, 'entry'],
    ['no block', { records: RECORD_FORM }, 'entry'],
    ['names only', { packs: true, records: RECORD_FORM, withValues: false }, 'head'],
  ]
  for (const [title, asked, kind] of cases) {
    lab.parts.mirrorSource.page({ ...PAGE, ...asked }, 1, 0)
    const answer = lab.new('respond').at(-1)?.response
    t.same(answer?.kind === 'page' && answer.items.map((item) => item.kind), [kind], title)
  }
})

/** What a new master has after its mirror, when its wall clock and its source's say this. */
function mirrored(theirs: readonly Entry[], wallMs: { there: number; here: number }): Lab {
  const source = primaryLab(V2, { entries: theirs })
  const target = new Lab({ me: B, state: state(V2) })
  source.parts.self.setWall(wallMs.there, 0)
  target.parts.self.setWall(wallMs.here, 0)
  target.meet(A, 0, { keyCount: theirs.length })
  const { mirrorSource } = source.parts
  target.parts.mirror.tick(0)
  for (;;) {
    target.settle(0)
    const call = target.call()
    const { request } = call
    if (request.kind === 'synced') return target
    if (request.kind === 'remembered') mirrorSource.remembered(request, 1, 0)
    else if (request.kind === 'digest') mirrorSource.digest(request.ballot, 1)
    else if (request.kind === 'page') mirrorSource.page(request, 1, 0)
    else throw new Error(`${request.kind} is not to be asked`)
    const answer = source.new('respond').at(0)?.response
    if (answer === undefined) throw new Error('the source answers')
    target.answer(call, response(A, answer), 0)
  }
}

t.test(
  'what comes as a record has as long to live as at its source, by the clock here',
  async (t) => {
    const left = { a: 5000, b: -5000, c: undefined }
    const theirs = Object.entries(left).map(([key, ms]) => ({
      ...entry(key, version(1), { value: key }),
      expiresAtMs: ms === undefined ? undefined : 1_000_000 + ms,
    }))
    const { store } = mirrored(theirs, { there: 1_000_000, here: 3_000_000 })
    const held = theirs.map(({ key }) => store.get(key))
    t.same(
      held.map((each) => each?.expiresAtMs),
      [3_005_000, 3_000_000, undefined],
    )
    t.same(
      held.map((each) => each?.content),
      theirs.map((each) => each.content),
    )
  },
)
