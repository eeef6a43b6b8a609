// What a packet must pass before the core hears of it.
import t from 'tap'
import type { Datagram } from '../../src/core/messages.ts'
import { type Challenge, PacketGate, type PacketRefusal } from '../../src/node/packet-gate.ts'
import { createKeyring, encodeDatagram, type Keyring } from '../../src/wire/datagram.ts'
import { BEAT, EXAMPLES, NODE, OTHER } from '../wire/examples.ts'

const SECRET = createKeyring('default', [Buffer.alloc(32, 7)])
const OPEN = createKeyring('default', [])
const FROM = '10.0.0.9:8181'
const WALL_MS = BEAT.wallMs

class Bench {
  nowMs = 0
  wallMs = WALL_MS
  /** What the challenge comes to. */
  isAlive = true
  readonly challenged: Challenge[] = []
  readonly clocksOff: number[] = []
  readonly refused: PacketRefusal[] = []
  readonly gate: PacketGate
  readonly #keyring: Keyring

  constructor(keyring = SECRET) {
    this.#keyring = keyring
    this.gate = new PacketGate(keyring, {
      clock: { monotonicMs: () => this.nowMs, wallMs: () => this.wallMs },
      selfId: () => OTHER,
      refusals: { count: (reason) => void this.refused.push(reason) },
      challenge: (challenge) => {
        this.challenged.push(challenge)
        return Promise.resolve(this.isAlive)
      },
      clockIsOff: (_, aheadMs) => void this.clocksOff.push(aheadMs),
    })
  }

