// In-sync masters compare their stores: a true difference is found and mended, what is under way is none.
import t from 'tap'
import { AUDIT_EVERY_MS } from '../../src/core/limits.ts'
import type { NodeRequest } from '../../src/core/messages.ts'
import { toTravel } from '../../src/core/travel.ts'
import type { Entry } from '../../src/core/types.ts'
import { type Call, Lab, type LabOptions, primaryLab } from './lab.ts'
import { A, B, ballot, C, entry, requestId, response, state, version, view } from './words.ts'
import { fingerprint } from './words.ts'

const V2 = view('2A', 'A+ B+')

/** `a1 b2x`: key a at version 1, key b deleted at version 2. */
function entries(text: string): Entry[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const at = version(Number.parseInt(word.slice(1), 10))
      return word.endsWith('x') ? entry(word.slice(0, 1), at, {}) : entry(word.slice(0, 1), at)
    })
}

/** A primary and another master with these entries, and the calls between them. */
class Bench {
  readonly primary: Lab
  readonly second: Lab
  nowMs = 0

  constructor(theirs: string, mine: string, options: Partial<LabOptions> = {}) {
    this.primary = primaryLab(V2, { entries: entries(theirs), ...options })
    this.second = new Lab({ me: B, state: state(V2), entries: entries(mine), ...options })
    this.second.hear(A, 0)
    this.second.take()
    this.second.parts.audit.tick(0)
  }

  /** The next call of the second master to the primary. */
  next(): Call | undefined {
    return this.second.calls()[0]
  }

  serve(call: Call): void {
    this.second.answer(call, response(A, this.answerTo(call.request)), this.nowMs)
  }

  answerTo(request: NodeRequest): Extract<Parameters<typeof response>[1], object> {
    const { mirrorSource, recovery } = this.primary.parts
    if (request.kind === 'digest') mirrorSource.digest(request.ballot, 1)
    else if (request.kind === 'page') mirrorSource.page(request, 1, 0)
    else if (request.kind === 'recover') recovery.answer(request, 1, 0)
    const [said] = this.primary.new('respond')
    if (said === undefined) throw new Error(`no answer to ${request.kind}`)
    return said.response
  }

  /** From the digest to the end; returns the kinds of the questions. */
  audit(): string[] {
    this.nowMs += AUDIT_EVERY_MS
    this.second.parts.audit.tick(this.nowMs)
    const asked: string[] = []
    for (let call = this.next(); call !== undefined; call = this.next()) {
      asked.push(call.request.kind)
      this.serve(call)
    }
    return asked
  }

  /** `a1 b2x` again, of the second master. */
  stored(): string {
    const words = 'abcdef'.split('').flatMap((key) => {
      const held = this.second.store.get(key)
      if (held === undefined) return []
      const ms = Number.parseInt(held.version.slice(0, 12), 16)
      return [`${key}${ms}${held.content.kind === 'tombstone' ? 'x' : ''}`]
    })
    return words.join(' ')
  }

  get differences(): number {
    return this.second.parts.audit.report(this.nowMs).differences
  }
}

t.test('equal stores cost one question', async (t) => {
  const bench = new Bench('a1 b2x', 'a1 b2x')
  t.same(bench.audit(), ['digest'])
  t.same(bench.second.parts.audit.report(bench.nowMs + 7), { lastMs: 7, differences: 0 })
  t.same(bench.audit(), ['digest'], 'and again ten minutes later')
})

t.test('the primary is right: what differs is taken over, what it lacks goes', async (t) => {
  const cases: [string, string, number][] = [
    ['a1 b2', 'a1', 1],
    ['a1', 'a1 b2', 1],
    ['a2', 'a1', 1],
    ['a1', 'a2', 1],
    ['a3x', 'a1', 1],
    ['a3', 'a1x', 1],
    ['a1 b1 c1', 'a2 d1', 4],
  ]
  for (const [theirs, mine, differences] of cases) {
    const bench = new Bench(theirs, mine)
    t.same(bench.audit(), ['digest', 'page', 'recover'], mine)
    t.equal(bench.stored(), theirs, mine)
    t.equal(bench.differences, differences, mine)
    t.same(bench.audit(), ['digest'], mine)
  }
})

t.test('a difference is logged once, with some of its keys', async (t) => {
  const bench = new Bench('a1 b1', '')
  bench.nowMs = AUDIT_EVERY_MS
  bench.second.parts.audit.tick(bench.nowMs)
  const logs: unknown[] = []
  for (let effects = bench.second.take(); effects.length > 0; effects = bench.second.take()) {
    for (const effect of effects) {
      if (effect.kind === 'log') logs.push([effect.level, effect.event, effect.fields])
      if (effect.kind === 'call') bench.serve(effect)
    }
  }
  t.same(logs, [['error', 'audit-difference', { count: 2, keys: ['a', 'b'] }]])
})

