// Where packets go by unicast: to those whom multicast does not reach, and to those looked for.
import t from 'tap'
import { BEAT_EVERY_MS, OWN_ID_LOG_EVERY_MS, SUSPECT_AFTER_MS } from '../../src/core/limits.ts'
import type { Beat } from '../../src/core/messages.ts'
import { NodeCore } from '../../src/core/node.ts'
import {
  GREET_MS,
  INTRODUCED_FOR_MS,
  INVALIDATED_BY_UNICAST_MAX,
  SEEDS_MAX,
  SEEK_EVERY_MS,
  UNICAST_AFTER_MS,
  UNICAST_FOR_MS,
} from '../../src/core/reach-limits.ts'
import { Requests } from '../../src/core/requests.ts'
import { ALL_RULES } from '../../src/core/rules.ts'
import type { NodeId } from '../../src/core/types.ts'
import { MemoryStore } from '../../src/storage/memory-store.ts'
import { Lab, primaryLab } from './lab.ts'
import { A, addressOf, B, beat, C, command, node, sender, state, view } from './words.ts'

/** When everybody in a lab was met long enough ago. Unit: ms. */
const LATER = GREET_MS + 5000

/** To whom the heartbeat of this moment goes, the group left out. */
function reached(lab: Lab, nowMs: number): string[] {
  lab.take()
  lab.parts.beats.hurry()
  lab.parts.beats.sendIfDue(nowMs)
  return lab.new('send').flatMap(({ to }) => (to === 'everyone' ? [] : [to]))
}

/** A node that met others long ago, and hears them by multicast at `LATER`. */
function labWith(...others: NodeId[]): Lab {
  const lab = new Lab({ me: A })
  for (const id of others) {
    lab.meet(id, 0)
    lab.hear(id, LATER, { beat: 2 })
  }
  return lab
}

function byUnicast(lab: Lab, id: NodeId, nowMs: number, more: Partial<Beat> = {}): void {
  lab.parts.members.heard(sender(id), { beat: beat(id, more), way: 'unicast' }, nowMs)
}

t.test('a node that was just met gets our heartbeats directly: it may be deaf', async (t) => {
  const lab = new Lab({ me: A })
  lab.meet(B, 100)
  t.same(reached(lab, 99 + GREET_MS - UNICAST_AFTER_MS), [addressOf(B)])
  lab.hear(B, 99 + GREET_MS, { beat: 2 })
  t.same(reached(lab, 99 + GREET_MS), [addressOf(B)])
  t.same(reached(lab, 100 + GREET_MS), [])
})

t.test('a node whose multicast is silent gets unicast, until it is heard again', async (t) => {
  const lab = labWith(B, C)
  lab.hear(C, LATER + UNICAST_AFTER_MS, { beat: 3 })
  t.same(reached(lab, LATER + UNICAST_AFTER_MS), [])
  t.same(reached(lab, LATER + UNICAST_AFTER_MS + 1), [addressOf(B)])
  byUnicast(lab, B, LATER + UNICAST_AFTER_MS + 2, { beat: 4 })
  t.same(reached(lab, LATER + UNICAST_AFTER_MS + 2), [addressOf(B)], 'unicast is no multicast')
  lab.hear(B, LATER + UNICAST_AFTER_MS + 3, { beat: 4 })
  t.same(reached(lab, LATER + UNICAST_AFTER_MS + 3), [])
})

t.test('a node that says that it is deaf is believed for a while', async (t) => {
  const lab = labWith(B)
  lab.parts.members.isNotHeardBy(B, LATER)
  const heard = (nowMs: number): string[] => {
    lab.hear(B, nowMs, { beat: nowMs })
    return reached(lab, nowMs)
  }
  t.same(heard(LATER + UNICAST_FOR_MS - 1), [addressOf(B)])
  t.same(heard(LATER + UNICAST_FOR_MS), [])
})

t.test('who is dead or has left gets nothing', async (t) => {
  const lab = labWith(B)
  lab.parts.members.isNotHeardBy(B, LATER)
  lab.parts.members.left(B, 1)
  t.same(reached(lab, LATER + 1), [])
})

t.test('a goodbye and invalidations go where the last heartbeat went', async (t) => {
  const lab = labWith(B)
  reached(lab, LATER + UNICAST_AFTER_MS + 1)
  lab.parts.reach.sendToAll({ kind: 'goodbye', reason: '' })
  t.same(
    lab.new('send').map(({ to }) => to),
    ['everyone', addressOf(B)],
  )
  const names = Array.from({ length: INVALIDATED_BY_UNICAST_MAX + 3 }, (_, i) => node(`1${i}`))
  const many = labWith(...names)
  t.equal(reached(many, LATER + UNICAST_AFTER_MS + 1).length, names.length)
  many.parts.reach.sendToMost({ kind: 'goodbye', reason: '' })
  t.equal(many.new('send').length, 1 + INVALIDATED_BY_UNICAST_MAX)
})

