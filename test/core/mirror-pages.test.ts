// Mirroring a store of many pages: what is asked for ahead, and what waits for the disk.
import t from 'tap'
import { PAGE_BYTES, PAGE_KEYS_MAX, PAGE_VALUE_MAX } from '../../src/core/limits.ts'
import { PAGES_FLUSHING_MAX } from '../../src/core/mirror-limits.ts'
import { type Call, Lab, primaryLab } from './lab.ts'
import { A, B, entry, response, state, version, view } from './words.ts'

/** B is syncing; what was stamped in this view is above 100. */
const V2 = view('2A', 'A+ B-', { clock: version(100) })

t.test('a store of several pages arrives whole; one page is asked for ahead', async (t) => {
  const value = 'x'.repeat(PAGE_VALUE_MAX)
  const pageEntries = PAGE_BYTES.max / PAGE_VALUE_MAX
  const many = Array.from({ length: 3 * pageEntries + 1 }, (_, i) =>
    entry(`k${100 + i}`, version(1), { value }),
  )
  const source = primaryLab(V2, { entries: many })
  const target = new Lab({ me: B, state: state(V2), entries: [entry('k1', version(1))] })
  target.parts.self.setWall(0, 0)
  target.meet(A, 0, { keyCount: many.length })
  target.parts.mirror.tick(0)
  const asked: string[] = []
  let open = target.calls()
  for (let i = 0; i < 50 && open.length > 0; i++) {
    t.equal(open.length, 1, 'one call at a time')
    const [call] = open
    if (call === undefined) break
    asked.push(call.request.kind)
    answerFrom(source, target, call)
    // The next page is asked for before the disk has taken this one.
    open = target.calls()
    if (open.length === 0) {
      target.settle(0)
      open = target.calls()
    }
    if (call.request.kind === 'synced') break
  }
  t.strictSame(asked, ['remembered', 'digest', 'page', 'page', 'page', 'page', 'synced'])
  t.same(Buffer.from(target.store.digest()), Buffer.from(source.store.digest()))
})

t.test(
  'eight pages may wait for the disk; the next one is taken once one is durable',
  async (t) => {
    const many = Array.from({ length: 12 * PAGE_KEYS_MAX }, (_, i) =>
      entry(`k${100_000 + i}`, version(1)),
    )
    const source = primaryLab(V2, { entries: many })
    const target = new Lab({ me: B, state: state(V2) })
    target.parts.self.setWall(0, 0)
    target.meet(A, 0, { keyCount: many.length })
    target.parts.mirror.tick(0)
    /** Whole pages that are here, answered as long as there is a question and nothing is flushed. */
    const pagesHere = (): number => {
      const [call] = target.calls()
      if (call !== undefined) {
        answerFrom(source, target, call)
        return pagesHere()
      }
      target.flush(0, 0)
      return target.store.keyCount / PAGE_KEYS_MAX
    }
    t.equal(pagesHere(), PAGES_FLUSHING_MAX)
    t.equal(target.calls('synced').length, 0)
    target.flush(0)
    t.equal(pagesHere(), 12)
    // Durable first, then told.
    t.equal(target.calls('synced').length, 0)
    target.settle(0)
    t.equal(target.calls('synced').length, 1)
  },
)

function answerFrom(source: Lab, target: Lab, call: Call): void {
  const { mirrorSource } = source.parts
  const { request } = call
  if (request.kind === 'remembered') mirrorSource.remembered(request, 1, 0)
  else if (request.kind === 'digest') mirrorSource.digest(request.ballot, 1)
  else if (request.kind === 'page') mirrorSource.page(request, 1, 0)
  else source.out.respond(1, { kind: 'noted' })
  const answer = source.new('respond').at(0)?.response
  if (answer !== undefined) target.answer(call, response(A, answer), 0)
}
