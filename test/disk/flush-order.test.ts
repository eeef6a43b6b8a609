// No answer leaves before the flush that it promises, as the system calls show: on one node, and
// with three on both masters. A relaxed node, which promises less, shows that the look can fail.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Answer, type Client, written } from '../e2e/client.ts'
import type { Daemon } from '../e2e/daemon.ts'
import { eventually } from '../e2e/eventually.ts'
import { diskScenario, longDiskScenario, type Setting } from './scenario.ts'
import { exchangesIn, flushesIn, hasWithin, type Span, traceInto } from './trace.ts'

const WRITES = 20
const NEEDS = { programs: ['strace'], smallDisk: false }

type Send = (client: Client, count: number) => Promise<Answer>

/** By how their request line begins. */
const WAYS: Readonly<Record<string, Send>> = {
  'POST /post HTTP': (client, n) => client.post(`posted-${n}`, 'x'),
  'POST /postlocal ': (client, n) => client.send('/postlocal', localForm(n)),
  'PUT /v1/': (client, n) => client.put(`put-${n}`, 'x'.repeat(10_000)),
  'DELETE /v1/': (client, n) => client.delete(`put-${n}`),
}

diskScenario('one node: every kind of write is flushed, then answered', NEEDS, async (setting) => {
  const [node, trace] = tracedNode(setting, 1)
  await setting.cluster.start(1)
  for (const send of Object.values(WAYS)) await writeThrough(node, send)
  await node.stop()
  await eventually(() => {
    const text = readFileSync(trace, 'utf8')
    const flushes = flushesIn(text)
    for (const start of Object.keys(WAYS)) {
      const exchanges = exchangesIn(text, start)
      assert.equal(exchanges.length, WRITES, start)
      assert.deepEqual(withoutFlush(exchanges, flushes), [], start)
    }
  })
})

diskScenario('three nodes: both masters flush before the answer leaves', NEEDS, async (setting) => {
  const nodes = [1, 2, 3].map((number) => tracedNode(setting, number))
  await setting.cluster.start(1, 2, 3)
  const { primary, second, others } = await setting.cluster.roles()
  for (const node of [primary, ...others]) await writeThrough(node, WAYS['POST /post HTTP'])
  await setting.cluster.stopAll()
  const traceOf = (node: Daemon): string => {
    const [, trace = ''] = nodes.find(([each]) => each === node) ?? []
    return readFileSync(trace, 'utf8')
  }
  await eventually(() => {
    for (const asked of [primary, ...others]) {
      const exchanges = exchangesIn(traceOf(asked), 'POST /post HTTP')
      assert.equal(exchanges.length, WRITES)
      for (const master of [primary, second]) {
        const missing = withoutFlush(exchanges, flushesIn(traceOf(master)))
        assert.deepEqual(missing, [], `asked ${asked.address}, flushed ${master.address}`)
      }
    }
  })
})

longDiskScenario(
  'a relaxed node answers before its flush, and it shows',
  NEEDS,
  async (setting) => {
    const { cluster } = setting
    cluster.flags = ['--durability', 'relaxed']
    const [node, trace] = tracedNode(setting, 1)
    await cluster.start(1)
    await writeThrough(node, WAYS['POST /post HTTP'])
    await node.stop()
    await eventually(() => {
      const text = readFileSync(trace, 'utf8')
      const exchanges = exchangesIn(text, 'POST /post HTTP')
      assert.equal(exchanges.length, WRITES)
      assert.notDeepEqual(withoutFlush(exchanges, flushesIn(text)), [])
    })
  },
)

function tracedNode({ cluster, nodeUnder }: Setting, number: number): [Daemon, string] {
  const trace = join(cluster.directory, `trace-${number}`)
  return [nodeUnder(number, traceInto(trace)), trace]
}

async function writeThrough(node: Daemon, send: Send | undefined): Promise<void> {
  for (let count = 0; count < WRITES; count++) {
    const answer = await send?.(node.client, count)
    assert.equal(answer?.status, 200, answer && written(answer).detail)
  }
}

function withoutFlush(exchanges: readonly Span[], flushes: readonly Span[]): Span[] {
  return exchanges.filter((exchange) => !hasWithin(exchange, flushes))
}

function localForm(count: number): { method: string; body: URLSearchParams } {
  return { method: 'POST', body: new URLSearchParams({ key: `local-${count}`, value: 'x' }) }
}
