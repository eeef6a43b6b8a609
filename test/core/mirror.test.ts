// Mirroring, both sides: what a target asks for, takes, keeps and removes; what a source gives.
import t from 'tap'
import { DIGEST_BYTES } from '../../src/core/digest.ts'
import { BUCKETS, PAGE_BYTES, PAGE_KEYS_MAX, PAGE_VALUE_MAX } from '../../src/core/limits.ts'
import type { NodeRequest } from '../../src/core/messages.ts'
import type { PageItem } from '../../src/core/pages.ts'
import { nameOf, toTravel } from '../../src/core/travel.ts'
import type { Entry, View } from '../../src/core/types.ts'
import { versionJustAbove } from '../../src/core/version.ts'
import { type Call, Lab, type LabOptions, primaryLab } from './lab.ts'
import { A, B, ballot, C, entry, LATE, response, state, version, view } from './words.ts'
import { fingerprint, requestId } from './words.ts'

/** B is syncing; what was stamped in this view is above 100. */
const V2 = view('2A', 'A+ B-', { clock: version(100) })

/** `a1 b2`: key a at version 1, key b at version 2. */
function entries(text: string): Entry[] {
  const words = text.split(' ').filter((word) => word !== '')
  return words.map((word) => entry(word.slice(0, 1), version(Number(word.slice(1)))))
}

function stored(lab: Lab, keys: string): string {
  const at = (key: string): string => {
    const found = lab.store.get(key)
    return found === undefined ? '' : `${key}${Number.parseInt(found.version.slice(0, 12), 16)}`
  }
  return keys.split('').map(at).filter(Boolean).join(' ')
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(b)
}

class Bench {
  readonly target: Lab
  readonly source: Lab
  /** What the target asked after learning what is remembered, one word a call. */
  readonly asked: string[] = []
  nowMs = 0

  constructor(theirs: string, mine: string, options: Partial<LabOptions> = {}) {
    this.source = primaryLab(V2, { entries: entries(theirs) })
    this.target = new Lab({ me: B, state: state(V2), entries: entries(mine), ...options })
    this.target.parts.self.setWall(0, 0)
    this.target.meet(A, 0, { keyCount: this.source.store.keyCount })
  }

  tick(nowMs = this.nowMs): void {
    this.nowMs = nowMs
    this.target.parts.mirror.tick(nowMs)
  }

  next(): Call | undefined {
    this.target.settle(this.nowMs)
    const [call] = this.target.calls()
    if (call?.request.kind === 'remembered') {
      this.serve(call)
      return this.next()
    }
    if (call !== undefined) this.asked.push(call.request.kind)
    return call
  }

  /** The source answers. */
  serve(call: Call): void {
    const { mirrorSource } = this.source.parts
    const { request } = call
    if (request.kind === 'remembered') mirrorSource.remembered(request, 1, this.nowMs)
    else if (request.kind === 'digest') mirrorSource.digest(request.ballot, 1)
    else if (request.kind === 'page') mirrorSource.page(request, 1, this.nowMs)
    else if (request.kind === 'fetch') mirrorSource.fetch(request, 1, this.nowMs)
    else if (request.kind === 'synced') this.source.out.respond(1, { kind: 'noted' })
    const answer = this.source.new('respond').at(0)?.response
    if (answer !== undefined) this.target.answer(call, response(A, answer), this.nowMs)
  }

  /** Everything up to the message that it is done. */
  run(): string {
    this.tick()
    for (let call = this.next(); call !== undefined; call = this.next()) {
      this.serve(call)
      if (call.request.kind === 'synced') break
    }
    return this.asked.join(' ')
  }
}

