// Session reads: an answer comes after the write that the client names, at whatever node it asks.
import t from 'tap'
import type { CallAnswer } from '../../src/core/messages.ts'
import { DEADLINE_MS } from '../../src/core/limits.ts'
import { TOO_OLD_REASON } from '../../src/core/session.ts'
import { toTravel } from '../../src/core/travel.ts'
import type { Entry } from '../../src/core/types.ts'
import { Lab, type LabOptions, primaryLab } from './lab.ts'
import {
  A,
  addressOf,
  B,
  ballot,
  beat,
  C,
  D,
  entry,
  response,
  sender,
  state,
  version,
  view,
} from './words.ts'

/** The view began at version 100; B was primary before, A is now. */
const V2 = view('2A', 'A+ B+', { history: '1B', clock: version(100, 'A') })

const POSITION = { stream: V2.start.stream, seq: 0 }

t.test('whose word is enough for a version', async (t) => {
  const primary = primaryLab(V2)
  primary.parts.self.stored(version(500, 'A'))
  const second = new Lab({ me: B, state: state(V2) })
  const bystander = new Lab({ me: C, state: state(V2) })
  const old = entry('k', version(50, 'B'))
  const gone = entry('k', version(300, 'A'), {})
  /** What is held, what is asked for, and who may answer. */
  const cases: [string, Entry | undefined, string | undefined, string][] = [
    ['nothing is asked for', undefined, undefined, 'ABC'],
    ['the version itself', gone, version(300, 'A'), 'ABC'],
    ['a newer one', gone, version(299, 'A'), 'ABC'],
    ['older, from before the view, by another writer', old, version(99, 'B'), ''],
    ['nothing, from before the view, by another writer', undefined, version(99, 'B'), ''],
    ['older, stamped by the primary: purged since', old, version(200, 'A'), 'A'],
    ['stamped by the primary, in the future', old, version(501, 'A'), ''],
    ['stamped in this time by nobody who was primary', old, version(200, 'C'), ''],
  ]
  for (const [title, held, min, expected] of cases) {
    const labs = { A: primary, B: second, C: bystander }
    const enough = Object.entries(labs).filter(([, lab]) => lab.parts.session.isEnough(held, min))
    t.equal(enough.map(([name]) => name).join(''), expected, title)
  }
})

t.test(
  'from before the view, where nothing is held: whether another side may hold it',
  async (t) => {
    const here = { ballot: V2.ballot, promised: V2.ballot }
    const meetAll = (lab: Lab): void => {
      lab.meet(B, 0, here)
      lab.meet(C, 0, here)
    }
    const owing = state(V2, { owed: [view('1C', 'C+ A+')] })
    /** What is so at the primary, what it has heard, and whether nothing is an answer. */
    const cases: [string, Partial<LabOptions>, (lab: Lab) => void, boolean][] = [
      ['everybody is in this view', {}, meetAll, true],
      ['a node of the roster is away', {}, (lab) => lab.meet(B, 0, here), false],
      [
        'a node names another view',
        {},
        (lab) => {
          meetAll(lab)
          lab.hear(C, 0, { ...here, ballot: ballot('1B') })
        },
        false,
      ],
      [
        'a node holds another history',
        {},
        (lab) => {
          meetAll(lab)
          lab.hear(D, 0, { lineages: [ballot('1D')] })
        },
        false,
      ],
      ['this node owes another history', { state: owing }, meetAll, false],
      ['majority mode has one history', { settings: { mode: 'majority' } }, () => {}, true],
    ]
    for (const [title, options, prepare, expected] of cases) {
      const lab = primaryLab(V2, options)
      prepare(lab)
      t.equal(lab.parts.session.isEnough(undefined, version(99, 'B')), expected, title)
      t.equal(lab.parts.session.isEnough(undefined, version(101, 'B')), false, `${title}, later`)
    }
    const second = new Lab({ me: B, state: state(V2) })
    second.meet(A, 0, here)
    second.meet(C, 0, here)
    t.equal(second.parts.session.isEnough(undefined, version(99, 'B')), false, 'the second master')
  },
)

t.test('a deposed primary does not vouch for what it stamped', async (t) => {
  const lab = primaryLab(V2)
  lab.parts.self.stored(version(500, 'A'))
  t.equal(lab.parts.session.isEnough(undefined, version(200, 'A')), true)
  lab.parts.standing.promise(ballot('3B'), () => {})
  t.equal(lab.parts.session.isEnough(undefined, version(200, 'A')), false)
  t.equal(lab.parts.session.isEnough(undefined, version(99, 'A')), false)
})

t.test('without the rule anything is enough', async (t) => {
  const lab = new Lab({ me: B, state: state(V2), rules: { sessionReads: false } })
  t.equal(lab.parts.session.isEnough(undefined, version(200, 'A')), true)
  t.equal(lab.parts.session.isCopyEnough(undefined, version(200, 'A')), true)
})

t.test('a copy is enough only with its own version', async (t) => {
  const { session } = new Lab({ me: C, state: state(V2) }).parts
  t.equal(session.isCopyEnough(entry('k', version(99)), version(99)), true)
  t.equal(session.isCopyEnough(entry('k', version(98)), version(99)), false)
  t.equal(session.isCopyEnough(undefined, version(99)), false, 'a copied absence')
})

