// What a node thinks of another: every way from unverified to dead and back.
import t from 'tap'
import { Lab } from './lab.ts'
import { MET, run, type Step, tellAll, Watch } from './member-watch.ts'
import { A, B, LATE, node, REFUSED, response, state, view } from './words.ts'

const STORIES: Readonly<Record<string, readonly Step[]>> = {
  'a beat makes it known, a ping makes it alive': MET,
  'a first ping that fails leaves it unverified, the next beat asks again': [
    ['beat', 0, 'unverified'],
    ['refused', 1, 'unverified'],
    ['beat', 250, 'unverified'],
    ['pong', 251, 'alive'],
  ],
  'never verified and silent: forgotten': [
    ['beat', 0, 'unverified'],
    ['tick', 1250, 'unverified'],
    ['tick', 1251, 'none'],
  ],
  'silent for more than 1250 ms: suspect; two pings without an answer: dead': [
    ...MET,
    ['tick', 1250, 'alive'],
    ['tick', 1251, 'suspect'],
    ['late', 1501, 'suspect'],
    ['late', 1751, 'dead'],
  ],
  'a beat ends a suspicion': [...MET, ['tick', 1251, 'suspect'], ['beat', 1300, 'alive']],
  'a suspect that answers a ping is alive again': [
    ...MET,
    ['tick', 1251, 'suspect'],
    ['pong', 1300, 'alive'],
    ['tick', 2550, 'alive'],
    ['tick', 2551, 'suspect'],
  ],
  'one failed ping and one that passes: alive, and two more must fail': [
    ...MET,
    ['tick', 1251, 'suspect'],
    ['late', 1501, 'suspect'],
    ['pong', 1502, 'alive'],
    ['tick', 2753, 'suspect'],
    ['late', 3003, 'suspect'],
    ['late', 3253, 'dead'],
  ],
  'a refused connection is proof at once': [...MET, ['call', 10, 'alive'], ['refused', 11, 'dead']],
  'another life at its address is proof at once': [
    ...MET,
    ['call', 10, 'alive'],
    ['other', 11, 'dead'],
  ],
  'a call broke, its ping is refused: dead': [
    ...MET,
    ['call', 10, 'alive'],
    ['broken', 11, 'suspect'],
    ['wake', 61, 'suspect'],
    ['refused', 62, 'dead'],
  ],
  'a node that is too busy to answer a ping is only suspect': [
    ...MET,
    ['call', 10, 'alive'],
    ['busy', 11, 'suspect'],
    ['wake', 61, 'suspect'],
    ['pong', 62, 'alive'],
  ],
  'a suspect that was not silent is alive again once it answers, and suspected again when it is': [
    ...MET,
    ['call', 10, 'alive'],
    ['late', 260, 'suspect'],
    ['pong', 300, 'alive'],
    ['tick', 1251, 'suspect'],
    ['late', 1501, 'suspect'],
    ['late', 1751, 'dead'],
  ],
  'a call broke, its ping passes: nothing happened': [
    ...MET,
    ['call', 10, 'alive'],
    ['pong', 11, 'alive'],
  ],
  'pings that fail while beats arrive are no verdict': [
    ...MET,
    ['call', 10, 'alive'],
    ['late', 260, 'suspect'],
    ['late', 510, 'suspect'],
    ['beat', 511, 'alive'],
  ],
  'a dead node that is heard again is alive': [
    ...MET,
    ['call', 10, 'alive'],
    ['refused', 11, 'dead'],
    ['beat', 250, 'alive'],
  ],
  'a goodbye ends this life for good, a new life begins unverified': [
    ...MET,
    ['bye', 10, 'left'],
    ['beat', 20, 'left'],
    ['reborn', 30, 'unverified'],
  ],
  'a new life is verified anew, and the old one is not heard any more': [
    ...MET,
    ['reborn', 10, 'unverified'],
    ['beat', 20, 'unverified'],
    ['other', 30, 'alive'],
    ['beat', 40, 'alive'],
  ],
  'the dead are remembered for an hour': [
    ...MET,
    ['call', 10, 'alive'],
    ['refused', 11, 'dead'],
    ['tick', 3_600_000, 'dead'],
    ['tick', 3_600_001, 'none'],
  ],
}

tellAll(STORIES, { isFellow: false })

t.test('one ping at a time', async (t) => {
  const w = new Watch()
  w.beat(0)
  w.beat(250)
  t.equal(w.pings, 1)
  w.ping('pong', 251)
  w.lab.parts.members.suspect(B, 300)
  w.lab.parts.members.suspect(B, 301)
  t.equal(w.pings, 1)
  w.tick(1600)
  t.equal(w.pings, 1)
})

t.test('alive and suspect count as alive, dead and left as gone', async (t) => {
  const w = new Watch()
  const { members } = w.lab.parts
  const seen = (): unknown => [members.isAlive(B), members.isGone(B), members.alive().length]
  w.beat(0)
  t.strictSame(seen(), [false, false, 0])
  w.ping('pong', 1)
  t.strictSame(seen(), [true, false, 1])
  w.tick(1252)
  t.strictSame(seen(), [true, false, 1])
  w.ping(REFUSED, 1253)
  t.strictSame(seen(), [false, true, 0])
  w.beat(1300)
  members.left(B, 1)
  t.strictSame(seen(), [false, true, 0])
  t.equal(members.isAlive(A), true)
  t.equal(members.isGone(A), false)
})