t.test('the target ends with what the source has', async (t) => {
  /** At the source, at the target before, the calls, at the target after. */
  const cases: readonly (readonly [string, string, string, string])[] = [
    ['', '', 'digest synced', ''],
    ['a1 b2', 'a1 b2', 'digest synced', 'a1 b2'],
    ['a1 b2', '', 'digest page synced', 'a1 b2'],
    ['a1 b2', 'b2', 'digest page fetch synced', 'a1 b2'],
    ['a5', 'a1', 'digest page fetch synced', 'a5'],
    ['a1', 'a5', 'digest page fetch synced', 'a1'],
    ['a1', 'a1 b2', 'digest page synced', 'a1'],
    ['', 'a1 b2', 'digest page synced', ''],
    ['a1 c3', 'b2 c3', 'digest page fetch synced', 'a1 c3'],
  ]
  for (const [theirs, mine, calls, after] of cases) {
    const bench = new Bench(theirs, mine)
    t.equal(bench.run(), calls, `${theirs} over ${mine}`)
    t.equal(stored(bench.target, 'abc'), after)
    t.ok(sameBytes(bench.target.store.digest(), bench.source.store.digest()), 'digests')
  }
})

t.test('what the live stream of this view wrote is neither overwritten nor removed', async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['a1', 'a101', 'a101'],
    ['', 'a101', 'a101'],
    ['a1', 'a100', 'a1'],
    ['', 'a100', ''],
  ]
  for (const [theirs, mine, after] of cases) {
    const bench = new Bench(theirs, mine)
    bench.run()
    t.equal(stored(bench.target, 'a'), after, `${theirs} over ${mine}`)
  }
})

t.test('only a syncing master that owes nothing mirrors, from an accepted view', async (t) => {
  const owed = view('1C', 'B+')
  const cases: readonly (readonly [string, Partial<LabOptions>, boolean])[] = [
    ['syncing', {}, true],
    ['in sync', { state: state(view('2A', 'A+ B+')) }, false],
    ['no master', { me: C }, false],
    ['another life', { incarnation: 2 }, false],
    ['owes', { state: state(V2, { owed: [owed] }) }, false],
    ['frozen', { state: state(V2, { promised: ballot('3C') }) }, false],
    ['no view', { state: state(undefined) }, false],
  ]
  for (const [title, options, mirrors] of cases) {
    const bench = new Bench('a1', '', options)
    bench.tick()
    t.equal(bench.next() !== undefined, mirrors, title)
  }
})

t.test('one call at a time; one that failed starts over with a digest after 200 ms', async (t) => {
  for (const kind of ['digest', 'page', 'fetch'] as const) {
    const bench = new Bench('a1', 'b2 a3')
    bench.tick()
    let call = bench.next()
    while (call !== undefined && call.request.kind !== kind) {
      bench.serve(call)
      call = bench.next()
    }
    bench.tick(10)
    t.equal(bench.next(), undefined, kind)
    if (call !== undefined) bench.target.answer(call, LATE, 1000)
    bench.tick(1199)
    t.equal(bench.next(), undefined)
    bench.tick(1200)
    t.equal(bench.next()?.request.kind, 'digest')
  }
})

t.test('"synced" is said again until a view says so', async (t) => {
  const bench = new Bench('', '')
  bench.run()
  bench.tick(199)
  t.equal(bench.next(), undefined)
  bench.tick(200)
  t.strictSame(bench.next()?.request, { kind: 'synced', ballot: ballot('2A') })
})

t.test('another view: answers for the old one are not taken, and it starts over', async (t) => {
  for (const last of ['digest', 'page', 'fetch'] as const) {
    const bench = new Bench('a1', 'b2 a3')
    bench.tick()
    let call = bench.next()
    while (call !== undefined && call.request.kind !== last) {
      bench.serve(call)
      call = bench.next()
    }
    const next = view('4A', 'A+ B-', { history: '2A', clock: version(100) })
    bench.target.parts.standing.accept(next, 5, () => {})
    const before = stored(bench.target, 'ab')
    if (call !== undefined) bench.serve(call)
    bench.target.settle(5)
    t.equal(stored(bench.target, 'ab'), before, last)
    bench.tick(10)
    const { request } = bench.target.call()
    t.strictSame(request, {
      kind: 'remembered',
      ballot: ballot('4A'),
      after: 0,
      packs: true,
    })
  }
})