  packet(counter: number, more: Partial<Packet> = {}): Uint8Array {
    const { id = NODE, incarnation = 7, datagram = BEAT, keyring = this.#keyring } = more
    const sender = { id, incarnation, clock: `0000018f00000102-${id}` }
    return encodeDatagram({ sender, counter }, datagram, keyring)
  }

  /** The kind of what was let through, or why it was not; undefined: dropped without a word. */
  opens(bytes: Uint8Array): string | undefined {
    const opened = this.gate.open(bytes, FROM)
    return opened?.datagram.kind ?? this.refused.pop()
  }
}

interface Packet {
  readonly id: string
  readonly incarnation: number
  readonly datagram: Datagram
  readonly keyring: Keyring
}

const beatAt = (wallMs: number): Datagram => ({ ...BEAT, wallMs })
/** Lets a challenge come to its end. */
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

t.test('the first heartbeat introduces its sender, and everything counts once', async (t) => {
  const bench = new Bench()
  const query = bench.packet(4, { datagram: EXAMPLES.query })
  t.equal(bench.opens(query), 'stranger')
  t.equal(bench.opens(bench.packet(5)), 'beat')
  t.equal(bench.opens(bench.packet(5)), 'replay')
  t.equal(bench.opens(query), 'replay', 'from before they met')
  t.equal(bench.opens(bench.packet(6, { datagram: EXAMPLES.query })), 'query')
  t.equal(bench.opens(bench.packet(6)), 'replay', 'kinds share their numbers')
  t.equal(bench.opens(bench.packet(8)), 'beat')
  t.equal(bench.opens(bench.packet(7, { datagram: EXAMPLES.goodbye })), 'goodbye', 'overtaken')
  t.same(bench.challenged, [])
})

t.test('an earlier life is over, a later one introduces itself again', async (t) => {
  const bench = new Bench()
  t.equal(bench.opens(bench.packet(1)), 'beat')
  t.equal(bench.opens(bench.packet(2, { incarnation: 6 })), 'replay')
  const goodbye = { incarnation: 8, datagram: EXAMPLES.goodbye }
  t.equal(bench.opens(bench.packet(1, goodbye)), 'stranger')
  t.equal(bench.opens(bench.packet(2, { incarnation: 8 })), 'beat')
  t.equal(bench.opens(bench.packet(2)), 'replay', 'the first life is an earlier one now')
})

t.test('what is not ours is refused before anything is remembered of it', async (t) => {
  const bench = new Bench()
  const foreign = createKeyring('default', [Buffer.alloc(32, 8)])
  const altered = Buffer.from(bench.packet(9))
  altered[30] = 9
  t.equal(bench.opens(bench.packet(9, { keyring: foreign })), 'key')
  t.equal(bench.opens(bench.packet(9, { keyring: createKeyring('other', []) })), 'cluster')
  t.equal(bench.opens(altered), 'tag')
  t.equal(bench.opens(Buffer.from('noise')), 'size')
  t.equal(bench.opens(bench.packet(9)), 'beat')
})

t.test('a known sender may have any clock: a clock that steps breaks nothing', async (t) => {
  const bench = new Bench()
  t.equal(bench.opens(bench.packet(1, { datagram: beatAt(WALL_MS + 30_000) })), 'beat')
  bench.wallMs += 3_600_000
  t.equal(bench.opens(bench.packet(2)), 'beat')
  t.equal(bench.opens(bench.packet(3, { datagram: beatAt(1) })), 'beat')
  t.same(bench.challenged, [])
})

t.test('a first heartbeat with a strange clock is challenged, and waits for that', async (t) => {
  for (const aheadMs of [-30_001, 30_001, -WALL_MS]) {
    const bench = new Bench()
    const strange = { datagram: beatAt(WALL_MS + aheadMs) }
    t.equal(bench.opens(bench.packet(5, strange)), 'stale')
    t.same(bench.challenged, [{ id: NODE, incarnation: 7, address: BEAT.address }])
    t.equal(bench.opens(bench.packet(6, strange)), 'stale', 'no answer yet')
    await turn()
    t.same(bench.clocksOff, [aheadMs])
    t.equal(bench.opens(bench.packet(5, strange)), 'replay')
    t.equal(bench.opens(bench.packet(7, strange)), 'beat')
    t.equal(bench.opens(bench.packet(8, { datagram: EXAMPLES.query })), 'query')
    t.equal(bench.challenged.length, 1)
  }
})

t.test('the old heartbeat of a dead node stays outside, and costs one call a second', async (t) => {
  const bench = new Bench()
  bench.isAlive = false
  const old = { datagram: beatAt(WALL_MS - 3_600_000) }
  for (let i = 0; i < 100; i++) {
    bench.nowMs = 20 * i
    t.equal(bench.opens(bench.packet(5, old)), 'stale')
    await turn()
  }
  t.equal(bench.challenged.length, 2)
  t.same(bench.clocksOff, [])
})

t.test('many old heartbeats at once cost few calls', async (t) => {
  const bench = new Bench()
  bench.isAlive = false
  for (let i = 0; i < 200; i++) {
    const id = i.toString(16).padStart(16, '0')
    t.equal(bench.opens(bench.packet(5, { id, datagram: beatAt(1) })), 'stale')
  }
  t.equal(bench.challenged.length, 8)
})

t.test('who is met while challenged has a right clock: an old packet came first', async (t) => {
  const bench = new Bench()
  t.equal(bench.opens(bench.packet(5, { datagram: beatAt(1) })), 'stale')
  t.equal(bench.opens(bench.packet(900)), 'beat')
  await turn()
  t.same(bench.clocksOff, [])
  t.equal(bench.opens(bench.packet(6, { datagram: beatAt(1) })), 'replay')
})

t.test('what multicast brings back of ours is dropped, but a twin is heard', async (t) => {
  const bench = new Bench()
  const own = { id: OTHER }
  for (let i = 0; i < 2; i++) {
    t.equal(bench.opens(bench.packet(1, own)), 'beat', 'the core looks whose address it has')
    t.equal(bench.opens(bench.packet(2, { ...own, datagram: EXAMPLES.query })), undefined)
  }
  const old = { ...own, datagram: beatAt(WALL_MS - 60_000) }
  t.equal(bench.opens(bench.packet(3, old)), 'stale', 'we had another address then')
})

t.test('without a secret numbers still count once, and no clock is looked at', async (t) => {
  const bench = new Bench(OPEN)
  t.equal(bench.opens(bench.packet(4, { datagram: EXAMPLES.query })), 'query')
  t.equal(bench.opens(bench.packet(4)), 'replay')
  t.equal(bench.opens(bench.packet(5, { datagram: beatAt(1) })), 'beat')
  t.same(bench.challenged, [])
})

t.test(
  '512 senders are remembered; one more waits until another was silent for a minute',
  async (t) => {
    const bench = new Bench()
    const nth = (i: number) => ({ id: i.toString(16).padStart(16, '0') })
    for (let i = 0; i < 512; i++) t.equal(bench.opens(bench.packet(1, nth(i))), 'beat')
    t.equal(bench.opens(bench.packet(1, nth(512))), 'crowded')
    t.equal(bench.opens(bench.packet(2, nth(0))), 'beat')
    bench.nowMs = 60_000
    t.equal(bench.opens(bench.packet(1, nth(512))), 'beat')
    t.equal(bench.opens(bench.packet(2, nth(0))), 'replay', 'the first was heard after the second')
  },
)

t.test('new keys count at once, and what is known of senders stays', async (t) => {
  const bench = new Bench()
  const next = createKeyring('default', [Buffer.alloc(32, 8)])
  t.equal(bench.opens(bench.packet(1)), 'beat')
  bench.gate.useKeyring(next)
  t.equal(bench.opens(bench.packet(2)), 'key')
  t.equal(bench.opens(bench.packet(1, { keyring: next })), 'replay')
  t.equal(bench.opens(bench.packet(2, { keyring: next })), 'beat')
})