t.test('what the primary is still writing or purging is no difference', async (t) => {
  const bench = new Bench('a1 b2x', 'a1')
  const { stream } = bench.primary.parts
  stream.append({ entry: entry('a', version(9)), write: undefined }, () => {})
  stream.purge({ key: 'b', version: version(2) })
  bench.primary.take()
  bench.primary.store.apply([{ kind: 'put', entry: entry('b', version(2), {}) }], () => {})
  t.same(bench.audit(), ['digest', 'page', 'recover'])
  t.equal(bench.stored(), 'a1')
  t.equal(bench.differences, 0)
})

function replicate(bench: Bench, firstSeq: number, written: Entry, committedSeq: number): void {
  const write = {
    requestId: requestId('1'),
    version: written.version,
    fingerprint: fingerprint('f'),
  }
  const records = [{ kind: 'entry', entry: toTravel(written, 0), write }] as const
  const about = { ballot: ballot('2A'), firstSeq, records, committedSeq }
  bench.second.parts.follower.replicate({ kind: 'replicate', ...about }, 1, 0)
  bench.second.settle(0)
  bench.second.take()
}

t.test('what is not committed here is no difference', async (t) => {
  const bench = new Bench('a1', '')
  replicate(bench, 1, entry('a', version(2)), 0)
  t.same(bench.audit(), ['digest', 'page'])
  t.equal(bench.stored(), 'a2')
  t.equal(bench.differences, 0)
})

t.test('it is judged once the stream has come as far as the primary had sent', async (t) => {
  for (const isObeyed of [true, false]) {
    const bench = new Bench('a5', 'a1', { rules: { auditAwaitsStream: isObeyed } })
    bench.nowMs = AUDIT_EVERY_MS
    bench.second.parts.audit.tick(bench.nowMs)
    for (let call = bench.next(); call?.request.kind !== 'recover'; call = bench.next()) {
      if (call === undefined) throw new Error('no second look')
      bench.serve(call)
      if (call.request.kind === 'page') break
    }
    const call = bench.next()
    if (call === undefined) throw new Error('no second look')
    const entry5 = toTravel(entry('a', version(5)), 0)
    const recovered = { kind: 'recovered', entries: [entry5], absent: [], seq: 1 } as const
    bench.second.answer(call, response(A, recovered), bench.nowMs)
    t.equal(bench.differences, isObeyed ? 0 : 1, 'a5 is number 1, and on its way')
    replicate(bench, 1, entry('a', version(5)), 1)
    bench.second.parts.audit.tick(bench.nowMs + 50)
    t.equal(bench.differences, isObeyed ? 0 : 1)
    t.equal(bench.second.parts.audit.report(bench.nowMs + 50).lastMs, isObeyed ? 0 : 50)
  }
})

t.test('what the stream brings between the two looks is not overwritten', async (t) => {
  const bench = new Bench('a5', 'a1')
  bench.nowMs = AUDIT_EVERY_MS
  bench.second.parts.audit.tick(bench.nowMs)
  for (const _ of ['digest', 'page']) {
    const call = bench.next()
    if (call !== undefined) bench.serve(call)
  }
  replicate(bench, 1, entry('a', version(8)), 1)
  const call = bench.next() ?? bench.second.calls('recover')[0]
  t.equal(call, undefined, 'the call was taken with the batch')
  t.equal(bench.stored(), 'a8')
})

t.test('who audits: an in-sync master that is not the primary, and no other', async (t) => {
  const cases: [string, Lab, boolean][] = [
    ['second', new Lab({ me: B, state: state(V2) }), true],
    ['primary', primaryLab(V2), false],
    ['syncing', new Lab({ me: B, state: state(view('2A', 'A+ B-')) }), false],
    ['bystander', new Lab({ me: C, state: state(V2) }), false],
    ['frozen', new Lab({ me: B, state: state(V2, { promised: ballot('3C') }) }), false],
  ]
  for (const [title, lab, isDone] of cases) {
    lab.hear(A, 0)
    lab.take()
    lab.parts.audit.tick(0)
    lab.parts.audit.tick(AUDIT_EVERY_MS)
    t.equal(lab.calls('digest').length, isDone ? 1 : 0, title)
  }
})

t.test('an operator’s wish is passed on to where it can be done', async (t) => {
  const primary = primaryLab(V2)
  primary.parts.audit.request(5)
  t.match(primary.calls(), [{ to: '10.0.0.11:80', request: { kind: 'audit' } }])
  const second = new Lab({ me: B, state: state(V2) })
  second.hear(A, 0)
  second.take()
  second.parts.audit.tick(0)
  second.parts.audit.requested(1, 5)
  second.parts.audit.tick(5)
  const effects = second.take()
  t.match(effects, [
    { kind: 'respond', response: { kind: 'noted' } },
    { kind: 'call', request: { kind: 'digest' } },
  ])
})
