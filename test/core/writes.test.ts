// What the primary does with a write: refused, judged, recognised, or stamped and streamed.
import t from 'tap'
import { REMEMBER_MS, WRITE_BYTES_MAX, WRITES_MAX } from '../../src/core/limits.ts'
import type { StoreChange } from '../../src/core/step.ts'
import type { Condition, Entry, Version, View, WriteOutcome } from '../../src/core/types.ts'
import { Lab, type LabOptions, primaryLab } from './lab.ts'
import { A, B, ballot, command, type CommandWords, entry, requestId, response } from './words.ts'
import { fingerprint, state, version, view } from './words.ts'

const ALONE = view('2A', 'A+', { roster: 'A' })
const PAIR = view('2A', 'A+ B+')
/** Stored before the test; far below what the wall clock stamps. */
const OLD = version(100)

class Bench {
  readonly lab: Lab
  readonly said: string[] = []

  constructor(v: View = ALONE, options: Partial<LabOptions> = {}) {
    this.lab = primaryLab(v, options)
    this.lab.parts.self.setWall(1000, 0)
  }

  submit(key: string, words: CommandWords & { nowMs?: number } = {}): void {
    const { nowMs = 0, ...rest } = words
    const reply = (outcome: WriteOutcome): void => void this.said.push(text(outcome))
    this.lab.parts.writes.submit(command(key, rest), reply, nowMs)
  }

  /** Submits, and lets every disk finish. */
  outcome(key: string, words: CommandWords & { nowMs?: number } = {}): string {
    const before = this.said.length
    this.submit(key, words)
    this.lab.settle(words.nowMs ?? 0)
    return this.said.slice(before).join()
  }
}

function text(outcome: WriteOutcome): string {
  switch (outcome.kind) {
    case 'applied':
      return `applied ${outcome.version.slice(0, 16)} on ${outcome.copies}`
    case 'conflict':
      return `conflict ${outcome.current?.slice(0, 16) ?? 'absent'}`
    case 'refused':
    case 'unknown':
      return `${outcome.kind}: ${outcome.reason}`
    default:
      return outcome.kind
  }
}

const stamp = (ms: number, counter = 0): string => version(ms, 'A', counter).slice(0, 16)
const applied = (ms: number, counter = 0, copies = 1): string =>
  `applied ${stamp(ms, counter)} on ${copies}`

t.test('a write gets a version above every earlier one, and its time to live', async (t) => {
  const bench = new Bench()
  t.equal(bench.outcome('a', { id: '1', value: 'x', ttlMs: 50, nowMs: 5 }), applied(1005))
  t.equal(bench.outcome('a', { id: '2', value: undefined, nowMs: 5 }), applied(1005, 1))
  t.equal(bench.outcome('b', { id: '3', value: 'y', nowMs: 5 }), applied(1005, 2))
  t.strictSame(bench.lab.store.get('a'), {
    key: 'a',
    version: version(1005, 'A', 1),
    expiresAtMs: undefined,
    requestId: requestId('2'),
    content: { kind: 'tombstone' },
  })
  const other = new Bench()
  other.outcome('a', { ttlMs: 50, nowMs: 5 })
  t.equal(other.lab.store.get('a')?.expiresAtMs, 1055)
})

t.test('a condition is judged by the live entry that is stored', async (t) => {
  const expired = entry('a', OLD, { value: 'x', expiresAtMs: 1000 })
  const fresh = entry('a', OLD, { value: 'x', expiresAtMs: 1001 })
  const dead = entry('a', OLD, {})
  const oneOf = (...versions: Version[]): Condition => ({ kind: 'oneOf', versions })
  const ok = applied(1000)
  const conflict = `conflict ${stamp(100)}`
  const cases: readonly (readonly [Entry | undefined, Condition, string])[] = [
    [fresh, { kind: 'none' }, ok],
    [fresh, { kind: 'exists' }, ok],
    [fresh, { kind: 'absent' }, conflict],
    [fresh, oneOf(OLD), ok],
    [fresh, oneOf(version(99), OLD), ok],
    [fresh, oneOf(version(99)), conflict],
    [fresh, oneOf(), conflict],
    [undefined, { kind: 'none' }, ok],
    [undefined, { kind: 'exists' }, 'conflict absent'],
    [undefined, { kind: 'absent' }, ok],
    [undefined, oneOf(OLD), 'conflict absent'],
    [expired, { kind: 'exists' }, 'conflict absent'],
    [expired, { kind: 'absent' }, ok],
    [expired, oneOf(OLD), 'conflict absent'],
    [dead, { kind: 'exists' }, 'conflict absent'],
    [dead, { kind: 'absent' }, ok],
    [dead, oneOf(OLD), 'conflict absent'],
  ]
  for (const [stored, condition, expected] of cases) {
    const bench = new Bench(ALONE, { entries: stored === undefined ? [] : [stored] })
    t.equal(bench.outcome('a', { id: 'c', condition }), expected, JSON.stringify(condition))
  }
})

