// A damaged record is answered by nobody, and comes back from the other master.
import t from 'tap'
import { RECOVER_KEYS_MAX, REPAIR_PAUSE_MS } from '../../src/core/limits.ts'
import type { DamagedEntry } from '../../src/core/ports.ts'
import { toTravel } from '../../src/core/travel.ts'
import { Lab, type LabOptions, primaryLab } from './lab.ts'
import { A, B, C, LATE, ballot, command, entry, response, state, version, view } from './words.ts'

const V2 = view('2A', 'A+ B+')

/** Makes these keys of the store read back as nothing, as a damaged record does, until written. */
function damage(lab: Lab, keys: string | string[], known: string = version(5)): void {
  const { store } = lab
  const isBroken = new Set([keys].flat())
  const get = store.get.bind(store)
  const head = store.head.bind(store)
  const apply = store.apply.bind(store)
  store.get = (asked) => (isBroken.has(asked) ? undefined : get(asked))
  store.head = (asked) => (isBroken.has(asked) ? undefined : head(asked))
  store.apply = (changes, flushed) => {
    for (const change of changes) {
      if (change.kind === 'put') isBroken.delete(change.entry.key)
      else if (change.kind === 'remove') isBroken.delete(change.key)
    }
    apply(changes, flushed)
  }
  Object.assign(store, {
    isDamaged: (asked: string) => isBroken.has(asked),
    damaged: (countMax: number, after = ''): DamagedEntry[] =>
      [...isBroken]
        .filter((each) => each > after)
        .sort()
        .slice(0, countMax)
        .map((each) => ({ key: each, version: known || undefined })),
  })
}

function labOf(me: string, options: Partial<LabOptions> = {}): Lab {
  const entries = [entry('k', version(5)), entry('l', version(6))]
  const lab =
    me === A
      ? primaryLab(V2, { entries, ...options })
      : new Lab({ me, state: state(V2), entries, ...options })
  for (const id of [A, B]) if (id !== me) lab.hear(id, 0)
  lab.parts.leases.prove(me === A ? B : A, V2.ballot, 0)
  lab.take()
  return lab
}

t.test('a master asks the other one for what it cannot read, and takes it over', async (t) => {
  for (const me of [A, B]) {
    const lab = labOf(me)
    damage(lab, 'k')
    lab.parts.recovery.tick(1)
    const call = lab.call('recover')
    t.match(call, { to: me === A ? '10.0.0.11:80' : '10.0.0.10:80', request: { keys: ['k'] } })
    lab.parts.recovery.tick(2)
    t.same(lab.calls(), [], 'one question at a time')
    const entries = [toTravel(entry('k', version(5)), 0)]
    lab.answer(
      call,
      response(me === A ? B : A, { kind: 'recovered', entries, absent: [], seq: 0 }),
      3,
    )
    lab.take()
    t.equal(lab.store.get('k')?.version, version(5))
    lab.parts.recovery.tick(1000)
    t.same(lab.calls(), [])
  }
})

t.test('what the other master says must fit', async (t) => {
  const travel = (n: number) => [toTravel(entry('k', version(n)), 0)]
  /** What was readable of the damaged record, what the other says, what is then stored. */
  const cases: [string, string, object, string | undefined][] = [
    ['newer', version(5), { entries: travel(7), absent: [] }, version(7)],
    ['older: it is behind', version(5), { entries: travel(4), absent: [] }, undefined],
    ['any, when nothing is known', '', { entries: travel(4), absent: [] }, version(4)],
    ['damaged there too', version(5), { entries: [], absent: [] }, undefined],
    ['absent there, though written here', version(5), { entries: [], absent: ['k'] }, undefined],
  ]
  for (const [title, known, said, expected] of cases) {
    const lab = labOf(B)
    damage(lab, 'k', known)
    lab.parts.recovery.tick(1)
    const answer = { kind: 'recovered', seq: 0, ...said } as Parameters<typeof response>[1]
    lab.answer(lab.call('recover'), response(A, answer), 3)
    lab.take()
    t.equal(lab.store.get('k')?.version, expected, title)
    t.equal(lab.store.isDamaged('k'), expected === undefined, title)
    lab.parts.recovery.tick(3 + REPAIR_PAUSE_MS)
    t.equal(lab.calls('recover').length, expected === undefined ? 1 : 0, `${title}: asks again`)
  }
})

t.test('what cannot be mended does not hold up the rest, and is asked about again', async (t) => {
  const keys = Array.from({ length: 2 * RECOVER_KEYS_MAX + 1 }, (_, i) => `k${1000 + i}`)
  const lab = labOf(B)
  damage(lab, keys)
  let nowMs = 0
  /** The keys of the next question, first and last; what the other master has of them is given. */
  const ask = (has: string[], said: 'entries' | 'silence' = 'entries'): string => {
    nowMs += REPAIR_PAUSE_MS
    lab.parts.recovery.tick(nowMs)
    const call = lab.call('recover')
    if (call.request.kind !== 'recover') throw new Error('no question')
    const entries = has.map((key) => toTravel(entry(key, version(5)), 0))
    const answer = response(A, { kind: 'recovered', entries, absent: [], seq: 0 })
    lab.answer(call, said === 'entries' ? answer : LATE, nowMs)
    lab.take()
    return `${call.request.keys[0]} to ${call.request.keys.at(-1)}`
  }
  t.equal(ask([], 'silence'), 'k1000 to k1099')
  t.equal(ask([]), 'k1000 to k1099', 'nobody answered: once more')
  t.equal(ask(['k1100', 'k1150']), 'k1100 to k1199', 'damaged there too: on to the next')
  t.equal(ask(['k1200']), 'k1151 to k1200', 'the rest may not have fitted')
  t.equal(ask([]), 'k1000 to k1099', 'at the end from the start again')
  const mended = keys.filter((key) => !lab.store.isDamaged(key))
  t.same(mended, ['k1100', 'k1150', 'k1200'])
})

