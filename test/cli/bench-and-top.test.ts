// bench and top: what they ask, and what they show of the answers.
import t from 'tap'
import { startServer } from '../http/setup.ts'
import { diststore } from './terminal.ts'

t.test('bench stores, reads and writes its keys, and takes them away', async (t) => {
  const { node, port } = await startServer(t)
  const times = { nowMs: 0 }
  const words = ['bench', '--keys', '10', '--bytes', '7', '--writes', '50', '--connections', '2']
  const options = {
    env: { DISTSTORE_URL: `127.0.0.1:${port}` },
    // A millisecond passes with every look at the clock.
    clock: () => ++times.nowMs,
  }
  const ran = await diststore([...words, '--seconds', '1', '--json'], options)
  t.equal(ran.code, 0, ran.stderr)
  const report = JSON.parse(ran.stdout)
  t.match(report, { keys: 10, bytes: 7, writes: { failed: 0 }, reads: { failed: 0, failure: '' } })
  const { reads, writes } = report as Record<'reads' | 'writes', { count: number; p50Ms: number }>
  t.ok(Math.abs(reads.count - writes.count) < 20, 'half of them are writes')
  t.equal(node.reads.length, reads.count)
  const deletes = node.writes.filter(({ change }) => change.kind === 'delete').length
  t.same([deletes, node.entries.size], [10, 0])
  t.equal(node.writes.length, 10 + writes.count + 10)
  t.match(node.writes[0], { key: 'diststore-bench/0', change: { ttlMs: 3_600_000 } })
})

t.test('bench shows a table, and what failed', async (t) => {
  const { node, port } = await startServer(t)
  node.nextRead = { kind: 'unreachable', reason: 'no master can be asked' }
  const times = { nowMs: 0 }
  const ran = await diststore(['bench', '--seconds', '1', '--keys', '1', '--writes', '0'], {
    env: { DISTSTORE_URL: `127.0.0.1:${port}` },
    clock: () => (times.nowMs += 10),
  })
  t.match(ran, { code: 3, stderr: /no request was answered well: .*no master can be asked/ })
  const lines = ran.stdout.split('\n')
  t.match(lines[0], /16 connections for 1 s, 0 % writes, 1 keys of 100 B$/)
  t.match(lines[2], /^ +REQUESTS +PER S +P50 MS +P99 MS +MAX MS +FAILED$/)
  t.match(lines[3], /^reads +0 +0 +0 +0 +0 +[1-9]\d*$/)
  const bad = await diststore(['bench', '--keys', '0'])
  t.match(bad, { code: 2, stderr: /--keys must be a whole number from 1 to 1000000/ })
})

t.test('top shows what each node says, and the writes since the time before', async (t) => {
  const { node, port } = await startServer(t)
  const self = `127.0.0.1:${port}`
  const about = { keys: 7, lastHeardMs: 0, heardBy: [] }
  const masters = [{ id: 'a', address: self, inSync: true }]
  const view = { ballot: { epoch: 2, proposer: 'a' }, masters, roster: [], voters: [] }
  const nodes = [
    { ...about, id: 'a', address: self, state: 'alive', role: 'primary' },
    { ...about, id: 'b', address: '127.0.0.1:1', state: 'alive', role: 'node' },
    { ...about, id: 'c', address: '10.9.9.9:1', state: 'dead', role: 'node' },
    { ...about, id: 'd', address: '10.9.9.8:1', state: 'left', role: 'node' },
  ] as const
  let committed = 100
  const report = node.report
  Object.defineProperty(node, 'report', {
    get: () => {
      // Asked twice each time: first for everything, then for itself.
      committed += 5
      const stream = { id: 's', committed }
      return { ...report, view: { ...view, isUnclean: false }, nodes, stream, keys: 7 }
    },
  })
  const times = { nowMs: 0 }
  const words = ['top', '--count', '2', '--url', self]
  const ran = await diststore(words, { isTerminal: true, clock: () => (times.nowMs += 1000) })
  t.equal(ran.code, 0, ran.stderr)
  const [, first = '', second = ''] = ran.stdout.split('\u001b[H\u001b[2J')
  const lines = first.split('\n')
  t.match(lines[0], /^1 of 1 master in sync, 2 of 4 nodes alive/)
  t.equal(lines[1], 'keys 7 · view 2.a')
  t.match(lines[4], /^127\.0\.0\.1:\d+ +primary +7 +0 +0 +none +0$/)
  t.match(lines[5], /^127\.0\.0\.1:1 +silent$/)
  t.match(lines[6], /^10\.9\.9\.9:1 +dead$/)
  t.notMatch(first, /10\.9\.9\.8/)
  t.equal(second.split('\n')[1], 'keys 7 · view 2.a · 10 writes/s')
})
