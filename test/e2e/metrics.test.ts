// GET /metrics of real nodes: the promised names, and the counts of what a client just did.
import assert from 'node:assert/strict'
import { LISTED_METRICS } from '../../scripts/metric-tables.ts'
import { readMetrics, valueOf } from '../system/metric-lines.ts'
import type { Daemon } from './daemon.ts'
import { scenario } from './scenario.ts'

scenario('three nodes count what they do', async (cluster) => {
  await cluster.start(1, 2, 3)
  const { primary, second, others } = await cluster.roles()
  const [reader] = others
  assert(reader !== undefined)
  assert.equal((await reader.client.post('a-secret-key', 'value')).status, 200)
  for (let i = 0; i < 3; i++) assert.equal((await reader.client.get('a-secret-key')).status, 200)
  assert.equal((await reader.client.get('missing')).status, 404)
  assert.equal((await primary.client.get('a-secret-key')).status, 200)

  // A stall may cost a copy its proof: where the answers came from is not certain, what they were is.
  const read = await shown(reader)
  const found = [...(read.get('diststore_reads_total')?.series ?? [])]
  const sum = (result: string) =>
    found.reduce((all, { labels, value }) => all + (labels.includes(result) ? value : 0), 0)
  assert.deepEqual([sum('"found"'), sum('"absent"'), sum('"unreachable"')], [3, 1, 0])
  holds(read, [
    ['diststore_http_requests_total{route="post",status="200"}', 1],
    ['diststore_http_requests_total{route="get",status="200"}', 3],
    ['diststore_http_requests_total{route="get",status="404"}', 1],
    ['diststore_http_request_seconds_count{route="get"}', 4],
    ['diststore_http_request_seconds_bucket{route="get",le="+Inf"}', 4],
    ['diststore_writes_total{outcome="applied"}', 1],
    ['diststore_role{role="node"}', 1],
    ['diststore_masters{state="in-sync"}', 2],
  ])
  counted(read, [
    'diststore_reads_total{source="fetched",result="found"}',
    'diststore_node_calls_total{kind="write",outcome="response"}',
    'diststore_datagrams_out_total{kind="query"}',
    'diststore_datagrams_in_total{kind="answer",way="unicast"}',
  ])
  const ordering = await shown(primary)
  holds(ordering, [
    ['diststore_reads_total{source="local",result="found"}', 1],
    ['diststore_role{role="primary"}', 1],
    ['diststore_store_keys', 1],
    [`diststore_stream_lag_records{master="${second.address}"}`, 0],
    ['diststore_ready', 1],
  ])
  counted(ordering, [
    'diststore_view_changes_total{cause="synced"}',
    'diststore_node_requests_total{kind="write"}',
    'diststore_datagrams_out_total{kind="invalidation"}',
  ])
  const following = await shown(second)
  holds(following, [
    ['diststore_role{role="master"}', 1],
    ['diststore_store_keys', 1],
  ])
  counted(following, [
    'diststore_view_changes_total{cause="synced"}',
    'diststore_node_requests_total{kind="replicate"}',
  ])
})

type Shown = ReturnType<typeof readMetrics>

/** What a node shows: the names are those of docs/METRICS.md, and no key is among it. */
async function shown(daemon: Daemon): Promise<Shown> {
  const { text } = await daemon.client.send('/metrics')
  const families = readMetrics(text)
  assert.deepEqual(
    [...families.keys()],
    LISTED_METRICS.map(({ name }) => name),
  )
  assert(!text.includes('a-secret-key'), 'keys stay private')
  counted(families, [
    'diststore_store_flush_seconds_count',
    'diststore_event_loop_delay_seconds_count',
    'process_cpu_seconds_total',
  ])
  return families
}

function holds(families: Shown, expected: readonly (readonly [string, number])[]): void {
  for (const [line, value] of expected) assert.equal(valueOf(families, line), value, line)
}

function counted(families: Shown, lines: readonly string[]): void {
  for (const line of lines) assert((valueOf(families, line) ?? 0) > 0, line)
}
