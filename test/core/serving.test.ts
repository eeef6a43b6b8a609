// What a node may answer from what it holds: as a primary, as the other master, from a copy.
import t from 'tap'
import type { NodeRequest, NodeResponse } from '../../src/core/messages.ts'
import { toTravel } from '../../src/core/travel.ts'
import { TOO_OLD_REASON } from '../../src/core/session.ts'
import type { Copy, View } from '../../src/core/types.ts'
import { Lab, primaryLab } from './lab.ts'
import {
  A,
  addressOf,
  B,
  ballot,
  beat,
  C,
  command,
  entry,
  fingerprint,
  LATE,
  nameOf,
  requestId,
  response,
} from './words.ts'
import { sender, state, version, view } from './words.ts'

const V2 = view('2A', 'A+ B+')
const ALONE = view('2A', 'A+', { roster: 'A' })
const STORED = entry('k', version(5))

/** Every other master's heartbeat echoes ours that was sent at this moment. */
function prove(lab: Lab, sentMs: number, v: View = V2): void {
  const { leases, standing } = lab.parts
  const number = leases.nextBeat(sentMs)
  const other = lab.me === A ? B : A
  const isActive = !standing.isActive
  leases.heard(
    sender(other),
    beat(other, {
      ballot: v.ballot,
      promised: v.ballot,
      isActive,
      master: {
        committed: { stream: ballot('2A'), seq: 0 },
        holdsLease: true,
        echoes: [{ node: Number.parseInt(lab.me.slice(8), 16), incarnation: 1, beat: number }],
      },
    }),
  )
}

const otherLab = (v: View = V2): Lab => new Lab({ me: B, state: state(v), entries: [STORED] })

t.test('a master serves while its lease holds: 1000 ms after the proof', async (t) => {
  const primary = primaryLab(V2, { entries: [STORED] })
  const second = otherLab()
  for (const lab of [primary, second]) {
    const { serving } = lab.parts
    t.equal(serving.mayServe('k', 0), false, `${nameOf(lab.me)} without a proof`)
    prove(lab, 100)
    t.equal(serving.mayServe('k', 1100), true)
    t.equal(serving.mayServe('k', 1101), false)
    lab.parts.standing.promise(ballot('3C'), () => {})
    t.equal(serving.mayServe('k', 200), false, 'nor when it is frozen')
  }
})

t.test(
  'the age of a word: none at the primary, that of its proof at the other master',
  async (t) => {
    const second = otherLab()
    prove(second, 100)
    t.equal(second.parts.serving.masterAgeMs(500), 400)
    t.equal(primaryLab(V2).parts.serving.masterAgeMs(500), 0)
  },
)

t.test('a primary alone among those in sync needs no proof', async (t) => {
  for (const v of [ALONE, view('2A', 'A+ B-')]) {
    t.equal(primaryLab(v).parts.serving.mayServe('k', 9e9), true)
  }
})

t.test('nobody else serves from the store', async (t) => {
  const cases: readonly (readonly [string, Lab])[] = [
    ['syncing', otherLab(view('2A', 'A+ B-'))],
    ['no master', new Lab({ me: C, state: state(V2), entries: [STORED] })],
    ['another life', new Lab({ me: B, incarnation: 2, state: state(V2), entries: [STORED] })],
    ['no view', new Lab({ me: B })],
  ]
  for (const [title, lab] of cases) {
    prove(lab, 0)
    t.equal(lab.parts.serving.mayServe('k', 1), false, title)
  }
})

t.test('a key with a write under way is not served, its neighbours are', async (t) => {
  const primary = primaryLab(ALONE)
  primary.parts.writes.submit(command('k'), () => {}, 0)
  t.equal(primary.parts.serving.mayServe('k', 1), false)
  t.equal(primary.parts.serving.mayServe('l', 1), true)
  primary.settle(2)
  t.equal(primary.parts.serving.mayServe('k', 3), true)

  const second = otherLab()
  prove(second, 0)
  const write = { requestId: requestId('1'), version: version(6), fingerprint: fingerprint('f') }
  const records = [{ kind: 'entry', entry: toTravel(entry('k', version(6)), 0), write }] as const
  const batch = { kind: 'replicate', ballot: V2.ballot, firstSeq: 1, committedSeq: 0 } as const
  second.parts.follower.replicate({ ...batch, records }, 1, 1)
  t.equal(second.parts.serving.mayServe('k', 2), false)
  t.equal(second.parts.serving.mayServe('l', 2), true)
  second.parts.follower.committed(V2.ballot, 1)
  t.equal(second.parts.serving.mayServe('k', 3), true)
})

t.test('a copy is served for 1000 ms after its proof', async (t) => {
  const copy: Copy = { key: 'k', known: { kind: 'absent' }, provenAtMs: 100, run: 0 }
  const { coherence } = new Lab({ me: C }).parts
  t.equal(coherence.mayServe(copy, 1100), true)
  t.equal(coherence.mayServe(copy, 1101), false)
})