t.test(
  'a query goes directly to masters whom multicast does not reach, and to no others',
  async (t) => {
    const lab = new Lab({ me: A, state: state(view('2B', 'B+', { roster: 'ABC' })) })
    for (const id of [B, C]) lab.meet(id, 0)
    t.same(reached(lab, LATER), [addressOf(B), addressOf(C)])
    const query = {
      kind: 'query',
      nonce: 1,
      key: 'k',
      minVersion: '',
      knownVersion: '',
      mastersOnly: false,
    } as const
    lab.parts.reach.sendQuery(query)
    t.same(
      lab.new('send').map(({ to }) => to),
      ['everyone', addressOf(B)],
    )
  },
)

t.test('who is in the roster and not there is looked for, once a second', async (t) => {
  const lab = new Lab({ me: A, state: state(view('2A', 'A+', { roster: 'ABC' })) })
  lab.parts.self.phase = 'member'
  t.same(reached(lab, 0), [addressOf(B), addressOf(C)])
  t.same(reached(lab, SEEK_EVERY_MS - 1), [])
  lab.meet(B, SEEK_EVERY_MS - 1)
  t.same(reached(lab, SEEK_EVERY_MS), [addressOf(B), addressOf(C)], 'B was just met')
  lab.hear(B, LATER, { beat: 9 })
  t.same(reached(lab, LATER), [addressOf(C)])
})

t.test('addresses that an operator names are looked for until somebody is there', async (t) => {
  const lab = labWith(B)
  lab.parts.self.phase = 'member'
  lab.parts.reach.lookFor(['10.9.9.9:1', addressOf(B), addressOf(A)])
  t.same(reached(lab, LATER), ['10.9.9.9:1'], 'not where B is, and not where this node is')
  t.same(reached(lab, LATER + 1), [])
  lab.parts.reach.lookFor(['10.9.9.8:1'])
  t.same(reached(lab, LATER + 2), ['10.9.9.8:1'], 'at once, and in place of the others')
  const many = Array.from({ length: SEEDS_MAX + 1 }, (_, i) => `10.9.9.${i}:1`)
  lab.parts.reach.lookFor(many)
  t.same(reached(lab, LATER + 3), many.slice(0, SEEDS_MAX))
})

t.test('who is heard only by unicast, or badly, is told so every five seconds', async (t) => {
  const lab = new Lab({ me: A })
  byUnicast(lab, B, 0)
  const verify = lab.call('ping')
  t.match(verify.request, { kind: 'ping', hearsYou: false })
  const pong = (call: typeof verify, nowMs: number): void => {
    if (call.request.kind !== 'ping') return
    const { nonce } = call.request
    const answer = { kind: 'pong', nonce, id: B, incarnation: 1, others: [] } as const
    lab.answer(call, { kind: 'response', sender: sender(B), response: answer }, nowMs)
  }
  pong(verify, 1)
  const told: number[] = []
  for (let nowMs = 250; nowMs <= 11_000; nowMs += 250) {
    byUnicast(lab, B, nowMs, { beat: nowMs })
    lab.parts.members.tick(nowMs, [])
    for (const call of lab.calls('ping')) {
      t.match(call.request, { hearsYou: false })
      told.push(nowMs)
      pong(call, nowMs)
    }
  }
  // At first twice a second: whoever is asked may know more of the others each time.
  t.same(told, [500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, 10_000])
  lab.hear(B, 15_000, { beat: 15_000 })
  lab.parts.members.tick(15_000, [])
  t.same(lab.calls('ping'), [], 'its multicast is back')
})

t.test('who is not heard at all is suspected, however it was heard before', async (t) => {
  const lab = new Lab({ me: A })
  lab.meet(B, 0)
  byUnicast(lab, B, 1000, { beat: 2 })
  lab.parts.members.tick(1000 + SUSPECT_AFTER_MS, [])
  t.equal(lab.parts.members.get(B)?.phase, 'alive')
  lab.parts.members.tick(1001 + SUSPECT_AFTER_MS, [])
  t.equal(lab.parts.members.get(B)?.phase, 'suspect')
})

t.test(
  'a member that moved is called at its new address; the old one says nothing of it',
  async (t) => {
    const lab = new Lab({ me: A })
    lab.hear(B, 0, { beat: 5 })
    const verify = lab.call('ping')
    lab.hear(B, 1, { beat: 6, address: '10.9.9.9:1' })
    lab.hear(B, 2, { beat: 5 })
    t.equal(
      lab.parts.members.get(B)?.address,
      '10.9.9.9:1',
      'a beat that was overtaken is old news',
    )
    lab.answer(verify, { kind: 'refused' }, 3)
    t.equal(lab.call('ping').to, '10.9.9.9:1')
    t.equal(lab.parts.members.get(B)?.phase, 'unverified')
  },
)

