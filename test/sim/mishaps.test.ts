// What the simulated network and disks do on purpose: a mishap that does not happen proves nothing.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ALL_RULES } from '../../src/core/rules.ts'
import type { Event } from '../../src/core/step.ts'
import { rulesWithout, runBatch } from './batch.ts'
import type { NetworkOptions } from './network.ts'
import { scenarioNamed } from './scenarios.ts'
import { appendTo, sumOf } from './tally.ts'
import { World } from './world.ts'

const KEY = 'k'

/** Two nodes on a network without accidents, and when each event came to which of them. */
function pair(more: Partial<NetworkOptions> = {}) {
  const { world: options } = scenarioNamed('single2')
  const network = { ...options.network, lossShare: 0, doubleShare: 0, spikeShare: 0, ...more }
  const world = new World(1, { ...options, network, rules: ALL_RULES, blindTo: [] })
  const came: { name: string; atMs: number; event: Event }[] = []
  world.watch({
    stepped: (life, event) => {
      // Multicast comes back to its sender.
      if (event.kind === 'datagram' && event.sender.id === life.machine.id) return
      came.push({ name: life.machine.name, atMs: world.agenda.nowMs, event })
    },
  })
  const [a, b] = world.machines
  assert.ok(a !== undefined && b !== undefined)
  world.start(a)
  world.start(b)
  const at = (name: string, kind: string, fromMs: number, toMs: number) =>
    came.filter(
      (it) =>
        it.name === name &&
        it.atMs >= fromMs &&
        it.atMs < toMs &&
        (it.event.kind === kind || (it.event.kind === 'request' && it.event.request.kind === kind)),
    )
  return { world, a, b, at }
}

void test('a clogged way lets nothing through, and then everything', () => {
  const { world, a, b, at } = pair()
  world.agenda.runUntil(4000)
  world.network.clog(a, b, 1000)
  world.agenda.runUntil(6000)
  assert.equal(at('b', 'datagram', 4010, 5000).length, 0)
  assert.ok(at('a', 'datagram', 4010, 5000).length >= 3, 'the other way is free')
  assert.ok(at('b', 'datagram', 5000, 5010).length >= 3, 'what waited comes at once')
})

void test('links that were cut one by one come back one by one', () => {
  const { world, a, b, at } = pair()
  world.agenda.runUntil(4000)
  world.network.cut(a, b)
  world.network.cut(b, a)
  world.agenda.runUntil(5000)
  assert.equal(at('b', 'datagram', 4010, 5000).length, 0)
  world.network.rejoin(b, a)
  assert.ok(world.network.isWhole)
})

void test('a request that is held comes when it is let go, to the same life only', () => {
  for (const isReborn of [false, true]) {
    const { world, a, b, at } = pair()
    world.agenda.runUntil(4000)
    const [primary, other] = a.life?.isActing === true ? [a, b] : [b, a]
    const held = world.network.hold(other, primary, 'write')
    const bytes = Buffer.from('v')
    const change = { kind: 'put', bytes, contentType: 'text/plain', ttlMs: undefined } as const
    other.life?.write(
      {
        requestId: 'a'.repeat(32),
        fingerprint: 'f'.repeat(16),
        key: KEY,
        change,
        condition: { kind: 'none' },
      },
      { sinceMs: 4000, ended: () => {} },
    )
    world.agenda.runUntil(4300)
    assert.ok(held.isHolding)
    assert.equal(at(primary.name, 'write', 4000, 4300).length, 0)
    if (isReborn) {
      world.end(primary, 'killed')
      world.start(primary)
    }
    world.agenda.runUntil(20_000)
    held.letGo()
    world.agenda.runUntil(20_001)
    assert.equal(at(primary.name, 'write', 20_000, 20_001).length, isReborn ? 0 : 1)
  }
})

void test('requests come late, or twice, as often as they should', () => {
  const late = pair({ callLate: { ping: 1 }, lateMs: { from: 300, to: 300 } })
  late.world.agenda.runUntil(3000)
  const [first] = late.at('b', 'ping', 0, 3000)
  assert.ok(first !== undefined && first.atMs >= 300, `at ${first?.atMs}`)
  const twice = pair({ callDouble: { ping: 1 }, doubleAfterMs: { from: 100, to: 100 } })
  twice.world.agenda.runUntil(3000)
  const pings = twice.at('b', 'ping', 0, 3000)
  assert.equal(pings.length, 2)
  assert.ok((pings[1]?.atMs ?? 0) - (pings[0]?.atMs ?? 0) > 90)
  assert.deepEqual(twice.world.violations, [])
})

void test('a slow disk is slow until it is not, and a damaged one lacks what was damaged', () => {
  const { world, a } = pair()
  world.agenda.runUntil(4000)
  const put = (key: string): number[] => {
    const flushedAt: number[] = []
    const entry = {
      key,
      version: '0000000000010000-00000000000000aa',
      expiresAtMs: undefined,
      requestId: '0'.repeat(32),
      content: { kind: 'tombstone' } as const,
    }
    a.disk.apply([{ kind: 'put', entry }], () => flushedAt.push(world.agenda.nowMs))
    return flushedAt
  }
  a.disk.slowDown({ from: 400, to: 400 })
  const slow = put('slow')
  world.agenda.runUntil(4399)
  assert.deepEqual(slow, [])
  world.agenda.runUntil(4900)
  a.disk.slowDown(undefined)
  const fast = put('fast')
  world.agenda.runUntil(5300)
  assert.equal(slow.length + fast.length, 2)
  world.end(a, 'diskFailed')
  a.disk.damage(() => true)
  assert.equal(a.disk.store.get('fast'), undefined)
  assert.equal(a.disk.durableVersions.size, 0)
  assert.notEqual(a.disk.store.state, undefined, 'its own state is another record')
})

void test('one rule can be missing, or several', () => {
  assert.equal(rulesWithout(undefined).stallRule, true)
  assert.equal(rulesWithout('stallRule').stallRule, false)
  const two = rulesWithout('stallRule+applyOnce')
  assert.deepEqual([two.stallRule, two.applyOnce, two.noDirtyReads], [false, false, true])
  assert.throws(() => rulesWithout('noSuchRule'), /no rule noSuchRule/)
})

void test('a tally adds up what several invocations appended', () => {
  const directory = mkdtempSync(join(tmpdir(), 'diststore-tally-'))
  try {
    const file = join(directory, 'tally')
    const batch = { scenario: 'birth5', seeds: 2, blindTo: [], untilBroken: undefined } as const
    const reports = [1, 7].map((firstSeed) => runBatch({ ...batch, firstSeed, mutant: undefined }))
    const mutant = 'promiseIsDurable'
    const broken = runBatch({ ...batch, firstSeed: 1, mutant })
    for (const report of [...reports, broken]) appendTo(file, report)
    const [all, without] = sumOf(file)
    assert.equal(all?.runs, 4)
    assert.equal(all?.broken.length, 0)
    assert.equal(
      all?.acknowledged,
      reports.reduce((sum, report) => sum + report.acknowledged, 0),
    )
    assert.deepEqual([without?.mutant, without?.broken], [mutant, broken.broken])
  } finally {
    rmSync(directory, { recursive: true })
  }
})