t.test(
  'a condition is judged by the newest write under way, and fails only once that is committed',
  async (t) => {
    const bench = new Bench()
    bench.submit('a', { id: '1' })
    bench.lab.turn(0)
    bench.submit('a', { id: '2', condition: { kind: 'absent' } })
    bench.submit('b', { id: '3', condition: { kind: 'absent' } })
    bench.submit('a', { id: '4', condition: { kind: 'oneOf', versions: [version(1000)] } })
    bench.submit('a', { id: '5', condition: { kind: 'oneOf', versions: [version(1000)] } })
    t.strictSame(bench.said, [])
    bench.lab.flush(1, 1)
    t.strictSame(bench.said, [applied(1000), `conflict ${stamp(1000)}`])
    bench.lab.settle(2)
    t.strictSame(bench.said.slice(2), [
      applied(1000, 1),
      applied(1000, 2),
      `conflict ${stamp(1000, 2)}`,
    ])
  },
)

t.test('who waits when this node stops being primary is refused: nothing was done', async (t) => {
  const bench = new Bench(PAIR)
  bench.submit('a', { id: '1' })
  bench.submit('a', { id: '2', condition: { kind: 'absent' } })
  bench.submit('a', { id: '3', condition: { kind: 'exists' } })
  bench.lab.parts.standing.accept(view('3B', 'B+ A-', { history: '2A' }), 1, () => {})
  const unknown = 'unknown: the primary changed while the write was under way'
  t.strictSame(bench.said, [unknown, 'refused: the primary changed: try again', unknown])
})

t.test('only an active primary with enough masters takes writes', async (t) => {
  const never = new Lab({ me: B, state: state(PAIR) })
  const said: string[] = []
  never.parts.writes.submit(command('a'), (outcome) => said.push(text(outcome)), 0)
  t.strictSame(said, ['refused: this node is not the primary now'])

  const frozen = new Bench()
  frozen.lab.parts.standing.promise(ballot('3B'), () => {})
  t.equal(frozen.outcome('a'), 'refused: this node is not the primary now')

  const short = new Bench(ALONE, { settings: { minCopies: 2 } })
  const reason = '1 of 2 masters are reachable: bring a node back, or set min-copies to 1'
  t.equal(short.outcome('a'), `refused: ${reason}`)
})

t.test(
  'a retry is applied once: while under way, when done, and with the copies of now',
  async (t) => {
    const bench = new Bench()
    bench.submit('a', { id: '1' })
    bench.submit('a', { id: '1' })
    bench.lab.settle(1)
    t.strictSame(bench.said, [applied(1000), applied(1000)])
    t.equal(bench.outcome('a', { id: '1', nowMs: 2 }), applied(1000))
    t.equal(bench.lab.parts.stream.committedSeq, 2, 'what is done is put on every master again')
  },
)

t.test('a retry is recognised before its condition is judged', async (t) => {
  const bench = new Bench()
  const condition: Condition = { kind: 'absent' }
  t.equal(bench.outcome('a', { id: '1', condition }), applied(1000))
  t.equal(bench.outcome('a', { id: '1', condition, nowMs: 1 }), applied(1000))
  t.equal(bench.outcome('a', { id: '2', condition, nowMs: 2 }), `conflict ${stamp(1000)}`)
})

t.test('a retry under which the key was written again gets its own version', async (t) => {
  const bench = new Bench()
  bench.outcome('a', { id: '1' })
  bench.outcome('a', { id: '2', nowMs: 5 })
  t.equal(bench.outcome('a', { id: '1', nowMs: 6 }), applied(1000))
  t.equal(bench.lab.store.get('a')?.version, version(1005))
})