t.test('an older life and a goodbye of another life are ignored', async (t) => {
  const w = new Watch()
  w.beat(0, 3)
  t.equal(w.lab.hear(B, 1, { incarnation: 2 }), false)
  t.equal(w.lab.parts.members.get(B)?.lastHeardMs, 0)
  w.lab.parts.members.left(B, 2)
  t.equal(w.phase(), 'unverified')
})

t.test('a ping answer for a life that is over changes nothing', async (t) => {
  const w = new Watch()
  w.beat(0)
  w.beat(10, 2)
  w.ping('pong', 20)
  t.equal(w.phase(), 'unverified')
})

t.test('answers pings but is not heard: alive, and told so by our pings', async (t) => {
  const w = new Watch()
  w.beat(0)
  const first = w.lab.call('ping').request
  t.strictSame(first, { kind: 'ping', nonce: '1', hearsYou: true })
  const late = new Watch()
  late.beat(0)
  late.ping('pong', 1)
  late.tick(1251)
  const [ping] = late.lab.calls('ping')
  t.strictSame(ping?.request, { kind: 'ping', nonce: '2', hearsYou: false })
  if (ping !== undefined) {
    late.lab.answer(
      ping,
      response(B, { kind: 'pong', nonce: '2', id: B, incarnation: 1, others: [] }),
      1252,
    )
  }
  t.equal(late.phase(), 'alive')
  t.equal(late.lab.parts.members.get(B)?.isDeafUntilMs, -Infinity, 'it hears us, for all we know')
})

t.test('a stall of ours is nobody else’s silence', async (t) => {
  const w = new Watch()
  w.beat(0)
  w.ping('pong', 1)
  w.lab.parts.members.forgive(2000, 2100)
  t.equal(w.lab.parts.members.get(B)?.lastHeardMs, 2000)
  w.tick(3250)
  t.equal(w.phase(), 'alive')
  w.lab.parts.members.forgive(9000, 3300)
  t.equal(w.lab.parts.members.get(B)?.lastHeardMs, 3300)
})

t.test('a failed ping before a stall does not count after it', async (t) => {
  const w = new Watch()
  w.beat(0)
  w.ping('pong', 1)
  w.tick(1251)
  w.ping(LATE, 1501)
  w.lab.parts.members.forgive(1000, 2500)
  w.ping(LATE, 2501)
  t.equal(w.phase(), 'suspect')
})

t.test('alive since: the first verification, and every return from the dead', async (t) => {
  const w = new Watch()
  const since = (): number | undefined => w.lab.parts.members.get(B)?.aliveSinceMs
  w.beat(0)
  w.ping('pong', 7)
  t.equal(since(), 7)
  w.tick(1260)
  w.beat(1300)
  t.equal(since(), 7)
  w.ping(REFUSED, 1301)
  w.beat(1500)
  t.equal(since(), 1500)
})

t.test('its wall clock is compared at every beat', async (t) => {
  const { lab } = new Watch()
  lab.parts.self.setWall(10_000, 0)
  lab.hear(B, 5, { wallMs: 10_105 })
  t.equal(lab.parts.members.get(B)?.wallSkewMs, 100)
  lab.hear(B, 6, { wallMs: 10_000, address: 'b:2' })
  t.equal(lab.parts.members.get(B)?.wallSkewMs, -6)
  t.equal(lab.parts.members.get(B)?.address, 'b:2')
})

t.test('the 129th node of a cluster is not taken in', async (t) => {
  const { lab } = new Watch()
  const names = Array.from({ length: 127 }, (_, i) => (i + 256).toString(16))
  t.ok(names.every((name) => lab.hear(node(name), 0)))
  t.equal(lab.hear(B, 0), false)
  t.equal(lab.hear(node('100'), 1), true)
  t.strictSame(
    lab.new('log').map(({ level, event, fields }) => [level, event, fields]),
    [['warn', 'cluster-full', { id: B, nodesMax: 128 }]],
  )
  lab.parts.members.tick(1251, [])
  t.equal(lab.hear(B, 1252), true)
})

t.test('in a full cluster who is gone and in no roster gives way to a newcomer', async (t) => {
  const lab = new Lab({ me: A, state: state(view('2A', 'A+', { roster: 'AB' })) })
  const names = Array.from({ length: 125 }, (_, i) => (i + 256).toString(16))
  for (const name of ['B', 'C', ...names]) lab.hear(node(name), 0)
  lab.parts.members.left(B, 1)
  t.equal(lab.hear(node('D'), 1), false, 'B is in the roster')
  lab.parts.members.left(node('C'), 1)
  t.equal(lab.hear(node('D'), 2), true)
  t.equal(lab.parts.members.get(node('C')), undefined)
})

t.test('every verdict counts as a change', async (t) => {
  const w = new Watch()
  const { members } = w.lab.parts
  const seen: number[] = []
  const steps: Step[] = [...MET, ['beat', 250, ''], ['call', 260, ''], ['refused', 261, '']]
  for (const step of [...steps, ['tick', 3_600_251, ''] as const]) {
    run(w, step)
    seen.push(members.changes)
  }
  t.strictSame(seen, [1, 2, 2, 2, 3, 4])
})

t.test('a goodbye counts until a view lists the node anew, out of sight', async (t) => {
  const w = new Watch()
  for (const step of [...MET, ['bye', 250, ''] as const]) run(w, step)
  // The first view may be one of before the goodbye.
  const phases = ['AB', 'AB', 'A', 'AB'].map((roster) => {
    w.lab.parts.members.list(view('2A', 'A+', { roster }).roster)
    return w.phase()
  })
  t.strictSame(phases, ['left', 'left', 'left', 'dead'])
})