t.test(
  'with less than half of the keys of its source a target takes the values along',
  async (t) => {
    for (const [theirs, mine, withValues] of [
      ['a1 b1 c1', 'd1', true],
      ['a1 b1', 'd1', false],
    ] as const) {
      const bench = new Bench(theirs, mine)
      bench.tick()
      const digest = bench.next()
      if (digest !== undefined) bench.serve(digest)
      const page = bench.next()?.request
      t.equal(page?.kind === 'page' && page.withValues, withValues)
    }
  },
)

type PageRequest = Extract<NodeRequest, { kind: 'page' }>

const PAGE: PageRequest = {
  kind: 'page',
  ballot: ballot('2A'),
  after: undefined,
  wanted: undefined,
  withValues: true,
}

function page(lab: Lab, more: Partial<PageRequest> = {}): string {
  lab.parts.mirrorSource.page({ ...PAGE, ...more }, 1, 0)
  const answer = lab.new('respond').at(-1)?.response
  if (answer?.kind !== 'page') return String(answer?.kind)
  const word = (item: PageItem): string =>
    item.kind === 'head' ? `(${item.head.key})` : nameOf(item).key
  return `${answer.items.map(word).join(' ')} to ${answer.end ?? 'the end'}`
}

t.test('a page holds values up to 64 KiB, names of larger ones, or names only', async (t) => {
  const value = 'x'.repeat(PAGE_VALUE_MAX)
  const lab = primaryLab(V2, {
    entries: [entry('a', version(1), { value }), entry('b', version(1), { value: `${value}x` })],
  })
  t.equal(page(lab), 'a (b) to the end')
  t.equal(page(lab, { withValues: false }), '(a) (b) to the end')
  t.equal(page(lab, { after: 'a' }), '(b) to the end')
  t.equal(page(lab, { wanted: new Uint8Array(BUCKETS / 8) }), ' to the end')
})

t.test('pages are halved at every late tick and doubled at every good one', async (t) => {
  const value = 'x'.repeat(PAGE_VALUE_MAX)
  const many = Array.from({ length: 20 }, (_, i) =>
    entry(`k${String(i).padStart(2, '0')}`, version(1), { value }),
  )
  const lab = primaryLab(V2, { entries: many })
  const { mirrorSource } = lab.parts
  const values = (): number => page(lab).split(' to ')[0]?.split(' ').length ?? 0
  t.equal(values(), PAGE_BYTES.max / PAGE_VALUE_MAX)
  const sizes = [21, 21, 21, 20, 0, 0].map((lagMs) => {
    mirrorSource.lagged(lagMs)
    return values()
  })
  t.strictSame(sizes, [8, 4, 4, 8, 16, 16])
})

t.test('a page looks at 1,000 keys, at fewer while the loop is late', async (t) => {
  const many = Array.from({ length: PAGE_KEYS_MAX + 1 }, (_, i) =>
    entry(`k${100_000 + i}`, version(1), {}),
  )
  const lab = primaryLab(V2, { entries: many })
  t.match(page(lab, { withValues: false }), / to k100999$/)
  lab.parts.mirrorSource.lagged(21)
  t.match(page(lab, { withValues: false }), / to k100499$/)
})

t.test('much that the primary lacks is removed a bounded part at a time', async (t) => {
  const surplus = Array.from({ length: 2 * PAGE_KEYS_MAX + 1 }, (_, i) =>
    entry(`k${100_000 + i}`, version(1)),
  )
  const start = { clock: version(10) }
  const lab = new Lab({ me: B, state: state(view('2A', 'A+ B-', start)), entries: surplus })
  lab.hear(A, 0)
  lab.take()
  lab.parts.mirror.tick(0)
  lab.answer(lab.call(), response(A, { kind: 'remembered', writes: [], last: undefined }), 0)
  const digest = new Uint8Array(DIGEST_BYTES).fill(1)
  lab.answer(lab.call(), response(A, { kind: 'digest', digest }), 0)
  lab.answer(lab.call(), response(A, { kind: 'page', items: [], end: undefined }), 0)
  const left: number[] = []
  for (let flush = 0; flush < 4; flush++) {
    // At first only what needs no flush.
    lab.flush(0, flush === 0 ? 0 : Infinity)
    left.push(lab.store.keyCount)
  }
  t.strictSame(left, [PAGE_KEYS_MAX + 1, 1, 0, 0])
  t.equal(lab.calls('synced').length, 1)
})