t.test('a retry over a newer entry is streamed under its own name', async (t) => {
  const bench = new Bench(PAIR)
  const write = (id: string, fingerprint: string, nowMs: number): unknown => {
    bench.submit('a', { id, fingerprint, nowMs })
    bench.lab.settle(nowMs)
    const call = bench.lab.call('replicate')
    if (call.request.kind !== 'replicate') return undefined
    const { firstSeq, records } = call.request
    bench.lab.answer(
      call,
      response(B, { kind: 'replicated', appliedSeq: firstSeq, isFull: false }),
      nowMs,
    )
    return records.map((r) => r.kind === 'entry' && [r.entry.requestId, r.entry.version, r.write])
  }
  const named = (id: string, print: string, at: Version): unknown => ({
    requestId: requestId(id),
    version: at,
    fingerprint: fingerprint(print),
  })
  write('1', 'f1', 0)
  write('2', 'f2', 5)
  t.strictSame(write('1', 'f1', 6), [
    [requestId('2'), version(1005), named('1', 'f1', version(1000))],
  ])
})

t.test('another write under a used request id is refused', async (t) => {
  const bench = new Bench()
  bench.submit('a', { id: '1', fingerprint: 'f1' })
  bench.submit('b', { id: '1', fingerprint: 'f2' })
  t.strictSame(bench.said, ['reused'])
  bench.lab.settle(1)
  t.equal(bench.outcome('a', { id: '1', fingerprint: 'f2' }), 'reused')
})

t.test('a request id is forgotten after a minute', async (t) => {
  for (const [nowMs, expected] of [
    [REMEMBER_MS, applied(1000)],
    [REMEMBER_MS + 1, applied(61_001)],
  ] as const) {
    const bench = new Bench()
    bench.outcome('a', { id: '1' })
    t.equal(bench.outcome('a', { id: '1', nowMs }), expected)
  }
})

t.test('the stored entry itself tells a retry after a restart, for a minute', async (t) => {
  for (const [age, expected] of [
    [REMEMBER_MS, applied(100)],
    [REMEMBER_MS + 1, applied(100 + REMEMBER_MS + 1)],
  ] as const) {
    const stored = entry('a', OLD, { requestId: '1', value: 'x' })
    const bench = new Bench(ALONE, { entries: [stored] })
    bench.lab.parts.self.setWall(100 + age, 0)
    t.equal(bench.outcome('a', { id: '1' }), expected)
  }
})

t.test('what only the stored entry told is remembered, however the key is written', async (t) => {
  const stored = entry('a', OLD, { requestId: '1', value: 'x' })
  const retry = (nowMs: number): CommandWords & { nowMs: number } => ({
    id: '1',
    value: 'x',
    nowMs,
  })
  const bench = new Bench(ALONE, { entries: [stored] })
  t.equal(bench.outcome('a', retry(0)), applied(100))
  t.equal(bench.outcome('a', { id: '2', nowMs: 1 }), applied(1001))
  t.equal(bench.outcome('a', retry(2)), applied(100))

  // Its key is being written: every master must hear of it all the same.
  const pair = new Bench(PAIR, { entries: [stored] })
  pair.submit('a', { id: '2' })
  pair.submit('a', retry(0))
  const { request } = pair.lab.call('replicate')
  const sent = request.kind === 'replicate' ? request.records : []
  t.strictSame(
    sent.map((r) => r.kind === 'entry' && [r.entry.requestId, r.write?.requestId]),
    [
      [requestId('2'), requestId('2')],
      [requestId('2'), requestId('1')],
    ],
  )
})

t.test('a retry finds its first attempt on its way in from another side', async (t) => {
  const bench = new Bench()
  const first = entry('a', OLD, { requestId: '1', value: 'x' })
  bench.lab.parts.stream.append({ entry: first, write: undefined }, () => {})
  // Judged anew, its own first attempt would be what it finds there.
  bench.submit('a', { id: '1', value: 'x', condition: { kind: 'exists' } })
  bench.lab.settle(0)
  t.strictSame(bench.said, [applied(100)])
  t.equal(bench.lab.store.get('a')?.version, OLD)
})

