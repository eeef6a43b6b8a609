// The simulator's own parts, each by itself: a wrong world proves nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry } from '../../src/core/types.ts'
import { formatVersion } from '../../src/core/version.ts'
import { STATE_ZERO } from '../../src/core/view.ts'
import { ALL_RULES } from '../../src/core/rules.ts'
import { Agenda } from './agenda.ts'
import { Chance } from './chance.ts'
import { MachineClock, WORLD_EPOCH_MS } from './clock.ts'
import { Disk } from './disk.ts'
import { Inbox, type Lane } from './inbox.ts'
import { scenarioNamed } from './scenarios.ts'
import { type Witness, World } from './world.ts'

void test('the agenda runs in order of time, and of making at the same moment', () => {
  const agenda = new Agenda()
  const ran: string[] = []
  const note = (name: string) => () => void ran.push(`${name} at ${agenda.nowMs}`)
  for (const [atMs, name] of [
    [5, 'a'],
    [3, 'b'],
    [5, 'c'],
    [1, 'd'],
    [3, 'e'],
  ] as const) {
    agenda.at(atMs, note(name))
  }
  agenda.at(1, () => agenda.after(2, note('f')))
  agenda.runUntil(4)
  assert.deepEqual(ran, ['d at 1', 'b at 3', 'e at 3', 'f at 3'])
  agenda.runUntil(10)
  assert.deepEqual(ran.slice(4), ['a at 5', 'c at 5'])
  assert.equal(agenda.nowMs, 10)
})

void test('chance gives the same numbers for the same seed, and others for its neighbour', () => {
  const draw = (seed: number): number[] => {
    const chance = new Chance(seed)
    return Array.from({ length: 1000 }, () => chance.next())
  }
  assert.deepEqual(draw(1), draw(1))
  const differing = draw(1).filter((number, i) => Math.abs(number - (draw(2)[i] ?? 0)) > 0.01)
  assert.ok(differing.length > 950)
  const mean = draw(3).reduce((sum, number) => sum + number) / 1000
  assert.ok(Math.abs(mean - 0.5) < 0.05)
})

void test('a clock is as wrong as it was made', () => {
  const agenda = new Agenda()
  const errors = { wallOffsetMs: -100, monotonicStartMs: 5000, drift: 0.25 }
  const clock = new MachineClock(agenda, errors)
  agenda.runUntil(1000)
  assert.equal(clock.monotonicMs(), 6250)
  assert.equal(clock.wallMs(), WORLD_EPOCH_MS + 1150)
  clock.stepWall(-700)
  assert.equal(clock.wallMs(), WORLD_EPOCH_MS + 450)
  assert.equal(clock.inWorldMs(125), 100)
})

const INBOXES: readonly [boolean, string][] = [
  [false, 'timer1 timer2 datagram1 socket1 datagram2 tick2'],
  [true, 'timer1 timer2 tick2 datagram1 socket1 datagram2'],
]

void test('what waited is found in the order of libuv: timers, sockets, immediates', () => {
  for (const [tickIsFirst, expected] of INBOXES) {
    const inbox = new Inbox({ tickIsFirst })
    const found: string[] = []
    const put = (lane: Lane, name: string) => inbox.put(lane, () => void found.push(name))
    put('tick', 'tick1')
    put('datagram', 'datagram1')
    put('timer', 'timer1')
    put('socket', 'socket1')
    put('datagram', 'datagram2')
    put('timer', 'timer2')
    put('tick', 'tick2')
    for (const run of inbox.take()) run()
    assert.equal(found.join(' '), expected)
    assert.deepEqual(inbox.take(), [])
  }
})

void test('the kernel drops datagrams that nobody reads, and nothing else', () => {
  const inbox = new Inbox({ tickIsFirst: false })
  for (let i = 0; i < 1000; i++) inbox.put('datagram', () => {})
  inbox.put('socket', () => {})
  assert.equal(inbox.take().length, 257)
})

const ID = '00000000000000aa'

function entryOf(key: string, ms: number): Entry {
  return {
    key,
    version: formatVersion(WORLD_EPOCH_MS + ms, 0, ID),
    expiresAtMs: undefined,
    requestId: '0'.repeat(32),
    content: { kind: 'tombstone' },
  }
}

const STATE = { ...STATE_ZERO, promised: { epoch: 3, proposer: ID } }

function diskAt(agenda: Agenda): Disk {
  return new Disk(
    { agenda, chance: new Chance(1) },
    {
      flushMs: { from: 2, to: 2 },
      slowShare: 0,
      slowFlushMs: { from: 0, to: 0 },
      bytesMax: undefined,
      nodeId: ID,
    },
  )
}

void test('a crash takes what was not flushed, or leaves it as the page cache does', () => {
  for (const [unflushed, keys] of [
    ['lost', ['old']],
    ['kept', ['new', 'old']],
  ] as const) {
    const agenda = new Agenda()
    const disk = diskAt(agenda)
    const told: string[] = []
    disk.apply([{ kind: 'put', entry: entryOf('old', 1) }], () => told.push('old'))
    agenda.runUntil(2)
    disk.apply([{ kind: 'put', entry: entryOf('new', 2) }], () => told.push('new'))
    disk.apply([{ kind: 'state', state: STATE }], () => {})
    assert.deepEqual(told, ['old'])
    assert.equal(disk.durableState, undefined)
    disk.crash(unflushed)
    agenda.runUntil(10)
    assert.deepEqual([...disk.durableVersions.keys()].sort(), keys)
    assert.equal(disk.store.get('new') !== undefined, unflushed === 'kept')
    assert.equal(disk.durableState !== undefined, unflushed === 'kept')
    assert.equal(disk.store.incarnation, 2)
  }
})

/** Two nodes, one of which calls the other as soon as it hears of it. */
function pairOf(): { world: World; ends: string[] } {
  const ends: string[] = []
  const witness: Witness = {
    stepped: (life, event) => {
      if (event.kind !== 'answer' || life.machine.name !== 'a') return
      ends.push(`${event.answer.kind} #${event.ticket}`)
    },
  }
  const scenario = scenarioNamed('single2')
  const network = { ...scenario.world.network, lossShare: 0, doubleShare: 0, spikeShare: 0 }
  const world = new World(1, { ...scenario.world, network, rules: ALL_RULES, blindTo: [] })
  world.watch(witness)
  return { world, ends }
}

void test('every call ends exactly once, whatever happens to the other node', () => {
  for (const ending of ['killed', 'unplugged', 'stopped'] as const) {
    const { world, ends } = pairOf()
    const [a, b] = world.machines
    assert.ok(a !== undefined && b !== undefined)
    world.start(a)
    world.start(b)
    world.agenda.runUntil(4000)
    b.life?.pause(300)
    world.agenda.runUntil(4200)
    world.end(b, ending)
    world.agenda.runUntil(9000)
    const tickets = ends.map((text) => text.split(' ')[1])
    assert.equal(new Set(tickets).size, tickets.length)
    const kinds = new Set(ends.slice(-8).map((text) => text.split(' ')[0]))
    assert.ok(
      kinds.has(ending === 'unplugged' ? 'late' : 'refused'),
      `${ending}: ${[...kinds].join()}`,
    )
    assert.deepEqual(world.violations, [])
  }
})