t.test('only the active primary of the view named is a source', async (t) => {
  const frozen = primaryLab(V2)
  frozen.parts.standing.promise(ballot('3C'), () => {})
  const labs: readonly (readonly [string, Lab, View])[] = [
    ['another view', primaryLab(V2), view('1A', 'A+')],
    ['frozen', frozen, V2],
    ['no primary', new Lab({ me: B, state: state(V2) }), V2],
  ]
  for (const [title, lab, v] of labs) {
    const { mirrorSource } = lab.parts
    mirrorSource.digest(v.ballot, 1)
    mirrorSource.page({ ...PAGE, ballot: v.ballot }, 2, 0)
    mirrorSource.fetch({ ballot: v.ballot, keys: ['a'] }, 3, 0)
    const said = lab.new('respond').map(({ ticket, response: r }) => `${ticket} ${r.kind}`)
    t.strictSame(said, ['1 fenced', '2 fenced', '3 fenced'], title)
  }
})

t.test('fetching by name gives what is there now and leaves out what is not', async (t) => {
  const lab = primaryLab(V2, { entries: entries('a1 b2') })
  lab.parts.mirrorSource.fetch({ ballot: ballot('2A'), keys: ['b', 'x'] }, 1, 0)
  const [answer] = lab.new('respond')
  t.strictSame(answer?.response, {
    kind: 'entries',
    entries: entries('b2').map((e) => toTravel(e, 0)),
  })
  lab.parts.mirrorSource.digest(ballot('2A'), 2)
  const digest = lab.new('respond').at(0)?.response
  t.equal(digest?.kind === 'digest' && digest.digest.length, DIGEST_BYTES)
})

/** B mirrors from A, and the stream brings `tail` while a page that lacks it is under way. */
function mirrorWith(tail: Entry, of: { theirs: string; mine: string }): Lab {
  const bench = new Bench(of.theirs, of.mine)
  bench.tick()
  const digest = bench.next()
  if (digest !== undefined) bench.serve(digest)
  const asked = bench.next()
  const write = { requestId: requestId('1'), version: tail.version, fingerprint: fingerprint('f') }
  const records = [{ kind: 'entry', entry: toTravel(tail, 0), write }] as const
  const batch = { kind: 'replicate', ballot: ballot('2A'), firstSeq: 1, committedSeq: 0 } as const
  bench.target.parts.follower.replicate({ ...batch, records }, 1, 0)
  // What a step stores is there for the next one.
  bench.target.flush(0, 0)
  if (asked !== undefined) bench.serve(asked)
  for (let call = bench.next(); call !== undefined; call = bench.next()) {
    if (call.request.kind === 'synced') break
    bench.serve(call)
  }
  return bench.target
}

t.test('the tail of the view before, sent again, counts as brought by the stream', async (t) => {
  // Stamped before this view, and not yet in the source's own store when it made the page.
  const tail = entry('a', version(50))
  for (const [theirs, mine] of [
    ['a40 b1', 'a40'],
    ['b1', ''],
  ] as const) {
    t.equal(stored(mirrorWith(tail, { theirs, mine }), 'ab'), 'a50 b1', mine)
  }
})

t.test(
  'so does the delete of an expired entry, whose version is as old as that entry',
  async (t) => {
    const end = entry('a', versionJustAbove(version(40)), {})
    for (const mine of ['', 'a40', 'a45 b1']) {
      const target = mirrorWith(end, { theirs: 'a40 b1', mine })
      t.equal(target.store.get('a')?.version, end.version, mine)
      t.equal(stored(target, 'b'), 'b1')
    }
  },
)
