// The metrics of a node: what the documents promise of them is what is shown.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { LISTED_METRICS, withMetricTables } from '../../scripts/metric-tables.ts'
import type { NodeSettings } from '../../src/config/settings.ts'
import type { LogEvent } from '../../src/core/log-events.ts'
import type { Effect } from '../../src/core/step.ts'
import { NodeCounts } from '../../src/node/metrics/counts.ts'
import { nodeMetricsText } from '../../src/node/metrics/node-metrics.ts'
import { Security } from '../../src/node/security.ts'
import { Copies } from '../../src/storage/copies.ts'
import { MemoryStore } from '../../src/storage/memory-store.ts'
import { createProcessMetrics } from '../../src/system/metrics/process.ts'
import { entry } from '../core/words.ts'
import { FakeNode } from '../fakes/fake-node.ts'
import { readMetrics, valueOf } from '../system/metric-lines.ts'

const docs = new URL('../../docs/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, docs), 'utf8')
const listed = new Map(LISTED_METRICS.map((metric) => [metric.name, metric]))

class Bench {
  readonly node = new FakeNode()
  readonly counts = new NodeCounts(() => 0)
  readonly copies = new Copies(1_000_000)
  readonly store = new MemoryStore({
    nodeId: '00000000000000aa',
    incarnation: 1,
    state: undefined,
    bytesMax: undefined,
    flushLater: () => {},
  })
  readonly #security = new Security(
    { clusterName: 'default', secrets: [Buffer.alloc(32)] } as unknown as NodeSettings,
    {
      clock: { monotonicMs: () => 0, wallMs: () => 0 },
      log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
      randomHex: (bytes) => '5'.repeat(2 * bytes),
      address: '127.0.0.1:8181',
    },
  )
  primary: ReturnType<Parameters<typeof nodeMetricsText>[0]['core']['progress']>['primary']

  async metrics(limits = { storeBytesMax: 0, copyBytesMax: 1_000_000 }) {
    const core = {
      progress: () => ({ primary: this.primary, mirrored: 3, merged: 4 }),
      load: () => ({ forwards: 5, lookups: 6, owed: 7 }),
    }
    const parts = {
      node: this.node,
      core,
      store: this.store,
      copies: this.copies,
      counts: this.counts,
      refusals: () => this.#security.refusals(),
      datagramErrors: () => 8,
      process: createProcessMetrics(),
    }
    return readMetrics(await nodeMetricsText(parts, limits))
  }
}

t.test('docs/METRICS.md is up to date: npm run docs', async (t) => {
  const document = read('METRICS.md')
  t.equal(withMetricTables(document), document)
  for (const name of listed.keys()) t.ok(document.includes(`\n| \`${name}\` |`), name)
})

t.test('what is shown has the names, types and labels that are promised', async (t) => {
  const bench = new Bench()
  const { counts, node } = bench
  counts.requests.of('get')(200, 1)
  counts.called('ping', 'late', 1)
  counts.flushes.add(1)
  bench.primary = { pending: 1, pendingBytes: 2, lags: [{ id: 'b', records: 9 }] }
  node.report = { ...node.report, proofAgeMs: 1500, audit: { lastMs: 2, differences: 3 } }
  const families = await bench.metrics({ storeBytesMax: 10, copyBytesMax: 20 })
  t.same([...families.keys()], [...listed.keys()])
  for (const [name, { type, series }] of families) {
    t.equal(type, listed.get(name)?.type, name)
    for (const { labels } of series) {
      const names = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label)
      const own = names.filter((label) => label !== 'le' || type !== 'histogram')
      t.same(own, listed.get(name)?.labels, `${name}{${labels}}`)
    }
  }
  const expected: [string, number][] = [
    ['diststore_http_requests_total{route="get",status="200"}', 1],
    ['diststore_node_calls_total{kind="ping",outcome="late"}', 1],
    ['diststore_store_flush_seconds_count', 1],
    ['diststore_stream_lag_records{master="b"}', 9],
    ['diststore_proof_age_seconds', 1.5],
    ['diststore_audit_age_seconds', 0.002],
    ['diststore_audit_differences_total', 3],
    ['diststore_mirror_entries_total', 3],
    ['diststore_merge_entries_total', 4],
    ['diststore_writes_waiting', 5],
    ['diststore_lookups_waiting', 6],
    ['diststore_owed_lineages', 7],
    ['diststore_datagram_errors_total', 8],
    ['diststore_store_bytes_max', 10],
    ['diststore_copies_bytes_max', 20],
    ['diststore_role{role="node"}', 1],
    ['diststore_role{role="primary"}', 0],
  ]
  for (const [line, value] of expected) t.equal(valueOf(families, line), value, line)
})

t.test('what is not known is missing, not 0', async (t) => {
  const families = await new Bench().metrics()
  for (const name of [
    'diststore_proof_age_seconds',
    'diststore_audit_age_seconds',
    'diststore_view_epoch',
    'diststore_mirror_progress_ratio',
    'diststore_stream_lag_records',
    'diststore_stream_pending_records',
    'diststore_store_room_bytes',
  ]) {
    t.same(families.get(name)?.series, [], name)
  }
})