type Read = Extract<NodeRequest, { kind: 'read' }>

function read(lab: Lab, nowMs: number, more: Partial<Read> = {}): NodeResponse | undefined {
  const request: Read = {
    kind: 'read',
    key: 'k',
    minVersion: undefined,
    knownVersion: undefined,
    strength: 'fresh',
    ...more,
  }
  lab.parts.serving.read(request, 1, nowMs)
  return lab.new('respond').at(-1)?.response
}

const UNABLE = { kind: 'unable', reason: 'this node cannot vouch for the key now' }

t.test('another node’s read: found, unchanged, absent, or not able', async (t) => {
  const travel = toTravel(STORED, 0)
  const position = { stream: ALONE.start.stream, seq: 0 }
  const found = { kind: 'found', entry: travel, ageMs: 0, isMaster: true, position }
  const later = { kind: 'unable', reason: TOO_OLD_REASON }
  const cases: readonly (readonly [Partial<Read>, unknown])[] = [
    [{}, found],
    [{ knownVersion: version(4) }, found],
    [{ knownVersion: version(5) }, { kind: 'unchanged', ageMs: 0, position }],
    [{ minVersion: version(5) }, found],
    [{ minVersion: version(6) }, later],
    [{ key: 'l' }, { kind: 'absent', tombstone: '', ageMs: 0, position }],
    [{ strength: 'strong' }, found],
  ]
  for (const [more, expected] of cases) {
    const lab = primaryLab(ALONE, { entries: [STORED] })
    t.strictSame(read(lab, 5, more), expected, JSON.stringify(more))
  }
  const second = otherLab()
  prove(second, 100)
  t.strictSame(read(second, 150), { ...found, ageMs: 50 })
  t.strictSame(read(second, 1101), UNABLE)
  t.strictSame(read(second, 150, { strength: 'strong' }), {
    kind: 'unable',
    reason: 'this node is not the primary',
  })
})

t.test('another node’s read from a copy: only a proven, live entry', async (t) => {
  const expired = entry('k', version(5), { value: 'x', expiresAtMs: 40 })
  const cases: readonly (readonly [string, Copy['known'], number, unknown])[] = [
    [
      'live',
      { kind: 'entry', entry: STORED },
      50,
      {
        kind: 'found',
        entry: toTravel(STORED, 0),
        ageMs: 50,
        isMaster: false,
        position: { stream: ballot('0'), seq: 0 },
      },
    ],
    ['old', { kind: 'entry', entry: STORED }, 1001, UNABLE],
    ['absent', { kind: 'absent' }, 50, UNABLE],
    [
      'expired',
      { kind: 'entry', entry: expired },
      50,
      { kind: 'unable', reason: 'the copy has expired' },
    ],
  ]
  for (const [title, known, nowMs, expected] of cases) {
    const lab = new Lab({ me: C, state: state(V2) })
    lab.copies.set('k', { key: 'k', known, provenAtMs: 0, run: 0 })
    t.strictSame(read(lab, nowMs), expected, title)
  }
})

t.test('a read waits for the newest write of its moment, and for no later one', async (t) => {
  for (const strength of ['fresh', 'strong'] as const) {
    const lab = primaryLab(ALONE)
    lab.parts.self.setWall(1000, 0)
    lab.parts.writes.submit(command('k', { id: '1' }), () => {}, 0)
    t.equal(read(lab, 0, { strength }), undefined)
    lab.parts.writes.submit(command('k', { id: '2' }), () => {}, 1)
    lab.flush(2, 1)
    const [answer] = lab.new('respond')
    t.equal(answer?.response.kind === 'found' && answer.response.entry.version, version(1000))
  }
})

t.test('a read that waits when this node stops being primary cannot be answered', async (t) => {
  const lab = primaryLab(V2)
  lab.parts.writes.submit(command('k'), () => {}, 0)
  t.equal(read(lab, 0), undefined)
  lab.parts.standing.accept(view('3B', 'B+ A-', { history: '2A' }), 1, () => {})
  const reason = 'the primary changed while the key was being written'
  t.strictSame(lab.new('respond').at(0)?.response, { kind: 'unable', reason })
})

t.test('a primary without its lease answers strong reads only', async (t) => {
  const lab = primaryLab(V2, { entries: [STORED] })
  const reason = 'this primary has lost touch with the other master'
  t.strictSame(read(lab, 5), { kind: 'unable', reason })
  t.equal(read(lab, 5, { strength: 'strong' }), undefined)
})