t.test('what the stream brought meanwhile stays', async (t) => {
  const lab = labOf(B)
  damage(lab, 'k')
  lab.parts.recovery.tick(1)
  const call = lab.call('recover')
  lab.store.apply([{ kind: 'put', entry: entry('k', version(9)) }], () => {})
  const entries = [toTravel(entry('k', version(8)), 0)]
  lab.answer(call, response(A, { kind: 'recovered', entries, absent: [], seq: 0 }), 3)
  lab.take()
  t.equal(lab.store.get('k')?.version, version(9))
})

t.test('an answer from another view is not used', async (t) => {
  const lab = labOf(B)
  damage(lab, 'k')
  lab.parts.recovery.tick(1)
  const call = lab.call('recover')
  lab.parts.standing.promise(ballot('3A'), () => {})
  const entries = [toTravel(entry('k', version(5)), 0)]
  lab.answer(call, response(A, { kind: 'recovered', entries, absent: [], seq: 0 }), 3)
  lab.take()
  t.equal(lab.store.isDamaged('k'), true)
})

t.test('a master gives what is settled: nothing that is damaged or being written', async (t) => {
  const lab = labOf(A)
  damage(lab, 'k')
  lab.parts.stream.append({ entry: entry('l', version(9)), write: undefined }, () => {})
  lab.take()
  const ask = (keys: string[], of = '2A'): unknown => {
    lab.parts.recovery.answer({ kind: 'recover', ballot: ballot(of), keys }, 1, 0)
    return lab.new('respond')[0]?.response
  }
  t.same(ask(['k', 'l', 'm']), { kind: 'recovered', entries: [], absent: ['m'], seq: 1 })
  t.match(ask(['k'], '1A'), { kind: 'fenced' })
  lab.parts.standing.promise(ballot('3B'), () => {})
  t.match(ask(['k']), { kind: 'fenced' })
})

t.test('nobody says "absent" for what is damaged', async (t) => {
  const read = { key: 'k', minVersion: undefined, knownVersion: undefined } as const
  for (const me of [A, B]) {
    for (const strength of me === A ? (['fresh', 'strong'] as const) : (['fresh'] as const)) {
      const lab = labOf(me)
      damage(lab, 'k')
      lab.parts.serving.read({ kind: 'read', ...read, strength }, 1, 5)
      t.match(
        lab.new('respond'),
        [{ response: { kind: 'unable', reason: /damaged/ } }],
        `${me} ${strength}`,
      )
    }
    const lab = labOf(me)
    damage(lab, 'k')
    const query = { kind: 'query', nonce: 1, key: 'k', minVersion: '', knownVersion: '' } as const
    lab.parts.serving.answerQuery('10.0.0.9:80', { ...query, mastersOnly: true }, 5)
    t.same(lab.new('send'), [], `${me} stays silent`)
  }
})

t.test(
  'a primary judges no condition by what it cannot read; any other write mends it',
  async (t) => {
    const submit = (condition: 'none' | 'absent' | 'exists', value?: string): string => {
      const lab = labOf(A)
      damage(lab, 'k')
      let said = 'written'
      lab.parts.writes.submit(
        command('k', { condition: { kind: condition }, value }),
        (outcome) => {
          said = outcome.kind === 'refused' ? outcome.reason : outcome.kind
        },
        5,
      )
      lab.take()
      return `${said.slice(0, 20)}, ${lab.store.isDamaged('k') ? 'damaged' : 'whole'}`
    }
    t.equal(submit('absent', 'x'), 'the entry is damaged, damaged')
    t.equal(submit('exists', 'x'), 'the entry is damaged, damaged')
    t.equal(submit('exists'), 'the entry is damaged, damaged', 'a delete with a condition')
    t.equal(submit('none', 'x'), 'written, whole')
    t.equal(submit('none'), 'written, whole', 'a delete')
  },
)

t.test(
  'a page of a mirror names what its source cannot read, and the target keeps its own',
  async (t) => {
    const target = new Lab({
      me: C,
      state: state(view('2A', 'A+ C-', { clock: version(10) })),
      entries: [entry('k', version(5)), entry('z', version(1))],
    })
    target.hear(A, 0)
    target.take()
    target.parts.mirror.tick(0)
    target.answer(
      target.call(),
      response(A, { kind: 'remembered', writes: [], last: undefined }),
      0,
    )
    const digest = new Uint8Array(524_288).fill(1)
    target.answer(target.call(), response(A, { kind: 'digest', digest }), 0)
    const page = { kind: 'page', items: [], damaged: ['k'], end: undefined } as const
    target.answer(target.call(), response(A, page), 0)
    target.settle(0)
    t.equal(target.store.get('k')?.version, version(5))
    t.equal(target.store.get('z'), undefined)
  },
)