t.test('a node that moves says so at once, and knows what it said before as its own', async (t) => {
  const store = new MemoryStore({
    nodeId: A,
    incarnation: 1,
    state: undefined,
    bytesMax: undefined,
    flushLater: () => {},
  })
  const core = new NodeCore(
    {
      store,
      copies: { get: () => undefined, byHash: () => undefined, hashes: () => [] },
      random: () => 0.5,
    },
    {
      identity: {
        id: A,
        incarnation: 1,
        address: '127.0.0.1:80',
        isWitness: false,
        state: state(undefined),
      },
      settings: { mode: 'available', voters: 0, minCopies: 1, valueBytesMax: 1000 },
      fingerprint: 7,
      rules: ALL_RULES,
    },
  )
  core.step({ kind: 'tick', wallMs: 0 }, 0)
  const effects = core.step({ kind: 'moved', address: addressOf(A) }, 10)
  t.match(effects, [{ kind: 'send', to: 'everyone', datagram: { address: addressOf(A) } }])
  const hear = (address: string, nowMs = 20) =>
    core.step(
      {
        kind: 'datagram',
        from: address,
        way: 'multicast',
        sender: sender(A),
        datagram: beat(A, { address }),
      },
      nowMs,
    )
  t.same(hear('127.0.0.1:80'), [])
  t.match(hear('10.9.9.9:80'), [{ event: 'id-used-twice' }, { kind: 'stop' }])
  t.match(hear('10.9.9.9:80'), [{ kind: 'stop' }], 'logged once a minute')
  t.match(hear('10.9.9.9:80', 20 + OWN_ID_LOG_EVERY_MS), [{ event: 'id-used-twice' }, {}])
  t.equal(core.status(20).node.address, addressOf(A))
  core.step({ kind: 'write', ticket: 1, command: command('k') }, 20)
})

t.test('a primary lists a node, and itself, where they are now', async (t) => {
  const v2 = view('2A', 'A+ B+', { roster: 'AB' })
  const why = (lab: Lab, nowMs: number): string => {
    lab.take()
    lab.parts.triggers.consider(nowMs)
    const logs = lab.new('log').filter((log) => log.event === 'view-proposed')
    return logs.map((log) => String(log.fields['reason'])).join()
  }
  const other = primaryLab(v2)
  other.hear(B, 1, { beat: 2, address: '10.9.9.9:1' })
  t.equal(why(other, 1), '')
  t.equal(why(other, 101), 'roster')
  const self = primaryLab(v2)
  self.parts.self.moveTo('10.9.9.9:1')
  t.equal(why(self, 1), '')
  t.equal(why(self, 101), 'roster')
  const nobody = primaryLab(v2)
  t.equal(why(nobody, 1) + why(nobody, 101), '')
})

t.test('a node that joins looks for others with every heartbeat', async (t) => {
  const lab = new Lab({ me: A })
  lab.parts.reach.lookFor(['10.9.9.9:1'])
  const seen = [0, BEAT_EVERY_MS - 1, BEAT_EVERY_MS].map((nowMs) => reached(lab, nowMs).length)
  t.same(seen, [1, 0, 1])
})

t.test(
  'who hears badly is told where the others are, and looks for them for a while',
  async (t) => {
    const hub = labWith(B, C)
    const ask = (hearsYou: boolean): unknown => {
      const request = { kind: 'ping', nonce: 'n', hearsYou } as const
      new Requests(hub.out, hub.parts, ALL_RULES).take(
        { ticket: 1, sender: sender(B), request },
        LATER,
      )
      return hub.new('respond').map(({ response }) => response)
    }
    t.match(ask(true), [{ kind: 'pong', others: [] }])
    t.match(ask(false), [{ kind: 'pong', others: [addressOf(C)] }], 'not where it is itself')

    const lab = new Lab({ me: B })
    lab.parts.self.phase = 'member'
    byUnicast(lab, A, 0)
    const call = lab.call('ping')
    const nonce = call.request.kind === 'ping' ? call.request.nonce : ''
    const others = [addressOf(B), addressOf(C)]
    const pong = { kind: 'pong', nonce, id: A, incarnation: 1, others } as const
    lab.answer(call, { kind: 'response', sender: sender(A), response: pong }, 1)
    t.same(reached(lab, 2), [addressOf(A), addressOf(C)], 'not where this node is')
    lab.hear(A, INTRODUCED_FOR_MS, { beat: 2 })
    t.same(reached(lab, INTRODUCED_FOR_MS), [addressOf(C)])
    lab.hear(A, 2 * INTRODUCED_FOR_MS, { beat: 3 })
    t.same(reached(lab, 2 * INTRODUCED_FOR_MS), [], 'by then nobody has said so for long')
  },
)

t.test('nothing is sent where nobody has proven to be', async (t) => {
  const lab = new Lab({ me: A })
  byUnicast(lab, B, 0)
  t.same(reached(lab, 1), [])
  lab.hear(C, 2)
  t.same(reached(lab, 3), [])
})