t.test('reads and writes by what became of them', async (t) => {
  const bench = new Bench()
  const { counts } = bench
  const found = { kind: 'found', entry: entry('k', 'v'), ageMs: 0 } as const
  counts.read({ ...found, source: 'local' })
  counts.read({ ...found, source: 'copy' })
  counts.read({ ...found, source: 'copy' })
  counts.read({ kind: 'absent', ageMs: 0, source: 'fetched' })
  counts.read({ kind: 'unreachable', reason: 'nobody' })
  counts.wrote({ kind: 'full' })
  const families = await bench.metrics()
  const shown = [...(families.get('diststore_reads_total')?.series ?? [])]
  t.same(
    shown.filter(({ value }) => value > 0).map(({ labels, value }) => `${labels} ${value}`),
    [
      'source="local",result="found" 1',
      'source="copy",result="found" 2',
      'source="fetched",result="absent" 1',
      'source="none",result="unreachable" 1',
    ],
  )
  t.equal(valueOf(families, 'diststore_writes_total{outcome="full"}'), 1)
})

t.test('a cause that came from elsewhere makes no label of its own', async (t) => {
  const bench = new Bench()
  const log = (event: LogEvent, reason: unknown): Extract<Effect, { kind: 'log' }> => ({
    kind: 'log',
    level: 'info',
    event,
    fields: { reason },
  })
  bench.counts.logged(log('view-accepted', 'synced'))
  bench.counts.logged(log('view-active', 'no-primary'))
  bench.counts.logged(log('view-accepted', 'full moon'))
  bench.counts.logged(log('node-dead', 'synced'))
  const families = await bench.metrics()
  const shown = families.get('diststore_view_changes_total')?.series ?? []
  t.same(
    shown.filter(({ value }) => value > 0).map(({ labels }) => labels),
    ['cause="no-primary"', 'cause="synced"', 'cause="other"'],
  )
})

t.test('a syncing master says how far it is, a master in sync does not', async (t) => {
  const bench = new Bench()
  const at = { address: '10.0.0.2:8181', state: 'alive', lastHeardMs: 0, heardBy: [] } as const
  const nodes = [{ ...at, id: 'b', role: 'primary', keys: 40 }] as const
  const { node, ...rest } = bench.node.report
  bench.node.report = { ...rest, node: { ...node, role: 'syncing' }, nodes, keys: 10 }
  t.equal(valueOf(await bench.metrics(), 'diststore_mirror_progress_ratio'), 0.25)
  bench.node.report = { ...rest, node: { ...node, role: 'master' }, nodes, keys: 10 }
  t.equal(valueOf(await bench.metrics(), 'diststore_mirror_progress_ratio'), undefined)
})

/** Every metric that a text names, with the labels that it asks for. */
function* used(text: string): Iterable<{ name: string; labels: string[] }> {
  for (const [, name = '', asked = ''] of text.matchAll(
    /\b((?:diststore|process|nodejs)_[a-z0-9_]+)(?:\{([^}]*)\})?/g,
  )) {
    yield { name, labels: [...asked.matchAll(/(\w+)(?==)/g)].map(([label]) => label) }
  }
}

function problems(text: string): string[] {
  const found: string[] = []
  for (const { name, labels } of used(text)) {
    const base = name.replace(/_(bucket|sum|count)$/, '')
    const metric = listed.get(name) ?? listed.get(base)
    const isPart = metric !== undefined && metric.name !== name
    if (metric === undefined || isPart !== (metric.type === 'histogram')) found.push(name)
    const known = [...(metric?.labels ?? []), 'instance', 'job', 'le']
    for (const label of labels) if (!known.includes(label)) found.push(`${name}{${label}}`)
  }
  return found
}

t.test('the dashboard asks for metrics and labels that exist', async (t) => {
  const board: unknown = JSON.parse(read('grafana/diststore.json'))
  const asked: string[] = []
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, inner] of Object.entries(value)) {
      if ((name === 'expr' || name === 'query') && typeof inner === 'string') asked.push(inner)
      else collect(inner)
    }
  }
  collect(board)
  t.ok(asked.length > 30, 'it asks for something')
  for (const expression of asked) t.same(problems(expression), [], expression)
})

t.test('the alerts ask for metrics that exist, and each says what to do', async (t) => {
  const rules = read('alerts.yml')
    .split(/^ {6}- alert: /m)
    .slice(1)
  t.ok(rules.length > 10)
  for (const rule of rules) {
    const [name = ''] = rule.split('\n', 1)
    const [, expression = ''] = /\n {8}expr: ([^]*?)\n {8}\w+:/.exec(rule) ?? []
    t.ok(name === 'DiststoreNodeDown' || [...used(expression)].length > 0, `${name} asks`)
    t.same(problems(expression), [], name)
    for (const named of used(rule.replace(expression, ''))) t.ok(listed.has(named.name), named.name)
    t.match(rule, /\n {10}summary: '/, name)
    t.match(rule, /\n {10}action: /, name)
  }
})

t.test('this test notices a name or a label that is wrong', async (t) => {
  const wrong = ['diststore_reads', 'diststore_reads_total{kind="x"}', 'diststore_role_sum']
  for (const text of wrong) t.not(problems(text).length, 0, text)
  t.same(problems('diststore_node_call_seconds'), ['diststore_node_call_seconds'])
})
