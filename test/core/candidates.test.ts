// Who proposes first, and who fills a vacancy: one line a cluster.
import t from 'tap'
import { audience } from '../../src/core/audience.ts'
import { whyHopeless } from '../../src/core/hopeless.ts'
import { HOLD_DOWN_MS, SEASONED_MS } from '../../src/core/limits.ts'
import type { Beat } from '../../src/core/messages.ts'
import type { NodeId } from '../../src/core/types.ts'
import { Lab } from './lab.ts'
import { A, B, ballot, C, D, entry, nameOf, state, version, view } from './words.ts'

const VIEW = view('2A', 'A+ B+')

type Peer = readonly [id: NodeId, beat: Partial<Beat>]

function lab(peers: readonly Peer[], nowMs = 0, keys = 0): Lab {
  const entries = Array.from({ length: keys }, (_, i) => entry(`${i}`, version(1)))
  const made = new Lab({ me: A, state: state(VIEW, { activated: VIEW.ballot }), entries })
  made.parts.self.setWall(0, 0)
  for (const [id, words] of peers) made.meet(id, nowMs, words)
  return made
}

t.test('a vacancy: most keys first, then the lower address', async (t) => {
  const cases: readonly (readonly [readonly Peer[], string])[] = [
    [
      [
        [B, {}],
        [C, {}],
        [D, {}],
      ],
      'BCD',
    ],
    [
      [
        [B, {}],
        [C, { keyCount: 1 }],
        [D, { keyCount: 2 }],
      ],
      'DCB',
    ],
    [
      [
        [B, { address: '10.0.0.9:80' }],
        [C, { address: '10.0.0.10:80' }],
      ],
      'CB',
    ],
    [
      [
        [B, { fingerprint: 8 }],
        [C, {}],
      ],
      'C',
    ],
    [
      [
        [B, { lineages: [ballot('2A')] }],
        [C, {}],
      ],
      'BC',
    ],
    [
      [
        [B, { lineages: [ballot('2A'), ballot('1C')] }],
        [C, {}],
      ],
      'C',
    ],
  ]
  for (const [peers, expected] of cases) {
    const { candidates, standing } = lab(peers).parts
    const order = candidates.forVacancy(SEASONED_MS, standing.view).map(nameOf).join('')
    t.equal(order, expected)
  }
})

t.test('a vacancy: seasoned before new, and held down only when there is no other', async (t) => {
  const { parts } = lab([[B, {}]], 0)
  const made = lab([[B, {}]], 0)
  made.meet(C, 1000, { keyCount: 9 })
  const { candidates, standing } = made.parts
  const order = (nowMs: number): string =>
    candidates.forVacancy(nowMs, standing.view).map(nameOf).join('')
  t.equal(order(SEASONED_MS - 1), 'CB')
  t.equal(order(SEASONED_MS), 'BC')
  t.equal(order(SEASONED_MS + 1000), 'CB')
  candidates.holdDown(C, 1000)
  t.equal(order(HOLD_DOWN_MS + 999), 'BC')
  t.equal(order(HOLD_DOWN_MS + 1000), 'CB')
  t.strictSame(parts.candidates.forVacancy(0, undefined), [B])
})

t.test('only who is alive and not suspect may fill a vacancy', async (t) => {
  const made = lab([
    [B, {}],
    [C, {}],
  ])
  made.hear(C, 1000)
  made.parts.members.tick(1300, [])
  t.strictSame(made.parts.candidates.forVacancy(1300, undefined), [C])
})

t.test(
  'rank: holders of the newest data, then the eligible, then keys, then addresses',
  async (t) => {
    const holds = (text: string): Partial<Beat> => ({ lineages: [ballot(text)] })
    const cases: readonly (readonly [readonly Peer[], number, number])[] = [
      [[], 0, 0],
      [[[B, {}]], 0, 0],
      [[[B, holds('2A')]], 0, 0],
      [[[B, holds('3B')]], 0, 1],
      [
        [
          [B, holds('3B')],
          [C, holds('3B')],
        ],
        0,
        2,
      ],
      [[[B, { ...holds('2A'), keyCount: 1 }]], 0, 1],
      [[[B, { ...holds('2A'), keyCount: 1 }]], 1, 0],
      [[[B, { ...holds('2A'), keyCount: 2 }]], 1, 1],
      [[[B, { ...holds('2A'), address: '1.0.0.0:80' }]], 0, 1],
      [[[B, { ...holds('2A'), keyCount: 9, fingerprint: 8 }]], 0, 0],
      [[[B, { ...holds('3B'), fingerprint: 8 }]], 0, 1],
    ]
    for (const [peers, keys, expected] of cases) {
      const { candidates } = lab(peers, 0, keys).parts
      t.equal(candidates.rank(), expected, JSON.stringify(peers.map(([, words]) => words)))
    }
  },
)