t.test('after a restart a request id still belongs to what is stored under it', async (t) => {
  const stored = entry('a', OLD, { requestId: '1', value: 'x' })
  const gone = entry('a', OLD, { requestId: '1' })
  const cases: [string, Entry, CommandWords, string][] = [
    ['the same put', stored, { value: 'x' }, applied(100)],
    ['another value', stored, { value: 'y' }, 'reused'],
    ['a longer value', stored, { value: 'xx' }, 'reused'],
    ['a delete', stored, { value: undefined }, 'reused'],
    ['with a time to live', stored, { value: 'x', ttlMs: 9000 }, 'reused'],
    ['the same delete', gone, { value: undefined }, applied(100)],
    ['a put', gone, { value: 'x' }, 'reused'],
  ]
  for (const [title, held, words, expected] of cases) {
    const bench = new Bench(ALONE, { entries: [held] })
    bench.lab.parts.self.setWall(200, 0)
    t.equal(bench.outcome('a', { id: '1', ...words }), expected, title)
  }
})

/** Was a master under B, remembers write 1 of its stream, and is primary now with this stored. */
function onceFollower(stored: Entry | undefined): Bench {
  const bench = new Bench(view('1B', 'B+ A+'), { me: A })
  const { follower, standing } = bench.lab.parts
  const { expiresAtMs: _, ...streamed } = entry('a', version(900), { requestId: '1', value: 'x' })
  const write = { requestId: requestId('1'), version: version(900), fingerprint: fingerprint('f1') }
  const records = [{ kind: 'entry', entry: { ...streamed, ttlLeftMs: undefined }, write }] as const
  const batch = { kind: 'replicate', ballot: ballot('1B'), firstSeq: 1, committedSeq: 0 } as const
  follower.replicate({ ...batch, records }, 1, 0)
  bench.lab.settle(0)
  const change: StoreChange =
    stored === undefined ? { kind: 'remove', key: 'a' } : { kind: 'put', entry: stored }
  bench.lab.store.apply([change], () => {})
  standing.accept(view('2A', 'A+', { history: '1B', roster: 'AB' }), 0, () => {})
  standing.activate(0)
  return bench
}

t.test('a remembered write that was rolled back is applied anew', async (t) => {
  const cases: readonly (readonly [Entry | undefined, string])[] = [
    [undefined, applied(1000)],
    [entry('a', version(899)), applied(1000)],
    [entry('a', version(900)), applied(900)],
    [entry('a', version(901)), applied(900)],
  ]
  for (const [stored, expected] of cases) {
    t.equal(onceFollower(stored).outcome('a', { id: '1' }), expected, stored?.version ?? 'none')
  }
})

t.test(
  'a full store takes deletes and no values, and neither does a full other master',
  async (t) => {
    const full = new Bench(ALONE, {
      bytesMax: 10,
      entries: [entry('z', OLD, { value: 'x'.repeat(99) })],
    })
    t.equal(full.outcome('a'), 'full')
    t.equal(full.outcome('z', { id: '2', value: undefined }), applied(1000))

    const other = new Bench(PAIR)
    other.lab.hear(B, 1, { isFull: true })
    t.equal(other.outcome('a', { nowMs: 1 }), 'full')
  },
)

t.test('too many writes or bytes under way: refused at once', async (t) => {
  const busy = 'refused: too many writes are under way: try again'
  const many = new Bench(PAIR)
  for (let i = 0; i < WRITES_MAX; i++) many.submit(`k${i}`, { id: String(i) })
  t.strictSame(many.said, [])
  many.submit('one more', { id: 'a' })
  t.strictSame(many.said, [busy])

  const large = new Bench(PAIR)
  const bytes = new Uint8Array(WRITE_BYTES_MAX)
  const half = bytes.subarray(0, WRITE_BYTES_MAX / 2)
  const submit = (key: string, value: Uint8Array): void => {
    const put = { kind: 'put', bytes: value, contentType: '', ttlMs: undefined } as const
    const given = { ...command(key, { id: key }), change: put }
    large.lab.parts.writes.submit(given, (outcome) => large.said.push(text(outcome)), 0)
  }
  submit('1', half)
  submit('2', bytes)
  t.strictSame(large.said, [busy])
  submit('3', half)
  t.strictSame(large.said, [busy])
  const lonely = new Bench(PAIR)
  lonely.lab.parts.writes.submit(
    { ...command('a'), change: { kind: 'put', bytes, contentType: '', ttlMs: undefined } },
    (outcome) => lonely.said.push(text(outcome)),
    0,
  )
  t.strictSame(lonely.said, [], 'one alone may be of any size')
})