t.test(
  'a strong read is true once every other in-sync master has confirmed the view',
  async (t) => {
    const strong = (lab: Lab): string[] => {
      const said: string[] = []
      lab.parts.serving.asPrimary({ key: 'k', strength: 'strong' }, 0, (word) =>
        said.push(word.kind),
      )
      return said
    }
    const holds = response(B, { kind: 'holds' })
    const fenced = response(B, { kind: 'fenced', promised: ballot('3C'), ballot: ballot('2A') })
    const ends: readonly (readonly [string, (lab: Lab) => void, string])[] = [
      ['it holds', (lab) => lab.answer(lab.call('barrier'), holds, 1), 'master'],
      ['it is fenced', (lab) => lab.answer(lab.call('barrier'), fenced, 1), 'unable'],
      ['it is silent', (lab) => lab.answer(lab.call('barrier'), LATE, 1), 'unable'],
      [
        'promised meanwhile',
        (lab) => {
          const call = lab.call('barrier')
          lab.parts.standing.promise(ballot('3C'), () => {})
          lab.answer(call, holds, 1)
        },
        'unable',
      ],
      [
        'another view meanwhile',
        (lab) => {
          const call = lab.call('barrier')
          lab.parts.standing.accept(view('4A', 'A+ B+', { history: '2A' }), 1, () => {})
          lab.parts.standing.activate(1)
          lab.answer(call, holds, 1)
        },
        'unable',
      ],
    ]
    for (const [title, end, expected] of ends) {
      const lab = primaryLab(V2, { entries: [STORED] })
      const said = strong(lab)
      t.strictSame(said, [], title)
      end(lab)
      t.strictSame(said, [expected], title)
    }
    t.strictSame(strong(primaryLab(view('2A', 'A+ B-'))), ['master'], 'nobody else is in sync')
    t.strictSame(strong(otherLab()), ['unable'], 'no primary')

    const three = primaryLab(view('2A', 'A+ B+ C+'))
    const said = strong(three)
    const [first, second] = three.calls('barrier')
    if (first !== undefined) three.answer(first, holds, 1)
    t.strictSame(said, [])
    if (second !== undefined) three.answer(second, holds, 2)
    t.strictSame(said, ['master'])
  },
)

t.test('a question by multicast: masters say found or absent, copies only found', async (t) => {
  const ask = (
    lab: Lab,
    key: string,
    more: { nonce?: number; mastersOnly?: boolean; knownVersion?: string } = {},
  ): string => {
    const query = {
      kind: 'query',
      nonce: 1,
      key,
      minVersion: '',
      knownVersion: '',
      mastersOnly: false,
      ...more,
    } as const
    lab.parts.serving.answerQuery(addressOf(C), query, 50)
    return lab
      .new('send')
      .map(({ datagram: d }) => {
        if (d.kind === 'answer')
          return `${d.isMaster ? 'master' : 'copy'} ${d.inline === undefined ? 'name' : 'value'} ${d.ageMs}`
        return d.kind === 'absent' ? `absent ${d.tombstone === '' ? 'never' : 'deleted'}` : d.kind
      })
      .join(', ')
  }
  const primary = primaryLab(ALONE, {
    entries: [
      STORED,
      entry('dead', version(6), {}),
      entry('big', version(7), { value: 'x'.repeat(901) }),
    ],
  })
  t.equal(ask(primary, 'k'), 'master value 0')
  t.equal(ask(primary, 'k', { knownVersion: version(5) }), 'master name 0')
  t.equal(ask(primary, 'big'), 'master name 0')
  t.equal(ask(primary, 'none'), 'absent never')
  t.equal(ask(primary, 'dead'), 'absent deleted')

  const cacher = new Lab({ me: C, state: state(V2) })
  cacher.copies.set('k', {
    key: 'k',
    known: { kind: 'entry', entry: STORED },
    provenAtMs: 10,
    run: 0,
  })
  cacher.copies.set('gone', { key: 'gone', known: { kind: 'absent' }, provenAtMs: 10, run: 0 })
  t.equal(ask(cacher, 'k'), 'copy value 40')
  t.equal(ask(cacher, 'k', { mastersOnly: true }), '')
  t.equal(ask(cacher, 'gone'), '')
  t.equal(ask(cacher, 'none'), '')
})

t.test('about two of many holders of a copy answer one question', async (t) => {
  const letters = Array.from({ length: 40 }, (_, i) => String.fromCharCode(0x61 + (i % 6)))
  const roster = view('2A', 'A+ B+', { roster: letters.join('') })
  const cacher = new Lab({ me: C, state: state(roster) })
  cacher.copies.set('k', {
    key: 'k',
    known: { kind: 'entry', entry: STORED },
    provenAtMs: 0,
    run: 0,
  })
  for (let nonce = 0; nonce < 10_000; nonce++) {
    const query = {
      kind: 'query',
      nonce,
      key: 'k',
      minVersion: '',
      knownVersion: '',
      mastersOnly: false,
    } as const
    cacher.parts.serving.answerQuery(addressOf(A), query, 1)
  }
  const share = cacher.new('send').length / 10_000
  t.ok(Math.abs(share - 2 / 38) < 0.01, `${share} of ${2 / 38}`)
})