const W = entry('k', version(200, 'A'))
const QUERY = { nonce: 7, key: 'k', knownVersion: '', mastersOnly: false } as const

t.test('a master that is behind stays silent to a query, and so does a copy', async (t) => {
  const ask = (lab: Lab, minVersion: string): string => {
    lab.parts.serving.answerQuery('10.0.0.9:80', { kind: 'query', ...QUERY, minVersion }, 10)
    const [sent] = lab.new('send')
    return sent?.datagram.kind ?? 'silent'
  }
  const second = new Lab({ me: B, state: state(V2), entries: [W] })
  second.parts.leases.prove(A, V2.ballot, 5)
  t.equal(ask(second, version(200, 'A')), 'answer')
  t.equal(ask(second, version(201, 'A')), 'silent')
  const holder = new Lab({ me: C, state: state(V2), random: () => 0 })
  holder.copies.set('k', { key: 'k', known: { kind: 'entry', entry: W }, provenAtMs: 5, run: 0 })
  t.equal(ask(holder, version(200, 'A')), 'answer')
  t.equal(ask(holder, version(201, 'A')), 'silent')
})

/** A node that looks a version up, and what it hears. */
class Reader {
  readonly lab = new Lab({ me: C, state: state(V2) })

  constructor() {
    this.lab.hear(A, 0)
    this.lab.hear(B, 0)
    this.lab.take()
  }

  read(minVersion: string | undefined, ticket = 1): void {
    this.lab.parts.lookups.read(ticket, { key: 'k', strength: 'fresh', minVersion }, 0)
  }

  /** `1 found`, for each ticket that ended. */
  ended(): string[] {
    return this.lab.new('finish').map(({ ticket, outcome }) => `${ticket} ${outcome.kind}`)
  }

  /** After the query found nobody: asks the primary, which says this. */
  answer(answer: CallAnswer): void {
    const wakes = this.lab.new('wake')
    for (const { ticket } of wakes) this.lab.out.woken(ticket, 30)
    const [call] = this.lab.calls('read')
    if (call === undefined) throw new Error('nobody is asked')
    t.match(call, { to: addressOf(A), request: { minVersion: W.version } })
    this.lab.answer(call, answer, 31)
  }
}

t.test(
  'answers to a query that are older are left aside; a master’s own word is taken',
  async (t) => {
    const reader = new Reader()
    reader.read(W.version)
    const [sent] = reader.lab.take().flatMap((e) => (e.kind === 'send' ? [e.datagram] : []))
    if (sent?.kind !== 'query') throw new Error('no query')
    t.equal(sent.minVersion, W.version)
    const { nonce } = sent
    const about = { kind: 'absent', nonce, position: POSITION, ageMs: 0 } as const
    reader.lab.parts.lookups.absent(sender(A), { ...about, tombstone: '' }, 1)
    reader.lab.parts.lookups.absent(sender(A), { ...about, tombstone: version(199, 'A') }, 1)
    t.same(reader.ended(), [])
    reader.lab.parts.lookups.absent(sender(A), { ...about, tombstone: version(200, 'A') }, 1)
    t.same(reader.ended(), ['1 absent'])
  },
)

t.test('the primary says that there is nothing, after that write: it was purged', async (t) => {
  const reader = new Reader()
  reader.read(W.version)
  reader.answer(response(A, { kind: 'absent', tombstone: '', ageMs: 0, position: POSITION }))
  t.same(reader.ended(), ['1 absent'])
})

t.test('a read that names no version does not wait for one that does', async (t) => {
  const reader = new Reader()
  reader.read(W.version, 1)
  reader.read(undefined, 2)
  t.equal(reader.lab.parts.lookups.count, 2)
  reader.read(W.version, 3)
  t.equal(reader.lab.parts.lookups.count, 2, 'those that name the same one wait together')
})

t.test('a version that nobody has ends with a reason at the deadline', async (t) => {
  const reader = new Reader()
  reader.read(W.version)
  reader.answer(response(A, { kind: 'unable', reason: TOO_OLD_REASON }))
  reader.lab.parts.lookups.tick(DEADLINE_MS)
  t.match(reader.lab.new('finish'), [{ outcome: { kind: 'unreachable', reason: TOO_OLD_REASON } }])
  t.equal(reader.lab.parts.lookups.count, 0)
})

t.test('a master that is behind asks the primary, and says that it did', async (t) => {
  const lab = new Lab({ me: B, state: state(V2), entries: [entry('k', version(50))] })
  lab.parts.leases.prove(A, V2.ballot, 0)
  lab.parts.leases.heard(sender(A), beat(A))
  lab.hear(A, 0)
  lab.parts.lookups.read(1, { key: 'k', strength: 'fresh', minVersion: W.version }, 0)
  for (const { ticket } of lab.new('wake')) lab.out.woken(ticket, 30)
  const found = {
    kind: 'found',
    entry: toTravel(W, 0),
    ageMs: 0,
    isMaster: true,
    position: POSITION,
  } as const
  lab.answer(lab.call('read'), response(A, found), 31)
  t.match(lab.new('finish'), [{ outcome: { kind: 'found', source: 'fetched', ageMs: 31 } }])
})
