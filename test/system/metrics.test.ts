// Counts, durations, their text, and what the process says of itself.
import t from 'tap'
import { counters, samplesOf } from '../../src/system/metrics/counts.ts'
import { createProcessMetrics } from '../../src/system/metrics/process.ts'
import { type Metric, metricsText } from '../../src/system/metrics/text.ts'
import { TIMING_BOUNDS_MS, Timings } from '../../src/system/metrics/timings.ts'
import { readMetrics, valueOf } from './metric-lines.ts'

t.test('a duration counts under every bound that is not below it', async (t) => {
  const timings = new Timings()
  for (const ms of [0, 0.1, 0.11, 5, 99_999]) timings.add(ms)
  const upTo = new Map(TIMING_BOUNDS_MS.map((bound, at) => [bound, timings.upTo()[at]]))
  const expected: [number, number][] = [
    [0.1, 2],
    [0.25, 3],
    [2.5, 3],
    [5, 4],
    [10_000, 4],
  ]
  for (const [bound, count] of expected) t.equal(upTo.get(bound), count, `${bound} ms`)
  t.equal(timings.count, 5)
  t.equal(timings.sumMs, 0 + 0.1 + 0.11 + 5 + 99_999)
  t.same(
    TIMING_BOUNDS_MS,
    [...TIMING_BOUNDS_MS].sort((a, b) => a - b),
  )
})

t.test('counters: known ones are 0 from the start, others appear when they count', async (t) => {
  const counts = counters(['kind', 'way'], [['beat', 'unicast']])
  counts.of('query', 'multicast').value += 2
  counts.of('query', 'multicast').value++
  t.same(samplesOf(counts), [
    { labels: { kind: 'beat', way: 'unicast' }, value: 0 },
    { labels: { kind: 'query', way: 'multicast' }, value: 3 },
  ])
})

t.test('the text: one block a metric, times in seconds, labels escaped', async (t) => {
  const timings = new Timings()
  timings.add(3)
  timings.add(20_000)
  const metrics: Metric<number>[] = [
    {
      name: 'a_total',
      help: 'Things.',
      type: 'counter',
      labels: ['x'],
      read: (n) => [{ labels: { x: 'q"\\\n' }, value: n }],
    },
    { name: 'b', help: 'Not known.', type: 'gauge', labels: [], read: () => [] },
    {
      name: 'c_seconds',
      help: 'Times.',
      type: 'histogram',
      labels: ['k'],
      read: () => [{ labels: { k: 'v' }, cell: timings }],
    },
  ]
  const lines = metricsText(metrics, 7).split('\n')
  t.same(lines.slice(0, 6), [
    '# HELP a_total Things.',
    '# TYPE a_total counter',
    'a_total{x="q\\"\\\\\\n"} 7',
    '# HELP b Not known.',
    '# TYPE b gauge',
    '# HELP c_seconds Times.',
  ])
  t.same(lines.slice(-9), [
    'c_seconds_bucket{k="v",le="0.5"} 1',
    'c_seconds_bucket{k="v",le="1"} 1',
    'c_seconds_bucket{k="v",le="2.5"} 1',
    'c_seconds_bucket{k="v",le="5"} 1',
    'c_seconds_bucket{k="v",le="10"} 1',
    'c_seconds_bucket{k="v",le="+Inf"} 2',
    'c_seconds_sum{k="v"} 20.003',
    'c_seconds_count{k="v"} 2',
    '',
  ])
  t.ok(lines.includes('c_seconds_bucket{k="v",le="0.0025"} 0'))
  t.ok(lines.includes('c_seconds_bucket{k="v",le="0.005"} 1'))
})

t.test('the process: every number is there, and moves', async (t) => {
  const metrics = createProcessMetrics()
  await metrics.text()
  const untilMs = performance.now() + 50
  while (performance.now() < untilMs) Math.sqrt(2)
  const families = readMetrics(await metrics.text())
  t.same(
    [...families.keys()],
    metrics.list().map(({ name }) => name),
  )
  for (const [name, { type, series }] of families) {
    if (type === 'histogram') continue // garbage is collected when it suits
    t.ok(series.length > 0, name)
  }
  t.ok((valueOf(families, 'process_cpu_seconds_total') ?? 0) > 0)
  t.ok((valueOf(families, 'process_resident_memory_bytes') ?? 0) > 0)
  t.ok((valueOf(families, 'process_start_time_seconds') ?? 0) > 0)
})