t.test('a clock is wrong when it is off the median; of two clocks nobody knows', async (t) => {
  /** The wall clocks of B, C and D against ours; who may be a master. */
  const cases: readonly (readonly [readonly number[], string])[] = [
    [[9000], 'B'],
    [[-9000], 'B'],
    [[2000, 0], 'BC'],
    [[2001, 0], 'C'],
    [[-2001, 0], 'C'],
    [[9000, 9000], 'BC'],
    [[9000, 9000, 0], 'BC'],
    [[9000, 0, 1], 'CD'],
  ]
  for (const [clocks, expected] of cases) {
    const ids = [B, C, D]
    const { candidates } = lab(clocks.map((wallMs, i) => [ids[i] ?? D, { wallMs }])).parts
    t.equal(candidates.forVacancy(0, undefined).map(nameOf).join(''), expected, clocks.join())
  }
})

t.test('a node of another mode is foreign', async (t) => {
  const made = lab([[B, {}]])
  made.hear(B, 1, { mode: 'majority' })
  const member = made.parts.members.get(B)
  t.equal(member !== undefined && made.parts.candidates.isForeign(member), true)
})

t.test('a node is foreign when no version of the protocol is common', async (t) => {
  const cases: readonly (readonly [ours: [number, number], theirs: [number, number], boolean])[] = [
    [[1, 1], [1, 1], false],
    [[1, 1], [2, 1], false],
    [[2, 1], [1, 1], false],
    [[2, 1], [3, 2], false],
    [[1, 1], [3, 2], true],
    [[3, 2], [1, 1], true],
    [[4, 3], [2, 1], true],
  ]
  for (const [[newest, oldest], [theirNewest, theirOldest], isForeign] of cases) {
    const made = new Lab({ me: A, protocol: { newest, oldest } })
    made.meet(B, 0, { protocol: { newest: theirNewest, oldest: theirOldest } })
    const member = made.parts.members.get(B)
    const found = member !== undefined && made.parts.candidates.isForeign(member)
    t.equal(found, isForeign, `${oldest} to ${newest} meets ${theirOldest} to ${theirNewest}`)
    t.equal(audience(made.parts).length, isForeign ? 0 : 1, 'and is asked for nothing then')
  }
})

t.test('a neighbour of another version may be a master', async (t) => {
  const made = lab([[B, {}]])
  made.meet(B, 1, { protocol: { newest: 2, oldest: 1 } })
  t.same(made.parts.candidates.forVacancy(1, undefined).includes(B), true)
})

t.test('beside an acting cluster of a far release a node founds nothing', async (t) => {
  const settings = { mode: 'available', voters: 0, minCopies: 1, valueBytesMax: 1000 } as const
  const far = { newest: 3, oldest: 2 }
  const sees = (...others: Peer[]) => {
    const made = new Lab({ me: A })
    for (const [id, words] of others) made.meet(id, 0, words)
    return whyHopeless(made.parts, settings)
  }
  const acting = { isActive: true, ballot: ballot('3B'), protocol: far }
  t.match(sees([B, acting]), /^the cluster at .* too far .*: upgrade in smaller steps$/)
  t.match(sees([B, { protocol: far }]), /too far/, 'nor while nobody acts there')
  t.equal(sees([B, { protocol: far, phase: 'joining' }]), undefined, 'it has no cluster either')
  t.equal(sees([B, acting], [C, {}]), undefined, 'its own release is in sight')
  const other = { protocol: far, phase: 'joining' } as const
  t.match(sees([B, other], [C, other]), /^2 nodes .* too far .* more than the 1 of its own: /)
  t.equal(sees([B, other], [C, other], [D, {}]), undefined, 'as many as of its own')
  t.equal(sees([B, { ...acting, protocol: { newest: 2, oldest: 1 } }]), undefined, 'a neighbour')
})
